// Bare devices: a socket and `mqtt-packet` each, which answer every method with its own payload. No client, no twin, no reconnect.
import { connect, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { serve } from '../processes/serve.ts';

export interface RespondersOptions {
  readonly host: string;
  readonly port: number;
  readonly ids: readonly string[];
}

const sockets: Socket[] = [];
const requestTopic = /^\$iothub\/methods\/POST\/[^/]+\/\?\$rid=(.+)$/;

const send = (socket: Socket, packet: Packet): void => void socket.write(mqttPacket.generate(packet));

function respond(host: string, port: number, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    sockets.push(socket);
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    parser.on('packet', (packet: Packet) => {
      if (packet.cmd === 'publish') {
        const rid = requestTopic.exec(packet.topic)?.[1];
        if (rid === undefined) return;
        const topic = `$iothub/methods/res/200/?$rid=${rid}`;
        send(socket, { cmd: 'publish', topic, payload: packet.payload, qos: 0, dup: false, retain: false });
      } else if (packet.cmd === 'connack') {
        const subscriptions = [{ topic: '$iothub/methods/POST/#', qos: 0 as const }];
        send(socket, { cmd: 'subscribe', messageId: 1, subscriptions });
      } else if (packet.cmd === 'suback') {
        resolve();
      }
    });
    parser.on('error', reject);
    socket.on('error', reject);
    socket.on('data', (chunk) => parser.parse(chunk));
    socket.once('connect', () =>
      send(socket, { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: id, clean: true, keepalive: 0 }),
    );
  });
}

const handlers = {
  async connect({ host, port, ids }: RespondersOptions): Promise<void> {
    await Promise.all(ids.map((id) => respond(host, port, id)));
  },
};
export type RespondersCalls = typeof handlers;
serve(handlers);
