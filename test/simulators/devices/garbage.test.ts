// Whatever a hub sends, a device neither throws nor stays broken: it goes on, or ends the connection and dials again.
import fc from 'fast-check';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { aDevice } from './a-device.ts';

const topic = fc.oneof(
  fc.constantFrom(
    '$iothub/methods/POST/reboot/?$rid=1',
    '$iothub/methods/POST/x/?$rid=',
    '$iothub/twin/res/200/?$rid=1',
    '$iothub/twin/res/204/?$rid=2&$version=0',
    '$iothub/twin/PATCH/properties/desired/?$version=2',
  ),
  fc.string({ minLength: 1, maxLength: 40 }),
);
const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({
    cmd: fc.constant('publish' as const),
    topic,
    payload: fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc.string(),
      fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    ),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    messageId: fc.integer({ min: 1, max: 3 }),
    dup: fc.boolean(),
    retain: fc.boolean(),
  }),
  fc.record({
    cmd: fc.constant('suback' as const),
    messageId: fc.nat(3),
    granted: fc.array(fc.constantFrom(0, 1, 128)),
  }),
  fc.record({ cmd: fc.constant('connack' as const), returnCode: fc.nat(5), sessionPresent: fc.boolean() }),
  fc.record({
    cmd: fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'),
    messageId: fc.nat(3),
  }) as fc.Arbitrary<Packet>,
  fc.constant({ cmd: 'pingresp' } as Packet),
  fc.constant({ cmd: 'pingreq' } as Packet),
  fc.constant({ cmd: 'disconnect' } as Packet),
  fc.record({ cmd: fc.constant('connect' as const), clientId: fc.string() }) as fc.Arbitrary<Packet>,
);
const bytes = fc.oneof(
  { weight: 3, arbitrary: packet.map(generated) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((raw) => Buffer.from(raw)) },
  // A whole packet with one byte changed or its end cut off.
  {
    weight: 2,
    arbitrary: fc.tuple(packet.map(generated), fc.nat(), fc.nat(255), fc.boolean()).map(([whole, at, to, cut]) => {
      const place = whole.length ? at % whole.length : 0;
      const changed = Buffer.from(whole);
      changed[place] = to;
      return cut ? changed.subarray(0, place) : changed;
    }),
  },
);

/** Some arbitrary packets cannot be written at all; they stand for nothing sent. */
function generated(one: Packet): Buffer {
  try {
    return mqttPacket.generate(one);
  } catch {
    return Buffer.alloc(0);
  }
}

test('garbage before, during and after the handshake harms nothing for good', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 6 }), fc.boolean(), async (sent, early) => {
      const { device, broker, clock } = aDevice({ reconnect: { kind: 'backoff', first: 100, most: 1_000, jitter: 0 } });
      if (early) broker.connack = undefined;
      device.start(0);
      await clock.advance(1);
      for (const one of sent) {
        broker.last.sendBytes(one);
        await clock.advance(10);
      }
      broker.connack = 0;
      // Long enough for a half sent packet to be given up by the keep-alive, and for a reboot that was asked for.
      await clock.advance(700_000);
      expect(device.state).toBe('online');
      broker.last.call('nope', 'ff');
      await clock.advance(10);
      expect(broker.last.replies.at(-1)?.topic).toBe('$iothub/methods/res/404/?$rid=ff');
      device.stop();
      await clock.advance(10_000);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 2_000 },
  );
}, 60_000);
