// The table of live connections: at most one per identity, the newest (reference 2.2). Facts tell who came and who went.
import type { Clock } from '../../clock/clock.ts';
import type { CloseReason, Emit, HubFact } from '../../vocabulary/facts.ts';
import type { DeviceId } from '../../vocabulary/ids.ts';
import type { FaultHooks } from '../../vocabulary/passages.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { ConnectionObserver, Connections, DeviceConnection } from './connections.ts';

/** What is remembered of an identity that was heard of; small, and kept until the identity is deleted or the hub stops. */
interface Seen {
  connection: DeviceConnection | undefined;
  /** Missing for one that never connected. */
  changedAt: Instant | undefined;
  lastActivityAt: Instant;
  modelId: string | undefined;
}

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly emit: Emit<HubFact>;
  /** @default none, ever */
  readonly faults?: FaultHooks | undefined;
}

export function openConnections({ clock, emit, faults }: ConnectionsOptions): Connections {
  const devices = new Map<DeviceId, Seen>();
  const observers: ConnectionObserver[] = [];
  let size = 0;
  /** Deleted while they were connected: forgotten when they have closed. */
  const leaving = new Set<DeviceId>();

  function forget(device: DeviceId): void {
    leaving.delete(device);
    devices.delete(device);
    for (const observer of observers) observer.forgotten?.(device);
  }

  return {
    get size() {
      return size;
    },

    find: (device) => devices.get(device)?.connection,

    opened(connection, client, modelId) {
      const { device, protocol, tls } = connection;
      // The old one's door reports it gone while it closes, so that 'disconnected' comes before the new 'connected'.
      devices.get(device)?.connection?.close('replaced');
      const at = clock.now();
      const seen = devices.get(device);
      if (seen === undefined) devices.set(device, { connection, changedAt: at, lastActivityAt: at, modelId });
      else {
        seen.connection = connection;
        seen.changedAt = at;
        seen.lastActivityAt = at;
        seen.modelId = modelId;
      }
      size += 1;
      emit({ type: 'device.connected', at, device, protocol, tls, ...(client === undefined ? {} : { client }) });
      faults?.noteEvent?.('connected', device);
      faults?.at('connected', device)?.({ device, connection, pass() {}, touches: undefined });
    },

    ready(connection) {
      if (devices.get(connection.device)?.connection !== connection) return;
      for (const observer of observers) observer.listening(connection);
    },

    closed(connection, reason, detail, struck) {
      const seen = devices.get(connection.device);
      if (seen?.connection !== connection) return;
      const at = clock.now();
      seen.connection = undefined;
      seen.changedAt = at;
      size -= 1;
      emit({
        type: 'device.disconnected',
        at,
        device: connection.device,
        reason,
        ...(detail === undefined ? {} : { detail }),
        ...(struck === undefined ? {} : { faults: [struck.by] }),
      });
      for (const observer of observers) observer.lost(connection, reason === 'replaced' || struck?.asReplaced === true);
      if (leaving.has(connection.device)) forget(connection.device);
    },

    activity(device) {
      const seen = devices.get(device);
      if (seen === undefined) return { connected: false };
      return {
        connected: seen.connection !== undefined,
        ...(seen.changedAt === undefined ? {} : { changedAt: seen.changedAt }),
        lastActivityAt: seen.lastActivityAt,
        ...(seen.modelId === undefined ? {} : { modelId: seen.modelId }),
      };
    },

    touch(device) {
      const seen = devices.get(device);
      const at = clock.now();
      if (seen !== undefined) seen.lastActivityAt = at;
      else devices.set(device, { connection: undefined, changedAt: undefined, lastActivityAt: at, modelId: undefined });
    },

    forget(device) {
      if (devices.get(device)?.connection === undefined) forget(device);
      else leaving.add(device);
    },

    closeAll(reason: CloseReason) {
      for (const { connection } of [...devices.values()]) connection?.close(reason);
    },

    observe(observer) {
      observers.push(observer);
    },
  };
}
