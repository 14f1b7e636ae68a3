// Faults that are asked for most, ready to add: the same in the window and on the command line. All are on every device until they are aimed.
import type { FaultSpecInput } from './fault-specs.ts';

export interface FaultPreset {
  /** As it is typed on a command line. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** In the order in which they are added. */
  readonly faults: readonly FaultSpecInput[];
}

export const faultPresets: readonly FaultPreset[] = [
  {
    name: 'slow-tail',
    title: 'Slow tail',
    description: 'Most replies take a third of a second, one in twenty more than two seconds.',
    faults: [
      { name: 'slow-tail', settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 300, sigma: 1.2 } } },
    ],
  },
  {
    name: 'dead-share',
    title: 'Dead share',
    description: 'One device in twenty never replies; its callers get 504.',
    faults: [{ name: 'dead-share', settings: { kind: 'reply.never' }, on: { share: 0.05 } }],
  },
  {
    name: 'flaky-link',
    title: 'Flaky link',
    description: 'Bytes arrive late and unevenly, and one call in twenty loses its link before it is executed.',
    faults: [
      {
        name: 'flaky-latency',
        settings: { kind: 'link.latency', delay: { kind: 'log-normal', median: 80, sigma: 0.8 } },
      },
      { name: 'flaky-drops', settings: { kind: 'link.drop', at: 'received' }, when: { probability: 0.05 } },
    ],
  },
  {
    name: 'works-then-drops',
    title: 'Works then drops',
    description: 'One call in five is executed, and the link is gone before the reply could leave.',
    faults: [{ name: 'works-then-drops', settings: { kind: 'link.drop', at: 'executed' }, when: { probability: 0.2 } }],
  },
  {
    name: 'after-the-deadline',
    title: 'Answers after the deadline',
    description: 'One reply in five reaches the hub up to two seconds after its caller had 504.',
    faults: [
      {
        name: 'after-the-deadline',
        settings: { kind: 'reply.late', by: { kind: 'uniform', low: 100, high: 2_000 } },
        when: { probability: 0.2 },
      },
    ],
  },
  {
    name: 'reboot-loop',
    title: 'Reboot loop',
    description: 'One device in ten comes up for half a minute or so, goes down for some seconds, and begins again.',
    faults: [
      {
        name: 'reboot-loop',
        settings: {
          kind: 'link.flap',
          up: { kind: 'uniform', low: 20_000, high: 40_000 },
          down: { kind: 'uniform', low: 3_000, high: 8_000 },
        },
        on: { share: 0.1 },
      },
    ],
  },
  {
    name: 'brown-out-hub',
    title: 'Brown-out hub',
    description:
      'The service takes a second and a half to begin with anything, and answers one request in five with 503.',
    faults: [
      {
        name: 'brown-out-slow',
        settings: { kind: 'hub.slow', delay: { kind: 'log-normal', median: 1_500, sigma: 0.5 } },
      },
      { name: 'brown-out-errors', settings: { kind: 'hub.error', status: 503 }, when: { probability: 0.2 } },
    ],
  },
  {
    name: 'throttled-s1',
    title: 'Throttled S1',
    description:
      'The hub has the limits of one S1 unit, and answers 429 above them: to small direct methods after 200 at once, then above 40 a second.',
    faults: [{ name: 'throttled-s1', settings: { kind: 'hub.throttle', tier: 'S1', units: 1 } }],
  },
];

const longestName = 64;

/** The same faults under names that are free: `dead-share`, then `dead-share-2`. */
export function withFreeNames(faults: readonly FaultSpecInput[], taken: Iterable<string>): readonly FaultSpecInput[] {
  const names = new Set<string>(taken);
  return faults.map((fault) => {
    let name = fault.name;
    for (let number = 2; names.has(name); number++) {
      const ending = `-${number}`;
      name = `${fault.name.slice(0, longestName - ending.length)}${ending}`;
    }
    names.add(name);
    return { ...fault, name };
  });
}
