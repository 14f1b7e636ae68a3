// Which connection carries which protocol: the one place where a device's protocol is chosen. The stream below it is the fleet's `dial`.
import type { DeviceOptions, LinkProtocol } from '../device.ts';
import type { Connection, ConnectionOwner } from './connection.ts';
import { MqttConnection } from './mqtt.ts';

type Connect = (owner: ConnectionOwner, device: DeviceOptions) => Connection;

const mqtt: Connect = (owner, device) => new MqttConnection(owner, device);

const connections: Readonly<Partial<Record<LinkProtocol, Connect>>> = { mqtt, 'mqtt-ws': mqtt };

/** Dials at once; `owner` hears `opened` or `closed`, never before this returns. Throws what `dial` throws. */
export function connect(owner: ConnectionOwner, device: DeviceOptions): Connection {
  const chosen = connections[device.settings.protocol];
  if (chosen === undefined) throw new Error(`devices cannot speak ${device.settings.protocol} yet`);
  return chosen(owner, device);
}
