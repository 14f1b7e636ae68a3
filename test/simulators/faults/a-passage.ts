// Things on their way, made by hand, for tests of what faults do with them. Each notes how it ended.
import { type DeviceId, deviceId, faultName, requestId } from '../../../simulators/vocabulary/ids.ts';
import type {
  ConnectionGrip,
  LinkGrip,
  Passage,
  Passages,
  ReplyPassage,
  Stage,
} from '../../../simulators/vocabulary/passages.ts';

/** A passage and the names of the ends that were called, in order. */
export interface APassage<S extends Stage> {
  readonly passage: Passages[S];
  readonly ends: string[];
}

const link: LinkGrip = { drop: () => {}, reset: () => {} };
const connection: ConnectionGrip = { open: true, kick: () => {}, kill: () => {} };
const call = { method: 'reboot', rid: requestId('1') };
type Note = (end: string) => void;

const blanks: { [S in Stage]: (note: Note) => Omit<Passages[S], keyof Passage> } = {
  call: (note) => ({ ...call, link, lose: () => note('lost') }),
  reply(note) {
    const onceLeft: (() => void)[] = [];
    return {
      ...{ ...call, link, status: 200, payload: '{"done":true}' },
      hang: () => note('hung'),
      swallow: () => note('swallowed'),
      sendAnother: () => note('another'),
      onceLeft: (run) => void onceLeft.push(run),
      /** For `pass` below. */
      left() {
        for (const run of onceLeft) run();
      },
    };
  },
  dial: (note) => ({ refuse: () => note('refused') }),
  proof: () => ({ skew: 0, expiredToken: false }),
  certificate: () => ({ which: 'own' }),
  acknowledgement: () => ({ version: 5 }),
  admission: (note) => ({ protocol: 'mqtt', refuse: () => note('refused') }),
  connected: () => ({ connection }),
  request: (note) => ({ operation: 'methods', refuse: (status) => note(`refused ${status}`) }),
  delivery: (note) => ({ ...call, connection, lose: () => note('lost'), sendAnother: () => note('another') }),
  answer: () => ({ rid: call.rid, deadline: Number.MAX_SAFE_INTEGER, connection }),
  notification: (note) => ({ lose: () => note('lost') }),
  twin: (note) => ({ operation: 'report', lose: () => note('lost'), refuse: (status) => note(`refused ${status}`) }),
};

/**
 * What passes at a stage; a reply is `200 {"done":true}`, a twin passage a report. `changes` take the place of what is said here; a `pass` of theirs
 * is called besides.
 */
export function aPassage<S extends Stage>(
  stage: S,
  device: Passages[S]['device'],
  changes: Partial<Passages[S]> = {},
): APassage<S> {
  const ends: string[] = [];
  const blank = blanks[stage]((end) => void ends.push(end)) as { left?: () => void };
  const pass = () => {
    ends.push('passed');
    changes.pass?.();
    blank.left?.();
  };
  return { ends, passage: { device, touches: undefined, ...blank, ...changes, pass } as unknown as Passages[S] };
}

/** A reply that goes nowhere; `changes` say what its ends do. */
export const aReply = (device: DeviceId, changes: Partial<ReplyPassage> = {}): ReplyPassage =>
  aPassage('reply', device, changes).passage;

export const someDevices = (count: number): DeviceId[] =>
  Array.from({ length: count }, (_, index) => deviceId(`thermostat-${String(index + 1).padStart(4, '0')}`));
export const theFault = faultName('fault');
