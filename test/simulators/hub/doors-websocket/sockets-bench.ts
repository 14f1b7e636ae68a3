// WebSockets in front of a protocol that says back what it hears, on a free port of 127.0.0.1; and a bare client to say anything with.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Clock } from '../../../../simulators/clock/clock.ts';
import { systemClock } from '../../../../simulators/clock/system.ts';
import type { Arrival, StreamProtocol } from '../../../../simulators/hub/doors/arrival.ts';
import { openWebSockets, webSocketPath } from '../../../../simulators/hub/doors/websocket/web-sockets.ts';
import { Facts } from '../parts.ts';

export interface Echo extends StreamProtocol {
  readonly arrivals: Arrival[];
}

export function echo(): Echo {
  const arrivals: Arrival[] = [];
  return {
    arrivals,
    accept(arrival) {
      arrivals.push(arrival);
      arrival.stream.pipe(arrival.stream);
    },
    stop: () => {},
  };
}

export async function openSockets(
  options: { clock?: Clock; mqtt?: StreamProtocol | undefined; amqp?: StreamProtocol | undefined } = {},
) {
  const facts = new Facts();
  const clock = options.clock ?? systemClock();
  const door = openWebSockets({ clock, emit: facts.emit, mqtt: options.mqtt, amqp: options.amqp });
  const server = createServer((_, response) => void response.end());
  const sockets = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const problem = door.upgrade(request, socket, head);
    if (problem !== undefined) socket.end(`HTTP/1.1 ${problem.status}\r\n\r\n${problem.refusal.message}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    door.stop();
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    facts,
    door,
    port,
    sockets,
    async client(protocols: string | string[] = 'mqtt', path = webSocketPath): Promise<WebSocket> {
      const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { perMessageDeflate: false });
      client.on('error', () => {});
      onTestFinished(() => client.terminate());
      await once(client, 'open');
      return client;
    },
    dial: () => dial(port),
  };
}

export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** The lines of a good handshake, some exchanged (`undefined` leaves one out). */
export function handshake(change: Readonly<Record<string, string | undefined>> = {}, line = `GET ${webSocketPath}`) {
  const headers: Record<string, string | undefined> = {
    Host: 'myhub.localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Protocol': 'mqtt',
    ...change,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${line} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** All that comes until the socket closes, as characters of one byte. */
export async function saidTo(socket: Socket, bytes: string | Buffer): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

/** A masked frame of a client (RFC 6455, 5.2). */
export function frame(opcode: number, payload: Buffer | string, { fin = true, masked = true } = {}): Buffer {
  const data = Buffer.from(payload);
  const head = [(fin ? 0x80 : 0) | opcode];
  const mask = masked ? 0x80 : 0;
  if (data.length < 126) head.push(mask | data.length);
  else if (data.length < 65_536) head.push(mask | 126, data.length >> 8, data.length & 255);
  else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(data.length));
    head.push(mask | 127, ...length);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), data]);
  const key = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const covered = Buffer.from(data.map((byte, at) => byte ^ (key[at & 3] ?? 0)));
  return Buffer.concat([Buffer.from(head), key, covered]);
}

/** Waits until the value is as expected, on a busy machine too. */
export const soon = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000 });
