import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { expect, it } from 'vitest';
import { subscribePacket } from '../../../simulators/devices/links/subscribe-packet.ts';

it('a subscribe packet is the same bytes that mqtt-packet writes, however long its filters are', () => {
  const filter = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
    .filter((text) => /^[^#+\0]+$/.test(text));
  const filters = fc.dictionary(filter, fc.constantFrom<0 | 1>(0, 1), {
    minKeys: 1,
    maxKeys: 5,
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_535 }), filters, (messageId, asked) => {
      const subscriptions = Object.entries(asked).map(([topic, qos]) => ({ topic, qos }));
      const written = mqttPacket.generate({ cmd: 'subscribe', messageId, subscriptions });
      expect(subscribePacket(messageId, asked).equals(written)).toBe(true);
    }),
  );
});
