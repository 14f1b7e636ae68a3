// The bare hub: HTTP in, MQTT out and back, nothing between. No authentication, no state, no limits: what any hub on Node could reach.
import type { ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet';
import { serve } from '../processes/serve.ts';
import { answer, host, listen, methodFront, type Send } from './method-front.ts';

export interface BareHubOptions {
  /** PEM texts; without them plain text. */
  readonly tls?: { readonly key: string; readonly cert: string };
}
export interface BareHubAddress {
  readonly host: string;
  readonly http: number;
  readonly mqtt: number;
}

const devices = new Map<string, Socket>();
const pending = new Map<string, ServerResponse>();
const twin = '{"desired":{"$version":1},"reported":{"$version":1}}';
let lastRid = 0;

/** One write per packet: `writeToStream` makes several. */
const send = (socket: Socket, packet: Packet): void => void socket.write(mqttPacket.generate(packet));
const publish = (socket: Socket, topic: string, payload: string | Buffer): void =>
  send(socket, { cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });

function accept(socket: Socket): void {
  socket.setNoDelay(true);
  let id = '';
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on('packet', (packet: Packet) => {
    switch (packet.cmd) {
      case 'connect':
        id = packet.clientId;
        devices.set(id, socket);
        send(socket, { cmd: 'connack', returnCode: 0, sessionPresent: false });
        break;
      case 'subscribe':
        send(socket, {
          cmd: 'suback',
          messageId: packet.messageId ?? 0,
          granted: packet.subscriptions.map(({ qos }) => Math.min(qos, 1)),
        });
        break;
      case 'unsubscribe':
        send(socket, { cmd: 'unsuback', messageId: packet.messageId ?? 0, granted: [] });
        break;
      case 'publish':
        published(socket, packet);
        break;
      case 'pingreq':
        send(socket, { cmd: 'pingresp' });
        break;
      case 'disconnect':
        socket.end();
        break;
    }
  });
  parser.on('error', () => socket.destroy());
  socket.on('data', (chunk) => parser.parse(chunk));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (devices.get(id) === socket) devices.delete(id);
  });
}

const answerTopic = '$iothub/methods/res/';
const twinTopic = '$iothub/twin/GET/?$rid=';

function published(socket: Socket, { topic, payload, qos, messageId }: IPublishPacket): void {
  if (topic.startsWith(answerTopic)) {
    const slash = topic.indexOf('/', answerTopic.length);
    const rid = topic.slice(slash + '/?$rid='.length);
    const response = pending.get(rid);
    pending.delete(rid);
    if (response !== undefined)
      answer(response, 200, `{"status":${topic.slice(answerTopic.length, slash)},"payload":${payload.toString()}}`);
  } else if (topic.startsWith(twinTopic)) {
    publish(socket, `$iothub/twin/res/200/?$rid=${topic.slice(twinTopic.length)}`, twin);
  }
  if (qos === 1) send(socket, { cmd: 'puback', messageId: messageId ?? 0 });
}

const call: Send = (device, method, payload, response) => {
  const socket = devices.get(device);
  if (socket === undefined) return false;
  const rid = (++lastRid).toString(16);
  pending.set(rid, response);
  publish(socket, `$iothub/methods/POST/${method}/?$rid=${rid}`, payload);
  return true;
};

const handlers = {
  async open({ tls }: BareHubOptions): Promise<BareHubAddress> {
    const http = methodFront(call);
    const mqtt = tls === undefined ? createServer(accept) : createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, accept);
    mqtt.on('tlsClientError', () => {});
    return { host, http: await listen(http), mqtt: await listen(mqtt) };
  },
  connected: (): number => devices.size,
};
export type BareHubCalls = typeof handlers;
serve(handlers);
