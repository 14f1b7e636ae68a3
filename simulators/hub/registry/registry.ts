// The identity registry: devices, their keys and status. In memory for reading, written through to the store before anyone is told.
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { Refusal } from '../../vocabulary/service-errors.ts';

/** An identity of a device or module as the hub keeps it. Dates are ISO text; keys base64. Frozen: a change makes a new object. */
export interface Identity {
  readonly deviceId: DeviceId;
  /** Missing for a device. */
  readonly moduleId?: string;
  readonly generationId: string;
  readonly etag: string;
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
}

export interface Registry {
  /** Reading a live identity; a Map lookup. */
  find(id: string): Identity | undefined;
  /** Devices; their modules are not counted. */
  readonly size: number;
  /** GET /devices/{id}: the Device shape of reference 4.3. */
  get(id: string): object | Refusal;
  /** GET /devices?top=N, in order of id; at most 1000. */
  list(top: number): readonly object[];
  /** Every device's id, in the order in which lists and queries give them. */
  ids(): readonly string[];
  /** Every module's (`device/module`), in that order. */
  moduleIds(): readonly string[];
  /** PUT /devices/{id}. Without If-Match it creates (409 when there), with one it updates (412 on another etag). */
  put(id: string, body: unknown, ifMatch: string | undefined): object | Refusal;
  /** DELETE /devices/{id}: undefined when done. Closes the device's connection. */
  delete(id: string, ifMatch: string | undefined): Refusal | undefined;
  /** POST /devices: at most 100 entries, each create, update, delete or updateTwin (reference 4.3); one transaction. */
  bulk(body: unknown): { readonly result: object; readonly ok: boolean } | Refusal;
  statistics(): { readonly total: number; readonly enabled: number; readonly disabled: number };
}

export { openRegistry } from './open-registry.ts';
