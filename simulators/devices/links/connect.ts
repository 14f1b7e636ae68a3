// Which connection carries which protocol: the one place where a device's protocol is chosen. The stream below it is the fleet's `dial`.
import type { DeviceOptions, LinkProtocol } from '../device.ts';
import { AmqpConnection } from './amqp.ts';
import type { Connection, ConnectionOwner } from './connection.ts';
import { MqttConnection } from './mqtt.ts';

type Connect = (owner: ConnectionOwner, device: DeviceOptions) => Connection;

const mqtt: Connect = (owner, device) => new MqttConnection(owner, device);
const amqp: Connect = (owner, device) => new AmqpConnection(owner, device);

const connections: Readonly<Record<LinkProtocol, Connect>> = { mqtt, 'mqtt-ws': mqtt, amqp, 'amqp-ws': amqp };

/** Dials at once; `owner` hears `opened` or `closed`, never before this returns. Throws what `dial` throws. */
export const connect: Connect = (owner, device) => connections[device.settings.protocol](owner, device);
