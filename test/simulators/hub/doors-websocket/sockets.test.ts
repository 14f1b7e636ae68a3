// What is taken over as a WebSocket, and what its bytes go through.
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { binaryFrame } from '../../../../simulators/hub/doors/websocket/websocket-stream.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { echo, frame, handshake, openSockets, saidTo, soon } from './sockets-bench.ts';

test.each([
  ['/$iothub/websocket', 'mqtt', 'mqtt'],
  ['/%24iothub/websocket', 'mqtt', 'mqtt'],
  ['/$iothub/websocket?iothub-no-client-cert=true', 'mqtt', 'mqtt'],
  ['/$iothub/websocket', 'MQTT', 'MQTT'],
  ['/$iothub/websocket', 'mqttv3.1, mqtt', 'mqtt'],
  ['/$iothub/websocket', 'AMQPWSB10, mqtt', 'AMQPWSB10'],
  ['/$iothub/websocket', 'x,AMQPWSB10', 'AMQPWSB10'],
])('%s with the sub-protocols %s speaks %s', async (path, offered, spoken) => {
  const mqtt = echo();
  const amqp = echo();
  const { client } = await openSockets({ mqtt, amqp });
  const socket = await client(
    offered.split(',').map((name) => name.trim()),
    path,
  );
  expect(socket.protocol).toBe(spoken);
  const arrivals = spoken === 'AMQPWSB10' ? amqp.arrivals : mqtt.arrivals;
  expect(arrivals).toMatchObject([
    { websocket: true, tls: false, certificate: undefined, peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
  ]);
});

test.each<[string, string, number, string]>([
  ['another path', handshake({}, 'GET /chat'), 404, '/$iothub/websocket'],
  ['a path that cannot be decoded', handshake({}, 'GET /%24iothub/websocket%f'), 404, '/$iothub/websocket'],
  ['no sub-protocol', handshake({ 'Sec-WebSocket-Protocol': undefined }), 400, 'missing; offer mqtt or AMQPWSB10'],
  ['an unknown sub-protocol', handshake({ 'Sec-WebSocket-Protocol': 'chat, soap' }), 400, "'chat, soap' is not spoken"],
  [
    'a sub-protocol nobody serves',
    handshake({ 'Sec-WebSocket-Protocol': 'AMQPWSB10' }),
    400,
    "no door for 'AMQPWSB10'",
  ],
  [
    'sub-protocols that are no tokens',
    handshake({ 'Sec-WebSocket-Protocol': 'mqtt, m(q' }),
    400,
    'Sec-WebSocket-Protocol',
  ],
  ['one sub-protocol twice', handshake({ 'Sec-WebSocket-Protocol': 'mqtt, mqtt' }), 400, 'Sec-WebSocket-Protocol'],
  ['no key', handshake({ 'Sec-WebSocket-Key': undefined }), 400, 'Sec-WebSocket-Key'],
  ['a short key', handshake({ 'Sec-WebSocket-Key': 'abc=' }), 400, 'Sec-WebSocket-Key'],
  ['no version', handshake({ 'Sec-WebSocket-Version': undefined }), 400, 'Sec-WebSocket-Version'],
  ['version 7', handshake({ 'Sec-WebSocket-Version': '7' }), 400, 'Sec-WebSocket-Version'],
  ['an upgrade to something else', handshake({ Upgrade: 'h2c' }), 400, 'Invalid Upgrade header'],
  ['POST', handshake({}, 'POST /$iothub/websocket'), 400, 'HTTP method'],
])('%s is refused', async (_, request, status, text) => {
  const { dial } = await openSockets({ mqtt: echo() });
  const answer = await saidTo(await dial(), request);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain(text);
});

test('bytes go both ways whatever the sizes, a message for each write', async () => {
  const { client } = await openSockets({ mqtt: echo() });
  const socket = await client();
  const sizes = [1, 125, 126, 127, 65_535, 65_536, 300_000];
  for (const size of sizes) {
    const sent = Buffer.alloc(size, size & 255);
    const got: Buffer[] = [];
    const whole = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer, binary: boolean) => {
        expect(binary).toBe(true);
        got.push(data);
        if (Buffer.concat(got).length === size) resolve();
      });
    });
    socket.send(sent);
    await whole;
    socket.removeAllListeners('message');
    expect(Buffer.concat(got).equals(sent)).toBe(true);
  }
});

test('a message in fragments with a ping between them arrives whole, and the ping is answered', async () => {
  const { client } = await openSockets({ mqtt: echo() });
  const socket = await client();
  const pong = once(socket, 'pong');
  socket.send('he', { binary: true, fin: false });
  socket.ping('there?');
  socket.send('llo', { binary: true, fin: true });
  let text = '';
  while (text.length < 5) text += String((await once(socket, 'message'))[0]);
  expect(text).toBe('hello');
  expect(String((await pong)[0])).toBe('there?');
});

test('bytes that come with the handshake in one piece are not lost', async () => {
  const mqtt = echo();
  const { dial } = await openSockets({ mqtt });
  const socket = await dial();
  let got = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    got = Buffer.concat([got, bytes]);
  });
  socket.write(Buffer.concat([Buffer.from(handshake()), frame(2, 'early')]));
  await soon(() => got.toString('latin1')).toContain('early');
});

test.each<[string, Buffer, number, string]>([
  ['a text message', frame(1, 'hello'), 1003, 'a text message'],
  ['a frame without a mask', frame(2, 'x', { masked: false }), 1002, 'MASK'],
  ['an opcode that does not exist', frame(3, 'x'), 1002, 'opcode'],
  ['a continuation of nothing', frame(0, 'x'), 1002, 'opcode 0'],
  ['a ping in pieces', frame(9, 'x', { fin: false }), 1002, 'FIN'],
  ['a message of more than a megabyte', frame(2, Buffer.alloc(1_048_577)), 1009, 'Max payload'],
  ['reserved bits', Buffer.from([0xf2, 0x80, 0, 0, 0, 0]), 1002, 'RSV'],
])('%s ends the WebSocket with a code and a fact', async (_, bytes, code, detail) => {
  const mqtt = echo();
  const { dial, facts, client } = await openSockets({ mqtt });
  const other = await client();
  const socket = await dial();
  const closed = new Promise<number>((resolve) => {
    socket.on('data', (data: Buffer) => {
      const at = data.indexOf(0x88);
      if (at >= 0 && data[at + 1] === 2) resolve(data.readUInt16BE(at + 2));
    });
  });
  socket.write(handshake());
  socket.write(bytes);
  expect(await closed).toBe(code);
  expect(await facts.next('input.refused')).toMatchObject({
    door: 'websocket',
    detail: expect.stringContaining(detail),
    peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
  const stream = mqtt.arrivals[1]?.stream;
  await soon(() => stream?.destroyed).toBe(true);
  other.send(Buffer.from('still'));
  expect(String((await once(other, 'message'))[0])).toBe('still');
});

test('a client that closes is answered with its code, and the stream ends', async () => {
  const mqtt = echo();
  const { client } = await openSockets({ mqtt });
  const socket = await client();
  const stream = mqtt.arrivals[0]?.stream;
  if (!stream) throw new Error('nobody arrived');
  const ended = once(stream, 'end');
  socket.close(1000);
  const [code] = await once(socket, 'close');
  expect(code).toBe(1000);
  await ended;
  await soon(() => stream.destroyed).toBe(true);
});

test('a client that is gone without a word ends the stream too', async () => {
  const mqtt = echo();
  const { client } = await openSockets({ mqtt });
  const socket = await client();
  const closed = once(mqtt.arrivals[0]?.stream as never, 'close');
  socket.terminate();
  await closed;
});

test('the last words of a protocol arrive before the close', async () => {
  const said: string[] = [];
  const { client } = await openSockets({
    mqtt: { accept: ({ stream }) => void stream.once('data', () => stream.end('goodbye')), stop: () => {} },
  });
  const socket = await client();
  socket.on('message', (data) => said.push(String(data)));
  socket.send(Buffer.from('x'));
  const [code] = await once(socket, 'close');
  expect([said, code]).toEqual([['goodbye'], 1000]);
});

test('a client that does not answer the close frame is cut off after 2 s', async () => {
  const clock = new VirtualClock();
  const mqtt = echo();
  const { dial } = await openSockets({ clock, mqtt });
  const socket = await dial();
  const closed = once(socket, 'close');
  socket.resume().write(handshake());
  await soon(() => mqtt.arrivals.length).toBe(1);
  mqtt.arrivals[0]?.stream.destroy();
  await clock.advance(1_999);
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  await closed;
  expect(clock.pending).toBe(0);
});

test('a reader that stops is waited for, in the memory of neither side', async () => {
  const mqtt = echo();
  const { client, sockets } = await openSockets({
    mqtt: { accept: (arrival) => mqtt.arrivals.push(arrival), stop: () => {} },
  });
  const socket = await client();
  const stream = mqtt.arrivals[0]?.stream;
  if (!stream) throw new Error('nobody arrived');
  // Nobody reads the stream: the client's bytes stay with the client.
  for (let sent = 0; sent < 200; sent++) socket.send(Buffer.alloc(100_000));
  await soon(() => stream.readableLength).toBeGreaterThan(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(stream.readableLength).toBeLessThan(2_000_000);
  expect(socket.bufferedAmount).toBeGreaterThan(0);
  let read = 0;
  const all = new Promise<void>((resolve) => {
    stream.on('data', (bytes: Buffer) => {
      read += bytes.length;
      if (read === 20_000_000) resolve();
    });
  });
  await all;
  // The client does not read: the writer is told to wait, and goes on afterwards.
  socket.pause();
  let written = 0;
  while (stream.write(Buffer.alloc(100_000)) && written < 1_000) written += 1;
  for (; written < 300; written++) stream.write(Buffer.alloc(100_000));
  expect(stream.writableLength).toBeGreaterThan(1_000_000);
  for (const raw of sockets) expect(raw.writableLength).toBeLessThan(1_000_000);
  const drained = once(stream, 'drain');
  socket.resume();
  await drained;
});

test('the door stops: every client hears 1001, and later ones are refused', async () => {
  const mqtt = echo();
  const { client, door, dial } = await openSockets({ mqtt });
  const clients = [await client(), await client()];
  const codes = clients.map(async (socket) => (await once(socket, 'close'))[0]);
  door.stop();
  expect(await Promise.all(codes)).toEqual([1001, 1001]);
  expect(mqtt.arrivals.every(({ stream }) => stream.destroyed)).toBe(true);
  expect(await saidTo(await dial(), handshake())).toMatch(/^HTTP\/1.1 503 /);
});

test.each([0, 1, 125, 126, 65_535, 65_536, 70_000])(
  'a frame of %d bytes has its length as RFC 6455 writes it',
  (size) => {
    const made = binaryFrame(Buffer.alloc(size, 7));
    expect(made.equals(frame(2, Buffer.alloc(size, 7), { masked: false }))).toBe(true);
  },
);
