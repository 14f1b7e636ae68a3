// Resets, silence and gates on real sockets: TCP, TLS, and WebSockets on both.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { flowOf } from '../../../../simulators/devices/flow/stream-flow.ts';
import { bottomOf, resetStream } from '../../../../simulators/devices/flow/tcp.ts';
import { dialTcp, dialTls } from '../../../../simulators/devices/links/dial.ts';
import { dialWebSocket } from '../../../../simulators/devices/links/websocket.ts';
import { ensureCertificates } from '../../../../simulators/hub/certificates/certificates.ts';
import { duplexPair } from '../../../support/duplex-pair.ts';
import { until } from '../links/an-amqp-device.ts';
import { holding } from './gates.ts';

const kinds = ['tcp', 'tls', 'ws', 'wss'] as const;
type Kind = (typeof kinds)[number];
const serverName = 'hub.localhost';
let pair: { readonly key: string; readonly cert: string; readonly ca: string };
beforeAll(async () => {
  const made = await ensureCertificates({ hostName: serverName, clock: systemClock(), randomBytes });
  pair = { key: made.serverKey, cert: made.serverCertificate, ca: made.caPem };
});

/** What the other side saw: texts in pieces, and how it ended. */
interface Seen {
  text: string;
  readonly events: string[];
  readonly socket: Socket;
  say(text: string): void;
}

async function connected(
  kind: Kind,
): Promise<{ readonly stream: Duplex; readonly heard: { text: string }; readonly seen: Seen }> {
  const secure = kind === 'tls' || kind === 'wss';
  const framed = kind === 'ws' || kind === 'wss';
  const web = framed ? (secure ? createHttpsServer(pair) : createHttpServer()) : undefined;
  const server: Server = web ?? (secure ? createTlsServer(pair) : createServer());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => void server.close());

  const address = { host: '127.0.0.1', port, serverName, ca: pair.ca };
  const dial = framed
    ? dialWebSocket({ ...address, tls: secure, subprotocol: 'mqtt', path: '/' })
    : secure
      ? dialTls(address)
      : dialTcp(address.host, port);
  const arriving = once(server, secure ? 'secureConnection' : 'connection');
  const messages = web && once(new WebSocketServer({ server: web, handleProtocols: () => 'mqtt' }), 'connection');
  const stream = dial();
  const [socket] = (await arriving) as [Socket];
  const seen: Seen = { text: '', events: [], socket, say: (text) => void socket.write(text) };
  socket.on('error', (error: NodeJS.ErrnoException) => seen.events.push(String(error.code)));
  socket.on('end', () => seen.events.push('FIN'));
  onTestFinished(() => void socket.destroy());
  if (messages) {
    const [webSocket] = await messages;
    webSocket.on('message', (data: Buffer) => (seen.text += data.toString()));
    webSocket.on('error', () => {});
    seen.say = (text) => webSocket.send(Buffer.from(text));
  } else socket.on('data', (data: Buffer) => (seen.text += data.toString()));

  const heard = { text: '' };
  stream.on('data', (data: Buffer) => (heard.text += data.toString()));
  stream.on('error', () => {});
  onTestFinished(() => void stream.destroy());
  stream.write('hello');
  seen.say('welcome');
  await until(() => seen.text === 'hello' && heard.text === 'welcome');
  return { stream, heard, seen };
}

const closed = (stream: Duplex) => until(() => stream.closed);

describe.each(kinds)('over %s', (kind) => {
  it('a reset reaches the other side as a reset', async () => {
    const { stream, seen } = await connected(kind);
    resetStream(stream);
    await closed(stream);
    await until(() => seen.socket.closed);
    expect(seen.events).toEqual(['ECONNRESET']);
  });

  it('gates hold the bytes of both directions, and their end', async () => {
    const { stream, heard, seen } = await connected(kind);
    const [up, down] = [holding(), holding()];
    const undo = flowOf(stream).tap({ up: up.gate, down: down.gate });
    stream.write('question');
    seen.say('news');
    await until(() => up.held === 1 && down.held === 1);
    stream.end();
    await until(() => up.held === 2);
    expect([seen.text, heard.text, seen.events]).toEqual(['hello', 'welcome', []]);
    undo();
    await until(() => seen.text === 'helloquestion' && heard.text === 'welcomenews' && seen.events.includes('FIN'));
  });

  it('a large message comes through gates whole, with back-pressure', async () => {
    const { stream, heard, seen } = await connected(kind);
    const passing = {
      up: (_: number, go: () => void) => setImmediate(go),
      down: (_: number, go: () => void) => setImmediate(go),
    };
    flowOf(stream).tap(passing);
    const large = 'x'.repeat(1_000_000);
    stream.write(large);
    seen.say(large);
    await until(() => seen.text.length === 1_000_005 && heard.text.length === 1_000_007);
  });

  it('a silence holds what is written and what comes, and lets both go on', async () => {
    const { stream, heard, seen } = await connected(kind);
    const speak = flowOf(stream).silence();
    stream.write('question');
    seen.say('news');
    const other = await connected('tcp'); // time enough for bytes to have come, were they under way
    other.stream.write('!');
    await until(() => other.seen.text === 'hello!');
    expect([seen.text, heard.text]).toEqual(['hello', 'welcome']);
    speak();
    await until(() => seen.text === 'helloquestion' && heard.text === 'welcomenews');
  });

  it('one that is closed in its silence looks open to the other side until the silence is over', async () => {
    const { stream, seen } = await connected(kind);
    const flow = flowOf(stream);
    const speak = flow.silence();
    stream.write('never heard');
    stream.destroy();
    await closed(stream);
    expect(bottomOf(stream).closed).toBe(true);
    const answered = new Promise<void>((resolve) => seen.socket.write('are you there?', () => resolve()));
    await answered;
    const other = await connected('tcp');
    other.stream.destroy();
    await until(() => other.seen.events.length > 0);
    expect([seen.text, seen.events, seen.socket.closed]).toEqual(['hello', [], false]);
    speak();
    await until(() => seen.socket.closed);
    expect(seen.text).toBe('hello');
  });

  it('one that was closed in its silence is over once the other side closes it', async () => {
    const { stream, seen } = await connected(kind);
    const flow = flowOf(stream);
    const over: string[] = [];
    flow.onceOver(() => over.push('over'));
    const speak = flow.silence();
    stream.destroy();
    await closed(stream);
    expect(over).toEqual([]);
    seen.socket.destroy();
    await until(() => over.length > 0);
    speak();
    expect(over).toEqual(['over']);
  });

  it('that the other side is gone is not heard in a silence', async () => {
    const { stream, seen } = await connected(kind);
    const speak = flowOf(stream).silence();
    seen.socket.destroy();
    const other = await connected('tcp');
    other.seen.socket.destroy();
    await closed(other.stream);
    expect(stream.destroyed).toBe(false);
    speak();
    await closed(stream);
  });

  it('that the other side reset it is not heard in a silence either', async () => {
    const { stream, seen } = await connected(kind);
    const failures: string[] = [];
    stream.on('error', (error) => failures.push(error.message));
    const speak = flowOf(stream).silence();
    resetStream(seen.socket);
    const other = await connected('tcp');
    resetStream(other.seen.socket);
    await closed(other.stream);
    expect([stream.destroyed, failures]).toEqual([false, []]);
    speak();
    await closed(stream);
    expect(failures).toEqual(['read ECONNRESET']);
  });

  it('a reset in a silence reaches the other side when the silence is over', async () => {
    const { stream, seen } = await connected(kind);
    const speak = flowOf(stream).silence();
    resetStream(stream);
    await closed(stream);
    const other = await connected('tcp');
    other.stream.destroy();
    await until(() => other.seen.events.length > 0);
    expect(seen.events).toEqual([]);
    speak();
    await until(() => seen.socket.closed);
    expect(seen.events).toEqual(['ECONNRESET']);
  });
});

it('a connection that is still being made falls silent too, and is made once it may be', async () => {
  const server = createTlsServer(pair, (socket) => socket.end('welcome'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const stream = dialTls({ host: '127.0.0.1', port, serverName, ca: pair.ca })();
  let text = '';
  stream.on('data', (data: Buffer) => (text += data.toString()));
  const speak = flowOf(stream).silence();
  stream.write('hello');
  await once(server, 'connection');
  expect(text).toBe('');
  speak();
  await until(() => text === 'welcome');
  stream.destroy();
});

it('a connection that falls silent while it is being made hears nothing of its end', async () => {
  const taken: Socket[] = [];
  const server = createServer((socket) => void taken.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const [silent, other] = [dialTcp('127.0.0.1', port)(), dialTcp('127.0.0.1', port)()];
  const failures: string[] = [];
  for (const stream of [silent, other]) stream.on('error', (error) => failures.push(error.message)).resume();
  const speak = flowOf(silent).silence();
  await Promise.all([once(silent, 'connect'), once(other, 'connect'), until(() => taken.length === 2)]);
  for (const socket of taken) resetStream(socket);
  await closed(other);
  expect([silent.destroyed, failures.length]).toEqual([false, 1]);
  speak();
  await closed(silent);
  expect(failures).toEqual(['read ECONNRESET', 'read ECONNRESET']);
});

it('a stream in memory is destroyed where it cannot be reset', async () => {
  const [one, two] = duplexPair();
  two.resume();
  resetStream(one);
  await until(() => one.closed && two.readableEnded);
});
