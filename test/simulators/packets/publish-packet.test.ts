import fc from 'fast-check';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { publishPacket } from '../../../simulators/packets/publish-packet.ts';

function read(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on('packet', (packet: Packet) => packets.push(packet));
  parser.on('error', (error: Error) => {
    throw error;
  });
  expect(parser.parse(bytes)).toBe(0); // nothing is left over
  return packets;
}

it('a publish packet is read back as one message at QoS 0 with its topic and payload', () => {
  const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => !/[#+\0\p{Cs}]/u.test(text));
  fc.assert(
    fc.property(word, fc.string({ unit: 'binary' }), (topic, payload) => {
      const [packet, ...more] = read(publishPacket(topic, payload));
      expect(more).toEqual([]);
      expect(packet).toMatchObject({ cmd: 'publish', topic, qos: 0, dup: false, retain: false });
      expect(packet?.cmd === 'publish' && packet.payload.toString()).toBe(payload);
    }),
  );
});

it.each([0, 121, 122, 123, 16_377, 16_378, 2_097_145, 2_097_146])(
  'a payload of %i bytes is the same bytes that mqtt-packet writes',
  (length) => {
    const message = { cmd: 'publish', topic: 'a/bc', qos: 0, dup: false, retain: false } as const;
    const payload = 'x'.repeat(length);
    const written = mqttPacket.generate({ ...message, payload });
    expect(publishPacket('a/bc', payload).equals(written)).toBe(true);
    expect(publishPacket('a/bc', Buffer.from(payload)).equals(written)).toBe(true);
  },
);

it.each([1, 255, 256, 65_535])(
  'a packet id of %i makes it a message at QoS 1, the same bytes that mqtt-packet writes',
  (messageId) => {
    const message = { cmd: 'publish', topic: 'a/bc', qos: 1, dup: false, retain: false } as const;
    const payload = 'x'.repeat(119);
    expect(
      publishPacket('a/bc', payload, messageId).equals(mqttPacket.generate({ ...message, messageId, payload })),
    ).toBe(true);
  },
);
