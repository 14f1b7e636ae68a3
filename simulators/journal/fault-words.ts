// What a fault did to a call, by its kind: the words after its name, and what a developer learns from it. From the kind alone, so they are true of
// every call that a fault of this kind touched.
import type { FaultStruck, FaultTouch } from '../vocabulary/facts.ts';
import type { FaultKind } from '../vocabulary/fault-specs.ts';
import { span } from './span.ts';

interface Deed {
  /** Follows `fault <name>`; of a fault that held the call up, how long it did says more. */
  readonly did: string;
  readonly fix?: string;
}

const twice = 'Make the method safe to execute twice, or let the device remember the request ids it has done.';
const cut = 'Expect the next calls to fail until the device is back, and give them a connect timeout above that.';

const deeds: Partial<Record<FaultKind, Deed>> = {
  'reply.never': { did: 'kept its reply' },
  'reply.unanswered': { did: 'kept its reply' },
  'reply.status': {
    did: 'gave the reply another device status',
    fix: 'Read the device status of every answer: HTTP 200 says only that the device answered.',
  },
  'reply.body': {
    did: 'gave the reply another payload',
    fix: 'Check the payload of an answer before you use it: what a device says is input.',
  },
  'reply.malformed': {
    did: 'cut the payload of the reply in half, so that it is no JSON',
    fix: 'Parse answers where a failure is caught: the hub passes on what a device says, and an SDK may throw on it.',
  },
  'reply.oversize': {
    did: 'made the payload of the reply larger',
    fix: 'Keep the payload of an answer under 128 KB: report what is larger in the twin in parts, or upload it and answer with its address.',
  },
  'reply.duplicate': {
    did: 'sent the reply more than once, of which the hub gives the caller the first',
    fix: 'Nothing to change in callers; a device that does this wastes messages.',
  },
  'reply.wrong-rid': {
    did: 'named another request in the reply',
    fix: 'Let the device answer with the request id of the request itself: `$rid` of the topic, or the correlation id over AMQP.',
  },
  'link.drop': { did: 'dropped the link of the device', fix: cut },
  'link.reset': { did: 'reset the connection of the device', fix: cut },
  'link.half-open': {
    did: '',
    fix: 'Let the device send a keep-alive more often: both ends learn of a silent link only by its absence (the hub after 1.5 times its interval). Until then treat 504 as "not known whether executed".',
  },
  'link.latency': { did: '', fix: 'Give callers a response timeout above the way there and back plus the work.' },
  'link.bandwidth': {
    did: '',
    fix: 'Make payloads smaller, or give callers a response timeout above what their bytes need both ways.',
  },
  'hub.request-twice': { did: 'sent the request twice, and the device executed it each time', fix: twice },
  'hub.kick': { did: 'ended the connection of the device', fix: cut },
  'hub.kill': { did: 'cut the connection of the device', fix: cut },
};

const legWords: Readonly<Record<FaultTouch['leg'], string>> = {
  hub: 'in the hub',
  toDevice: 'on its way to the device',
  inDevice: 'in the device',
  back: 'on its way back',
};

export function touchWords({ fault, kind, leg, held = 0 }: FaultTouch): string {
  if (held > 0) return `fault ${fault} held it ${span(held)} ${legWords[leg]}`;
  const did = kind === undefined ? undefined : deeds[kind]?.did;
  return `fault ${fault} ${did || `touched it ${legWords[leg]}`}`;
}

export const strikeWords = ({ fault, what }: FaultStruck): string => `fault ${fault} ${what}`;

/** Of the first that has something to teach. */
export function lessonOf(struck: readonly Pick<FaultTouch | FaultStruck, 'kind'>[]): string | undefined {
  for (const { kind } of struck) {
    const fix = kind === undefined ? undefined : deeds[kind]?.fix;
    if (fix !== undefined) return fix;
  }
  return undefined;
}
