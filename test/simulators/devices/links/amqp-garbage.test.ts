// Bytes that no hub should send: they end the connection they came over, and nothing else.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anAmqpFleet, quiet } from './an-amqp-device.ts';

/** A frame of AMQP on channel 0 around whatever the body is. */
function frameOf(body: Uint8Array): Buffer {
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, 2, 0, 0, 0]), body]);
  frame.writeUInt32BE(frame.length);
  return frame;
}

/** A described list with one of the codes of AMQP's performatives, and fields that may be anything small. */
const performative = fc
  .tuple(
    fc.integer({ min: 0x10, max: 0x18 }),
    fc.array(
      fc.oneof(
        fc.constant([0x40]),
        fc.constant([0x41]),
        fc.constant([0x43]),
        fc.integer({ min: 0, max: 255 }).map((value) => [0x52, value]),
        fc.constant([0xa1, 1, 0x61]),
        fc.constant([0xa0, 2, 1, 2]),
        fc.constant([0x45]),
      ),
      { maxLength: 12 },
    ),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([code, fields, payload]) => {
    const members = fields.flat();
    return frameOf(Uint8Array.from([0, 0x53, code, 0xc0, members.length + 1, fields.length, ...members, ...payload]));
  });

const garbage = fc.oneof(
  fc.uint8Array({ minLength: 9, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map(frameOf),
  performative,
);

it('survives whatever bytes a hub may send, on an open connection', async () => {
  const other = anAmqpFleet();
  const neighbour = await other.open('pump-2');
  await fc.assert(
    fc.asyncProperty(garbage, async (bytes) => {
      const fleet = anAmqpFleet({ devicesPerConnection: 2 });
      const { ear, connection } = await fleet.open('pump-1');
      fleet.hub.streams[0]?.write(bytes);
      await quiet();
      expect(ear.heard[0]).toBe('opened');
      expect(ear.heard.length).toBeLessThanOrEqual(2);
      expect(connection.isOpen).toBe(ear.heard.length === 1);
      connection.drop();
      await quiet();
      expect(fleet.clock.pending).toBe(0);
    }),
    { numRuns: 150, seed: 5 },
  );
  expect(neighbour.connection.isOpen).toBe(true);
  neighbour.connection.drop();
});
