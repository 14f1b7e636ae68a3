// Streams inside WebSockets, against a server made of `ws`.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex, Writable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import * as websockets from 'ws';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { dialWebSocket, maskedFrame } from '../../../../simulators/devices/links/websocket.ts';
import { ensureCertificates } from '../../../../simulators/hub/certificates/certificates.ts';

// ws has it, its typings do not.
const { Receiver } = websockets as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };
const path = '/$iothub/websocket';
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface TinyServer {
  readonly port: number;
  readonly server: Server;
  /** The next WebSocket that comes in. */
  next(): Promise<websockets.WebSocket>;
  readonly urls: string[];
}

async function listen(server: Server, protocol = 'mqtt'): Promise<TinyServer> {
  const urls: string[] = [];
  const accepting = new websockets.WebSocketServer({
    server,
    handleProtocols: (offered) => (offered.has(protocol) ? protocol : false),
  });
  accepting.on('connection', (_socket, request) => urls.push(`${request.headers.host} ${request.url}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const client of accepting.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  });
  const next = async () => (await once(accepting, 'connection'))[0] as websockets.WebSocket;
  return { port: (server.address() as AddressInfo).port, server, next, urls };
}

const plain = (port: number) =>
  dialWebSocket({ host: '127.0.0.1', port, tls: false, serverName: 'hub.localhost', subprotocol: 'mqtt', path });

const closed = (stream: Duplex) => new Promise<void>((resolve) => stream.once('close', () => resolve()));
const failure = (stream: Duplex) => new Promise<Error>((resolve) => stream.once('error', resolve));

describe('a stream inside a WebSocket', () => {
  it('asks for the path and the sub-protocol, and sends each write as one binary message', async () => {
    const { port, next, urls } = await listen(createHttpServer());
    const arriving = next();
    const stream = plain(port)();
    stream.write('early');
    stream.write('er');
    const far = await arriving;
    expect(far.protocol).toBe('mqtt');
    expect(urls).toEqual([`hub.localhost:${port} ${path}`]);
    const messages: string[] = [];
    far.on('message', (data, binary) => messages.push(`${binary} ${data}`));
    await once(far, 'message');
    stream.cork();
    stream.write('one ');
    stream.write('two');
    stream.uncork();
    while (!messages.at(-1)?.includes('two')) await once(far, 'message');
    expect(messages.join()).toBe('true early,true er,true one two');
    stream.destroy();
  });

  it('gives the bytes of all that comes in, however it was cut', async () => {
    const { port, next } = await listen(createHttpServer());
    const arriving = next();
    const stream = plain(port)();
    const far = await arriving;
    far.send(Buffer.from('ab'));
    far.send(Buffer.alloc(0));
    far.send(Buffer.from('cd'), { fin: false });
    far.send(Buffer.from('ef'), { fin: true });
    far.send('text');
    let got = '';
    stream.on('data', (data) => {
      got += String(data);
    });
    while (got !== 'abcdeftext') await once(stream, 'data');
    far.ping();
    await once(far, 'pong');
    stream.destroy();
  });

  it('holds the writer when the hub does not read, and the hub when the reader does not', async () => {
    const { port, next } = await listen(createHttpServer());
    const arriving = next();
    const stream = plain(port)();
    const far = await arriving;
    const piece = Buffer.alloc(256 * 1_024, 7);
    far.pause();
    let written = 0;
    while (stream.write(piece)) written += 1;
    for (let more = 0; more < 40; more++) stream.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.writableLength).toBeGreaterThan(piece.length);
    let bytes = 0;
    far.on('message', (data: Buffer) => {
      bytes += data.length;
    });
    far.resume();
    while (bytes < (written + 41) * piece.length) await once(far, 'message');
    far.send(piece);
    for (let more = 0; more < 40; more++) far.send(piece);
    await once(stream, 'readable');
    expect(stream.readableLength).toBeLessThan(8 * piece.length);
    let read = 0;
    for await (const chunk of stream) {
      read += (chunk as Buffer).length;
      if (read === 41 * piece.length) break;
    }
    expect(stream.destroyed).toBe(true);
  });

  it('lets leave what was written before its end, and closes with a close frame', async () => {
    const { port, next } = await listen(createHttpServer());
    const arriving = next();
    const stream = plain(port)();
    stream.resume();
    const far = await arriving;
    const messages: string[] = [];
    far.on('message', (data) => messages.push(String(data)));
    const goodbye = once(far, 'close');
    stream.end('last words');
    const over = closed(stream);
    expect((await goodbye)[0]).toBe(1_000);
    expect(messages).toEqual(['last words']);
    await over;
  });

  it('closes on every path: destroyed, cut off, closed by the hub, ended before it was open', async () => {
    const { port, next } = await listen(createHttpServer());
    const dial = plain(port);
    const destroyed = dial();
    const first = await next();
    const farEnd = once(first, 'close');
    const over = closed(destroyed);
    destroyed.destroy();
    await over;
    expect((await farEnd)[0]).toBe(1_006);

    const cut = dial();
    (await next()).terminate();
    await closed(cut);

    const left = dial();
    (await next()).close(1_001);
    await closed(left);

    const early = dial();
    early.destroy();
    await closed(early);

    const ended = dial();
    ended.end();
    const far = await next();
    await once(far, 'close');
    if (!ended.closed) await closed(ended);
  });

  it('says why it could not be opened', async () => {
    const refusing = createHttpServer();
    refusing.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
    refusing.listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    closers.push(() => refusing.close());
    const { port } = refusing.address() as AddressInfo;
    const refused = plain(port)();
    expect((await failure(refused)).message).toBe('the hub answered the WebSocket upgrade with 404 Not Found');
    if (!refused.closed) await closed(refused);

    const other = await listen(createHttpServer(), 'chat');
    expect((await failure(plain(other.port)())).message).toBe("the hub chose the WebSocket sub-protocol '', not mqtt");

    const hungUp = createHttpServer();
    const silent = await listen(hungUp);
    hungUp.removeAllListeners('upgrade').on('upgrade', (_request, socket) => socket.destroy());
    expect((await failure(plain(silent.port)())).message).toMatch(/before it answered|ECONNRESET/);

    const gone = await listen(createHttpServer());
    gone.server.close();
    await once(gone.server, 'close');
    expect((await failure(plain(gone.port)())).message).toMatch(/ECONNREFUSED/);
  });

  it('checks the certificate of the hub, and shows its own', async () => {
    const made = await ensureCertificates({ hostName: 'hub.localhost', clock: systemClock(), randomBytes });
    const server = createHttpsServer({
      key: made.serverKey,
      cert: made.serverCertificate,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const { port, next } = await listen(server, 'AMQPWSB10');
    const address = { host: '127.0.0.1', port, tls: true, subprotocol: 'AMQPWSB10', path } as const;
    const arriving = next();
    const trusting = dialWebSocket({ ...address, serverName: 'hub.localhost', ca: made.caPem });
    const stream = trusting({ certificate: made.serverCertificate, key: made.serverKey });
    const far = await arriving;
    expect(far.protocol).toBe('AMQPWSB10');
    stream.destroy();
    const wrongName = dialWebSocket({ ...address, serverName: 'other.localhost', ca: made.caPem })();
    expect((await failure(wrongName)).message).toMatch(/altnames/);
    const untrusting = dialWebSocket({ ...address, serverName: 'hub.localhost' })();
    expect((await failure(untrusting)).message).toMatch(/certificate/);
    expect(() => dialWebSocket({ ...address, serverName: 'hub.localhost', ca: 'not PEM' })).toThrow('PEM');
  });
});

describe('a masked frame', () => {
  it('is read by ws as the message it was made of, at every length', async () => {
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.constantFrom(125, 126, 127, 65_535, 65_536),
      fc.integer({ min: 1, max: 70_000 }),
    );
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 0, max: 255 }), async (length, first) => {
        const payload = Buffer.alloc(length, first);
        payload[length - 1] = 255;
        const receiver = new Receiver({ isServer: true });
        const message = once(receiver, 'message');
        receiver.write(maskedFrame(payload));
        expect(Buffer.compare((await message)[0] as Buffer, payload)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
