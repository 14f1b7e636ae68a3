import { describe, expect, test } from 'vitest';
import { FlagProblem, readFlags } from '../../bench/flags.ts';

const names = ['invocations', 'connect', 'memory'] as const;
const read = (...args: string[]) => readFlags(args, names);

describe("the bench's flags", () => {
  test('nothing said means every group, five runs, a table', () => {
    expect(read()).toEqual({ groups: names, json: false, runs: 5, help: false });
  });

  test('named groups run in the order of the list, each once', () => {
    expect(read('memory', 'invocations', 'memory', '--json', '--runs', '3')).toEqual({
      groups: ['invocations', 'memory'],
      json: true,
      runs: 3,
      help: false,
    });
  });

  test.each([
    [['speed'], "group: 'speed' is none of invocations, connect, memory"],
    [['--runs', '0'], "--runs: expected a whole number from 1 to 50, got '0'"],
    [['--runs=51'], "--runs: expected a whole number from 1 to 50, got '51'"],
    [['--runs', '2.5'], "--runs: expected a whole number from 1 to 50, got '2.5'"],
    [['--runs', 'many'], "--runs: expected a whole number from 1 to 50, got 'many'"],
    [['--runs'], '--runs: expected a whole number from 1 to 50, got nothing'],
    [['--json=yes'], "--json: takes no value, got 'yes'"],
    [['--fast'], '--fast: there is no such flag; there are --json, --runs, --help'],
    [['-x'], '-x: there is no such flag; there are --json, --runs, --help'],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(() => read(...args)).toThrow(new FlagProblem(sentence));
  });
});
