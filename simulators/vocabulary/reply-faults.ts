// The faults on replies, by kind: what each is set with. Every kind and field says what it is (fault-specs.ts).
import { z } from 'zod';
import { millisField } from './distribution-specs.ts';
import { delay, kind } from './fault-kind.ts';

export const reply = [
  kind(
    'reply.delay',
    {
      title: 'Slow reply',
      description: 'The reply leaves the device later than the behaviour gave it.',
      touches: 'reply',
    },
    { delay },
  ),
  kind(
    'reply.never',
    {
      title: 'No reply',
      description:
        'The method is executed up to its reply, which never leaves; the method hangs there. The caller gets 504 after its response timeout.',
      touches: 'reply',
    },
    {},
  ),
  kind(
    'reply.unanswered',
    {
      title: 'Executed, unanswered',
      description:
        'The method is executed to its end, reboot and all; only the reply never leaves. The caller gets 504 for something that was done, or 404 as soon as that ends the connection.',
      touches: 'reply',
    },
    {},
  ),
  kind(
    'reply.late',
    {
      title: 'Late reply',
      description:
        "The hub gets the reply after the call's response timeout, whatever that is: the caller had 504, and the reply is dropped. On the local hub only.",
      touches: 'reply',
    },
    { by: delay.describe('How long after the deadline.') },
  ),
  kind(
    'reply.status',
    {
      title: 'Other status',
      description: 'The reply carries another device status.',
      touches: 'reply',
    },
    {
      status: z
        .int('status: a whole number')
        .min(0, 'status: at least 0')
        .max(0x7fff_ffff, 'status: at most 2147483647')
        .default(500)
        .describe('The device status.'),
    },
  ),
  kind(
    'reply.body',
    {
      title: 'Other body',
      description: 'The reply carries another payload.',
      touches: 'reply',
    },
    { body: z.json().describe('The payload, JSON.') },
  ),
  kind(
    'reply.malformed',
    {
      title: 'Malformed JSON',
      description:
        'The payload of the reply is no JSON: its second half is missing. The hub passes it on as it is; an SDK trips over it.',
      touches: 'reply',
    },
    {},
  ),
  kind(
    'reply.oversize',
    {
      title: 'Over 128 KB',
      description: 'The payload of the reply is larger than the service takes.',
      touches: 'reply',
    },
    {
      bytes: z
        .int('bytes: a whole number')
        .min(1, 'bytes: at least 1')
        .max(1_048_576, 'bytes: at most 1048576')
        .default(131_073)
        .describe('Size of the payload; the limit is 131072.'),
    },
  ),
  kind(
    'reply.duplicate',
    {
      title: 'Reply twice',
      description: 'The reply leaves again; the hub drops the second one.',
      touches: 'reply',
    },
    {
      copies: z
        .int('copies: a whole number')
        .min(1, 'copies: at least 1')
        .max(100, 'copies: at most 100')
        .default(1)
        .describe('How many more.'),
      after: millisField('after').default(0).describe('Between two of them, ms.'),
    },
  ),
  kind(
    'reply.wrong-rid',
    {
      title: 'Wrong request id',
      description: 'The reply names a request the hub never made; nobody gets it, and the caller gets 504.',
      touches: 'reply',
    },
    {},
  ),
] as const;
