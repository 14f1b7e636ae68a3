// The identity registry: devices, their keys and status. In memory for reading, written through to the store before anyone is told.
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { Refusal } from '../../vocabulary/service-errors.ts';

/** An identity of a device or module as the hub keeps it. Dates are ISO text; keys base64. Frozen: a change makes a new object. */
export interface Identity {
  /** The device, or the device a module belongs to; `identityId(deviceId, moduleId)` is the identity's own id. */
  readonly deviceId: DeviceId;
  /** Missing for a device. */
  readonly moduleId?: string;
  /** Who looks after a module, as it was given. */
  readonly managedBy?: string;
  readonly generationId: string;
  readonly etag: string;
  /** A module's is that of its device. */
  readonly status: 'enabled' | 'disabled';
  readonly statusReason?: string;
  readonly statusUpdatedTime: string;
  readonly authentication: {
    readonly type: 'sas' | 'selfSigned' | 'certificateAuthority' | 'none';
    readonly symmetricKey: { readonly primaryKey: string | null; readonly secondaryKey: string | null };
    readonly x509Thumbprint: { readonly primaryThumbprint: string | null; readonly secondaryThumbprint: string | null };
  };
  readonly capabilities: { readonly iotEdge: boolean };
  readonly deviceScope?: string;
  readonly parentScopes?: readonly string[];
}

export interface Registry {
  /** Reading a live identity, a device or a module (`device/module`, as in every `id` here); a Map lookup. */
  find(id: string): Identity | undefined;
  /** Devices; their modules are not counted. */
  readonly size: number;
  /** GET /devices/{id} and /devices/{id}/modules/{module}: the Device or Module shape of reference 4.3. */
  get(id: string): object | Refusal;
  /** GET /devices?top=N, in order of id; at most 1000. */
  list(top: number): readonly object[];
  /** Every device's id, in the order in which lists and queries give them. */
  ids(): readonly string[];
  /** Every module's (`device/module`), in that order. */
  moduleIds(): readonly string[];
  /** GET /devices/{id}/modules: Module shapes in order of their ids. */
  modulesOf(device: string): readonly object[] | Refusal;
  /** PUT of a device or module. Without If-Match it creates (409 when there), with one it updates (412 on another etag). */
  put(id: string, body: unknown, ifMatch: string | undefined): object | Refusal;
  /** DELETE of a device, with its modules, or of a module: undefined when done. Closes their connections. */
  delete(id: string, ifMatch: string | undefined): Refusal | undefined;
  /** POST /devices: at most 100 entries, each create, update, delete or updateTwin (reference 4.3); one transaction. */
  bulk(body: unknown): { readonly result: object; readonly ok: boolean } | Refusal;
  statistics(): { readonly total: number; readonly enabled: number; readonly disabled: number };
}

export { openRegistry } from './open-registry.ts';
