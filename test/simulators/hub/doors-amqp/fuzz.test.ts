import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Bench, hostName, openDoor } from './door-bench.ts';
import {
  amqp,
  attachFrame,
  beginFrame,
  bytesOf,
  described,
  flowFrame,
  frameOf,
  header,
  nothing,
  openFrame,
  transferFrame,
} from './raw-client.ts';

let bench: Bench;
/** The library writes to the console what it takes for odd; a peer must not be able to make it. */
const consoles = (['log', 'info', 'warn', 'error', 'trace'] as const).map((name) => vi.spyOn(console, name));
beforeEach(async () => {
  for (const spy of consoles) spy.mockClear();
  bench = await openDoor();
});
afterEach(async () => {
  await bench.stop();
  expect(consoles.flatMap((spy) => spy.mock.calls)).toEqual([]);
});

const cbsMessage = (token: string): Buffer =>
  bytesOf(
    described(0x73, [amqp.wrap_string('id')]),
    amqp.described(
      amqp.wrap_ulong(0x74),
      (amqp as unknown as { wrap_map(value: object): never }).wrap_map({
        operation: 'put-token',
        type: 'servicebus.windows.net:sastoken',
        name: `${hostName}/devices/e`,
      }),
    ),
    amqp.described(amqp.wrap_ulong(0x77), amqp.wrap_string(token)),
  );

const uint = amqp.wrap_uint;
const frames = (token: string): Buffer[] => [
  openFrame([uint(65_536), amqp.wrap(100), uint(60_000)]),
  beginFrame(),
  attachFrame(0, '$cbs', false),
  attachFrame(1, '$cbs', true),
  flowFrame(1, 10),
  transferFrame(0, 0, cbsMessage(token)),
  attachFrame(2, '/devices/e/methods/devicebound', false),
  attachFrame(3, '/devices/e/methods/devicebound', true),
  attachFrame(4, '/devices/e/twin', false),
  attachFrame(5, '/devices/e/twin', true),
  attachFrame(6, '/devices/e/messages/events', false),
  attachFrame(7, '/devices/e/messages/devicebound', true),
  flowFrame(7, 10),
  transferFrame(4, 1, bytesOf(amqp.described(amqp.wrap_ulong(0x72), amqp.wrap_symbolic_map({ operation: 'GET' })))),
  transferFrame(6, 2, bytesOf(amqp.described(amqp.wrap_ulong(0x75), amqp.wrap_binary(Buffer.from('hello'))))),
  frameOf(0x15, [amqp.wrap(true), uint(0), uint(4_294_967_295), amqp.wrap(true), described(0x24, [])]),
  frameOf(0x15, [amqp.wrap(false), uint(0), uint(4_294_967_295), amqp.wrap(true), nothing]),
  frameOf(0x16, [uint(6), amqp.wrap(true)]),
  frameOf(0x17, []),
  frameOf(0x18, []),
];

/** Streams of valid frames with bytes exchanged, cut out or put in; some begin well. */
const stream = (valid: Buffer[]) => {
  // Every other change keeps the length, so that the frames around it stay whole and what is inside them is read.
  const change = fc.oneof(
    fc.tuple(fc.nat(), fc.nat(6), fc.uint8Array({ maxLength: 6 })),
    fc
      .uint8Array({ minLength: 1, maxLength: 2 })
      .chain((put) => fc.tuple(fc.nat(), fc.constant(put.length), fc.constant(put))),
  );
  const beginning = fc.constantFrom(
    Buffer.concat([header(0), ...valid.slice(0, 13)]),
    Buffer.concat([header(0), ...valid.slice(0, 2)]),
    header(0),
    header(3),
    Buffer.alloc(0),
  );
  const part = fc.oneof(
    fc.constantFrom(...valid),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  );
  return fc
    .tuple(beginning, fc.array(part, { minLength: 1, maxLength: 5 }), fc.array(change, { maxLength: 3 }))
    .map(([start, parts, changes]) => {
      let bytes: Buffer = Buffer.concat(parts);
      for (const [where, cut, put] of changes) {
        const at = where % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + cut)]);
      }
      return Buffer.concat([start, bytes]);
    });
};

/** A device that answers while everything else goes on. */
async function echo(): Promise<void> {
  const client = await bench.device('d');
  const sender = await client.sender('/devices/d/methods/devicebound');
  const { receiver } = await client.receiver('/devices/d/methods/devicebound');
  receiver.on('message', ({ message }) => {
    const { correlation_id, body } = message ?? {};
    sender.send({ correlation_id, application_properties: { 'IoThub-status': 200 }, body } as never);
  });
}

async function knock(streams: readonly Buffer[]): Promise<void> {
  await echo();
  for (let at = 0; at < streams.length; at += 25) {
    const knocks = streams.slice(at, at + 25).map(async (bytes) => {
      const raw = await bench.raw();
      raw.socket.end(bytes);
      await raw.closed;
    });
    expect(await bench.invoke('d', { payload: at })).toMatchObject({ status: 200 });
    await Promise.all(knocks);
  }
  // Whatever they did as `e`, nothing of it stays.
  expect(bench.connections.size).toBe(1);
}

test('1,500 malformed streams end their own connections only, while a device goes on working', async () => {
  await knock(fc.sample(stream(frames(bench.token('e'))), { numRuns: 1_500, seed: 7 }));
  expect(bench.facts.of('input.refused').length).toBeGreaterThan(300);
  expect(bench.facts.of('device.connected').length).toBeGreaterThan(100);
}, 120_000);

test('700 changed token requests and messages are answered or refused, and the connection that sent them goes on', async () => {
  const raw = await bench.raw();
  const valid = frames(bench.token('e'));
  raw.send(header(0), ...valid.slice(0, 13));
  await raw.frame(0x14);
  const bodies = fc.oneof(
    fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([where, put]) => {
      const bytes = cbsMessage(bench.token('e'));
      Buffer.from(put).copy(bytes, where % bytes.length);
      return bytes;
    }),
    fc.string({ maxLength: 40 }).map(cbsMessage),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  );
  let id = 1;
  for (const body of fc.sample(bodies, { numRuns: 700, seed: 11 })) {
    const handle = [0, 2, 4, 6][id % 4] ?? 0;
    raw.send(transferFrame(handle, id, body));
    const current = id;
    // Each is settled, in ranges or alone.
    await raw.frame(0x15, ({ fields }) => {
      const [role, first, last] = fields.map((field) => field.value);
      return role === true && Number(first) <= current && Number(last ?? first) >= current;
    });
    id += 1;
  }
  expect(raw.socket.destroyed).toBe(false);
}, 60_000);

test.each([
  ['a list that claims two thousand million members', [0x00, 0x53, 0x10, 0xd0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff]],
  ['an array of nulls without end', [0x00, 0x53, 0x10, 0xc0, 8, 1, 0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x40]],
  ['an array of ids without end', [0x00, 0x53, 0x10, 0xc0, 11, 1, 0xf0, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, 0x98]],
  ['values nested a thousand deep', [0x00, 0x53, 0x10, ...Array.from({ length: 1_000 }, () => 0)]],
  ['no list', [0x00, 0x53, 0x10, 0x40]],
  ['a performative nobody knows', [0x00, 0x53, 0x77, 0x45]],
  ['a SASL frame after SASL', [0x00, 0x53, 0x41, 0x45]],
])('%s ends the connection with a sentence', async (_title, body) => {
  const raw = await bench.raw();
  const head = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0]);
  head.writeUInt32BE(body.length + 8);
  raw.send(header(0), Buffer.concat([head, Buffer.from(body)]));
  await raw.closed;
  expect(await bench.facts.next('input.refused')).toMatchObject({ door: 'amqp' });
});

test.each([
  ['a frame larger than announced', () => Buffer.from([0, 1, 0, 1, 2, 0, 0, 0])],
  ['a frame smaller than its own head', () => Buffer.from([0, 0, 0, 4, 2, 0, 0, 0])],
  ['a second open', () => openFrame()],
  ['a channel beyond the last', () => beginFrame(60_000)],
  ['a session begun twice', () => Buffer.concat([beginFrame(1), beginFrame(1)])],
  ['a link on no session', () => attachFrame(0, '$cbs', true, { channel: 9 })],
  [
    'a handle used twice',
    () => Buffer.concat([attachFrame(0, '$cbs', true), attachFrame(0, '$cbs', false, { name: 'b' })]),
  ],
  ['a transfer on no link', () => transferFrame(77, 0, Buffer.alloc(0))],
  [
    'a transfer on a link it receives by',
    () => Buffer.concat([attachFrame(0, '$cbs', true), transferFrame(0, 0, Buffer.alloc(0))]),
  ],
  ['a name that is no text', () => frameOf(0x12, [amqp.wrap(1), uint(0), amqp.wrap(true)])],
  [
    'a handle that is a text',
    () => frameOf(0x12, [amqp.wrap_string('a'), amqp.wrap_string('__proto__'), amqp.wrap(true)]),
  ],
  ['a flow without windows', () => frameOf(0x13, [nothing])],
])('%s ends the connection with an error', async (_title, bytes) => {
  const raw = await bench.raw();
  raw.send(header(0), openFrame(), beginFrame(0));
  await raw.frame(0x11);
  raw.send(bytes());
  const { fields } = await raw.frame(0x18);
  expect(JSON.stringify(fields)).toContain('decode-error');
  await raw.closed;
});

test('a coordinator, a wild terminus and an unknown outcome are taken without a word on the console', async () => {
  const raw = await bench.raw();
  raw.send(header(0), openFrame(), beginFrame(0));
  const coordinator = described(0x30, []);
  const wild = described(0x29, [amqp.wrap_list([amqp.wrap(1)])]);
  for (const [handle, target] of [coordinator, wild, amqp.wrap_string('x')].entries()) {
    const fields = [amqp.wrap_string(`l${handle}`), uint(handle), amqp.wrap(false), nothing, nothing, nothing, target];
    raw.send(frameOf(0x12, [...fields, nothing, nothing, uint(0)]));
    const { fields: detach } = await raw.frame(0x16, (got) => got.fields[0]?.value === handle);
    expect(JSON.stringify(detach)).toContain('amqp:not-found');
  }
});

test('an open whose frames would be smaller than allowed is refused', async () => {
  const raw = await bench.raw();
  raw.send(header(0), openFrame([uint(40)]));
  await raw.closed;
  expect((await bench.facts.next('input.refused')).detail).toContain('max-frame-size 40');
});
