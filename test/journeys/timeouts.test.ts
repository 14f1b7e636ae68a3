// The timeout laboratory of examples/timeouts, some at a time: what the caller gets, how long it takes, what the device executed, what
// the journal says. The same cases run against a running Hubfleet with `node examples/timeouts/laboratory.mjs`.
import { describe, expect, test } from 'vitest';
import { answerTo, lookAt } from '../../main/commands/asking.ts';
import { aLab } from '../support/a-lab.ts';

interface Case {
  readonly name: string;
}
interface Asking {
  command(name: string, input: object): Promise<unknown>;
  view(name: string, input: object): Promise<unknown>;
}
interface Laboratory {
  runCase(each: Case, number: number, asking: Asking): Promise<object>;
  differences(each: Case, result: object): readonly string[];
}

/** Plain JavaScript, as a reader copies it. */
const folder = '../../examples/timeouts';
const { cases } = (await import(`${folder}/cases.mjs`)) as { readonly cases: readonly Case[] };
const { runCase, differences } = (await import(`${folder}/laboratory.mjs`)) as Laboratory;

describe('the timeout laboratory', () => {
  test('has cases enough, each with a name of its own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(30);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test('every case ends as it says', async () => {
    const lab = await aLab();
    const bench = { lab, keep: () => {}, behaviours: '' };
    const asking: Asking = {
      command: (name, input) => answerTo(bench, name, input),
      view: async (name, input) => lookAt(lab, name, input)(),
    };
    const wrongs: object[] = [];
    const waiting = cases.map((each, place) => ({ each, number: place + 1 }));
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { each, number } = next;
        const result = await runCase(each, number, asking).catch((error: unknown) => ({ error: String(error) }));
        const wrong = 'executed' in result ? differences(each, result) : [String((result as { error: string }).error)];
        if (wrong.length > 0) wrongs.push({ case: each.name, wrong, result });
      }
    };
    // All at once they would take each other's time: elapsed times are part of what is expected.
    await Promise.all(Array.from({ length: 12 }, work));
    expect(wrongs).toEqual([]);
  }, 90_000);
});
