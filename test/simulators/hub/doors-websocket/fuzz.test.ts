// Upgrades and frames as nobody should send them: 1,500 of each, while a client goes on working.
import { once } from 'node:events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { echo, frame, handshake, openSockets, saidTo, soon } from './sockets-bench.ts';

const junk = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const value = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(
    'websocket',
    'WebSocket, h2c',
    '13',
    '8',
    '-1',
    'mqtt',
    'AMQPWSB10',
    ',',
    'mqtt,',
    '"',
    'dGhlIHNhbXBsZSBub25jZQ==',
    '',
  ),
  fc.string({ maxLength: 30, unit: fc.constantFrom(...'abcXYZ019,;= "()/\\<>@[]{}?*%\t') }),
);
const names = ['Upgrade', 'Connection', 'Key', 'Version', 'Protocol', 'Extensions'].map((name, index) =>
  index < 2 ? name : `Sec-WebSocket-${name}`,
);
const upgrade = fc
  .array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 2 })
  .map((changes) => Object.fromEntries(changes))
  .chain((change) =>
    fc
      .tuple(
        fc.constantFrom('GET', 'GET', 'GET', 'POST', 'OPTIONS'),
        fc.constantFrom(
          '/$iothub/websocket',
          '/$iothub/websocket',
          '/%24iothub/websocket?a',
          '/$iothub/%',
          '//',
          '/',
          '*',
          '/$iothub/websocket/../x',
        ),
        junk,
      )
      .map(([method, path, rest]) =>
        Buffer.concat([Buffer.from(handshake(change, `${method} ${path}`), 'latin1'), rest]),
      ),
  );
const anyFrame = fc
  .tuple(fc.nat(15), junk, fc.boolean(), fc.boolean())
  .map(([opcode, payload, fin, masked]) => frame(opcode, payload, { fin, masked }));
const frames = fc
  .tuple(fc.array(fc.oneof(anyFrame, junk), { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(6))
  .map(([parts, where, cut]) => {
    const bytes = Buffer.concat(parts);
    const at = where % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + cut)]);
  });

test.each<[string, fc.Arbitrary<Buffer>, readonly string[]]>([
  ['upgrades', upgrade, ['101', '200', '400', '404']],
  ['frames', frames.map((bytes) => Buffer.concat([Buffer.from(handshake()), bytes])), ['101']],
])(
  '1,500 malformed %s end their own sockets only',
  async (_, cases, reached) => {
    const mqtt = echo();
    const { client, dial, facts } = await openSockets({ mqtt });
    const good = await client();
    const statuses = new Map<string, number>();
    const samples = fc.sample(cases, { numRuns: 1_500, seed: 11 });
    for (let at = 0; at < samples.length; at += 25) {
      const knocks = samples.slice(at, at + 25).map(async (bytes) => {
        const socket = await dial();
        const closed = saidTo(socket, bytes);
        socket.end();
        return closed;
      });
      const back = once(good, 'message');
      good.send(Buffer.from(`round ${at}`));
      expect(String((await back)[0])).toBe(`round ${at}`);
      for (const said of await Promise.all(knocks)) {
        const status = /^HTTP\/1\.1 (\d\d\d) /.exec(said)?.[1] ?? '';
        expect(said === '' || status !== '').toBe(true);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }
    // The cases come to every answer there is.
    for (const status of reached) expect([status, (statuses.get(status) ?? 0) > 10]).toEqual([status, true]);
    // Nobody but the good client is left.
    await soon(() => mqtt.arrivals.filter(({ stream }) => !stream.destroyed).length).toBe(1);
    for (const fact of facts.all) expect(fact).toMatchObject({ type: 'input.refused', door: 'websocket' });
  },
  30_000,
);
