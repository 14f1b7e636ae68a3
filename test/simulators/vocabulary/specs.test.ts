// What a user writes: defaults are filled in, and every mistake is a sentence that names its field.
import { describe, expect, test } from 'vitest';
import { faultSpecSchema, fleetSpecSchema, problemsOf } from '../../../simulators/vocabulary/specs.ts';

const problems = (schema: typeof fleetSpecSchema | typeof faultSpecSchema, input: unknown): string[] => {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : problemsOf(parsed.error);
};

describe('a fleet', () => {
  test('needs a name and a count, the rest has defaults', () => {
    expect(fleetSpecSchema.parse({ name: 'demo', count: 100 })).toMatchObject({
      id: 'device-{index:0000}',
      protocol: 'mqtt',
      tls: false,
      behaviour: { kind: 'reboot', dark: 5_000 },
      connect: { perSecond: 200 },
      reconnect: { kind: 'backoff', first: 500, most: 30_000 },
    });
  });

  test.each([
    [{ name: 'two words', count: 1 }, 'name: a fleet name has'],
    [{ name: 'demo', count: 0 }, 'count: at least 1'],
    [{ name: 'demo', count: 60_000 }, 'count: at most 50000'],
    [{ name: 'demo', count: 2, id: 'pump' }, 'id: needs {index}'],
    [{ name: 'demo', count: 1, keepAliveSeconds: 2_000 }, 'keepAliveSeconds: at most 1177'],
    [{ name: 'demo', count: 1, behaviour: { kind: 'reboot', dark: -1 } }, 'behaviour.dark: at least 0'],
    [{ name: 'demo', count: 1, colour: 'red' }, 'colour'],
  ])('%j is refused: %s', (input, sentence) => {
    expect(problems(fleetSpecSchema, input).join('\n')).toContain(sentence);
  });
});

describe('a fault', () => {
  test('touches every device unless it says otherwise', () => {
    expect(faultSpecSchema.parse({ name: 'dead', settings: { kind: 'reply.never' } })).toMatchObject({
      on: { share: 1 },
    });
  });

  test.each([
    [{ name: 'x', settings: { kind: 'reply.never' }, on: { share: 1.5 } }, 'on.share: at most 1'],
    [
      { name: 'x', settings: { kind: 'reply.delay', delay: { kind: 'uniform', low: 9, high: 3 } } },
      'low: must not be above high',
    ],
    [
      { name: 'x', settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 0, sigma: 1 } } },
      'median: above 0',
    ],
    [
      { name: 'x', settings: { kind: 'reply.delay', delay: { kind: 'log-normal', median: 5, sigma: 9 } } },
      'sigma: at most 3',
    ],
    [{ name: 'x', settings: { kind: 'nonsense' } }, 'settings.kind'],
  ])('%j is refused: %s', (input, sentence) => {
    expect(problems(faultSpecSchema, input).join('\n')).toContain(sentence);
  });
});
