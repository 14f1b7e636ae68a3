// Twins of devices and modules: tags, desired and reported sections with versions and metadata, merge patches and limits (reference section 6).
// In memory for reading; a change is in the store before its sender or the device hears of it.
import type { DeviceId, FaultName } from '../../vocabulary/ids.ts';
import type { Refusal } from '../../vocabulary/service-errors.ts';
import type { KnownTwin, TwinMembers } from './members.ts';

export interface Twins {
  /** GET /twins/{id}: the Twin shape of reference 4.3, with its etag for the header. */
  get(id: DeviceId): { readonly body: object; readonly etag: string } | Refusal;
  /** PATCH /twins/{id}: merges tags and desired; tells a subscribed device when desired was in the body. */
  patch(
    id: DeviceId,
    body: unknown,
    ifMatch: string | undefined,
  ): { readonly body: object; readonly etag: string } | Refusal;
  /** PUT /twins/{id}: replaces tags and desired; the device is told the difference by existence (reference 6.4). */
  replace(
    id: DeviceId,
    body: unknown,
    ifMatch: string | undefined,
  ): { readonly body: object; readonly etag: string } | Refusal;
  /** What a device gets on GET: `{"desired":{...,"$version":n},"reported":{...,"$version":m}}` as JSON text, no metadata. */
  deviceView(id: DeviceId): string | Refusal;
  /** A device's reported patch (JSON text). Gives the new reported `$version`. @param struck the faults that had a hand in it */
  report(id: DeviceId, patch: string, struck?: Struck): { readonly version: number } | Refusal;
  /** For queries: a twin without its shape, and what reads one member of it. */
  known(id: DeviceId): KnownTwin | undefined;
  readonly members: TwinMembers;
}

/**
 * How Twins reaches a connected device: gives true when the device is online and subscribed to desired notifications.
 * `patch` is the JSON text of the changed part with `$version` in it; the version is given again for the topic.
 */
export type NotifyDesired = (id: DeviceId, patch: string, version: number) => boolean;

/** As `struckBy` gives it: part of a fact. */
export type Struck = { readonly faults: readonly FaultName[] } | undefined;

export { openTwins } from './open-twins.ts';
