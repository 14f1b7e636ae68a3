// What a twin shows to services, member by member (reference 4.3). The whole shape and queries over thousands of twins read the same
// table, so that a condition sees what an answer shows; a member costs nothing until it is asked for.
import { type DeviceId, partsOf } from '../../vocabulary/ids.ts';
import type { Connections } from '../connections/connections.ts';
import { isoText, neverText } from '../registry/moments.ts';
import type { Identity } from '../registry/registry.ts';
import { serviceView } from './sections.ts';
import type { Twin } from './twin-changes.ts';

/** A twin with the identity it belongs to, which is looked up only when it is asked for: most conditions ask only for the twin. */
export class KnownTwin {
  readonly #find: (id: string) => Identity | undefined;
  constructor(
    readonly id: DeviceId,
    readonly twin: Twin,
    find: (id: string) => Identity | undefined,
  ) {
    this.#find = find;
  }
  get identity(): Identity {
    // Twins come and go with their identities, in one transaction.
    return this.#find(this.id) as Identity;
  }
}

export interface MemberOptions {
  readonly activity: Connections['activity'];
  /** Cloud-to-device messages that wait for an identity. */
  readonly waiting: (id: DeviceId) => number;
}

/** Members in the order in which they are written. One that gives undefined is left out. */
export type TwinMembers = ReturnType<typeof twinMembers>;
export type TwinMemberName = keyof TwinMembers;

export const twinMembers = ({ activity, waiting }: MemberOptions) =>
  ({
    deviceId: ({ id }) => partsOf(id).device,
    moduleId: ({ id }) => partsOf(id).module,
    etag: ({ twin }) => etagText(twin.etag),
    deviceEtag: ({ identity }) => identity.etag,
    status: ({ identity }) => identity.status,
    statusReason: ({ identity }) => identity.statusReason,
    statusUpdateTime: ({ identity }) => identity.statusUpdatedTime,
    connectionState: ({ id }) => (activity(id).connected ? 'Connected' : 'Disconnected'),
    lastActivityTime: ({ id }) => {
      const { lastActivityAt } = activity(id);
      return lastActivityAt === undefined ? neverText : isoText(lastActivityAt);
    },
    cloudToDeviceMessageCount: ({ id }) => waiting(id),
    authenticationType: ({ identity }) => identity.authentication.type,
    x509Thumbprint: ({ identity }) => identity.authentication.x509Thumbprint,
    modelId: ({ id }) => activity(id).modelId ?? '',
    version: ({ twin }) => twin.version,
    tags: ({ twin }) => twin.tags,
    properties: ({ twin }) => ({ desired: serviceView(twin.desired), reported: serviceView(twin.reported) }),
    // A device's own: its modules neither are gateways nor have a place in a hierarchy.
    capabilities: ({ id, identity }) => (partsOf(id).module === undefined ? identity.capabilities : undefined),
    deviceScope: ({ id, identity }) => (partsOf(id).module === undefined ? identity.deviceScope : undefined),
    parentScopes: ({ id, identity }) => (partsOf(id).module === undefined ? identity.parentScopes : undefined),
  }) satisfies Record<string, (known: KnownTwin) => unknown>;

/** The Twin shape of a device or module. */
export function twinShape(known: KnownTwin, members: TwinMembers): object {
  const shape: Record<string, unknown> = {};
  for (const name of Object.keys(members) as TwinMemberName[]) {
    const value = members[name](known);
    if (value !== undefined) shape[name] = value;
  }
  return shape;
}

/** Base64 of an 8-byte counter, as the service's own are. */
export function etagText(counter: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(counter));
  return bytes.toString('base64');
}
