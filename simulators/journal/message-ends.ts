// How the lives of cloud-to-device messages end, in words: as a moment of the row, and as cause and fix where it is no good end.
import type { MessageOutcome } from '../vocabulary/facts.ts';

export const endWords: Readonly<Record<MessageOutcome, string>> = {
  completed: 'completed by the device',
  rejected: 'rejected by the device',
  abandoned: 'given back by the device',
  expired: 'expired in the hub',
  'delivery-count': 'given up by the hub',
  purged: 'purged from the queue',
};

/** By the `error` of a row; a completed message has none. */
export const messageExplanations: Readonly<Record<string, { readonly cause: string; readonly fix: string }>> = {
  rejected: {
    cause: 'The device took the message and refused it.',
    fix: "Look at the device's rule for messages; one of ours has it from its fleet.",
  },
  expired: {
    cause: 'Nobody had taken the message when its time was over.',
    fix: 'Bring the device online, or send with a longer expiry.',
  },
  'delivery-count': {
    cause: 'The device gave the message back, or lost its lock, as often as the hub delivers one.',
    fix: 'Let the device complete or reject it instead of abandoning it.',
  },
  purged: { cause: 'Somebody emptied the queue of the device.', fix: 'Send the message again.' },
  deleted: { cause: 'The identity was deleted, and its queue with it.', fix: 'Send to a device that exists.' },
};
