// The faults on the links of devices, by kind: what each is set with. Every kind and field says what it is (fault-specs.ts).
import { z } from 'zod';
import { distributionSchema, millisField } from './distribution-specs.ts';
import { delay, kind } from './fault-kind.ts';

const direction = z
  .enum(['both', 'up', 'down'])
  .default('both')
  .describe('`up` is from the device to the hub, `down` from the hub to the device.');
/** A moment in the life of a method call, as the device sees it. */
const moment = z
  .enum(['received', 'executed', 'replied'])
  .default('received')
  .describe(
    '`received`: before the method is executed; `executed`: after it, in place of the reply; `replied`: once the reply has left.',
  );

export const link = [
  kind(
    'link.drop',
    {
      title: 'Dropped link',
      description:
        'The device drops its link in the middle of a call, without a goodbye, and reconnects by its policy.',
      touches: 'method',
    },
    { at: moment },
  ),
  kind(
    'link.reset',
    {
      title: 'Connection reset',
      description:
        'The TCP connection is reset (RST) in the middle of a call. A connection that several devices share is reset for all of them.',
      touches: 'method',
    },
    { at: moment },
  ),
  kind(
    'link.flap',
    {
      title: 'Flapping link',
      description: 'The link is up for a while, then down for a while, over and over.',
      touches: 'device',
    },
    {
      up: distributionSchema.describe('How long it stays up, ms.'),
      down: distributionSchema.describe('How long it stays down, ms.'),
    },
  ),
  kind(
    'link.refuse',
    {
      title: 'Connection refused',
      description: 'The device cannot connect any more: each attempt is refused. A link that is up stays up.',
      touches: 'connection',
    },
    {},
  ),
  kind(
    'link.half-open',
    {
      title: 'Half-open',
      description:
        'The link goes silent in both directions and nobody is told: no FIN, no RST. Both sides find out by their own timeouts, and a link that the device opens then is silent too. Lifted in time, what was held arrives. On an AMQP connection that devices share it is the links of this device alone, which finds out when it renews its token.',
      touches: 'device',
    },
    {},
  ),
  kind(
    'link.latency',
    {
      title: 'Latency and jitter',
      description:
        'Every piece of the byte stream arrives later; the order stays. Over TLS it is the bytes inside; on an AMQP connection that devices share, the messages of this device alone.',
      touches: 'bytes',
    },
    { delay, direction },
  ),
  kind(
    'link.bandwidth',
    {
      title: 'Narrow band',
      description:
        'The byte stream has a limited rate: each piece takes as long as its bytes need, one after the other. On an AMQP connection that devices share it is the messages of this device alone.',
      touches: 'bytes',
    },
    {
      bytesPerSecond: z
        .int('bytesPerSecond: a whole number')
        .min(1, 'bytesPerSecond: at least 1')
        .max(1_000_000_000, 'bytesPerSecond: at most 1000000000')
        .describe('Bytes a second.'),
      direction,
    },
  ),
  kind(
    'link.offline',
    {
      title: 'Offline',
      description:
        'The link is dropped, and the device does not connect again while the fault is on, or for as long as is said here.',
      touches: 'device',
    },
    { lasting: millisField('lasting').optional().describe('Back after this, ms; left out: when the fault is lifted.') },
  ),
  kind(
    'link.skewed-clock',
    {
      title: 'Skewed clock',
      description:
        "The device's clock is wrong, so that its tokens expire at the wrong time: set back by more than their lifetime, they have expired before they are sent. Felt at the next connect.",
      touches: 'connection',
    },
    {
      by: z
        .number({ error: 'by: expected a number of milliseconds' })
        .min(-315_576_000_000)
        .max(315_576_000_000)
        .describe('How far ahead, ms; below 0 it is behind.'),
    },
  ),
  kind(
    'link.expired-token',
    {
      title: 'Expired token',
      description: 'The device shows a token that has expired. Felt at the next connect, or renewal.',
      touches: 'connection',
    },
    {},
  ),
  kind(
    'link.certificate',
    {
      title: 'Bad certificate',
      description:
        'The device shows another certificate than its own. Felt at the next connect, by fleets that show certificates.',
      touches: 'connection',
    },
    { which: z.enum(['expired', 'wrong-name', 'wrong-ca']).default('expired').describe('What is wrong with it.') },
  ),
  kind(
    'link.storm',
    {
      title: 'Reconnect storm',
      description: 'Every device drops its link and dials again at once, without back-off.',
      touches: 'device',
    },
    {
      within: millisField('within').default(0).describe('Spread over this, ms.'),
      again: millisField('again', 1).optional().describe('Again each time this has passed, ms; left out: once.'),
    },
  ),
] as const;
