// `hubfleet query` in memory: pages, tables, lines, and what the hub says of a text it cannot read.
import { describe, expect, test } from 'vitest';
import type { Invoker, ServiceAnswer } from '../../../simulators/invoker/invoker.ts';
import { aTerminal, remote } from './a-terminal.ts';

const at = ['--hub', remote];

function pages(...bodies: readonly object[][]) {
  const asked: { text: string; size: number | undefined }[] = [];
  const queryPages: Invoker['queryPages'] = async function* (text, size) {
    asked.push({ text, size });
    for (const body of bodies) yield { status: 200, body: JSON.stringify(body) };
  };
  return { asked, invoker: { queryPages } };
}
const refusing = (problem: NonNullable<ServiceAnswer['problem']>): Partial<Invoker> => ({
  async *queryPages() {
    yield { status: 400, body: '', problem };
  },
});

describe('hubfleet query', () => {
  test('--json prints the rows of all pages as one array', async () => {
    const { invoker, asked } = pages([{ a: 1 }, { a: 2 }], [{ a: 3 }]);
    const { run, out, err } = aTerminal(invoker);
    expect(await run('query', 'SELECT a FROM devices', '--json', ...at)).toBe(0);
    expect(out).toEqual(['[{"a":1},{"a":2},{"a":3}]']);
    expect(err).toEqual([]);
    expect(asked).toEqual([{ text: 'SELECT a FROM devices', size: 1_000 }]);
  });

  test('--json prints an empty array for nothing', async () => {
    const { run, out } = aTerminal(pages([]).invoker);
    expect(await run('query', 'x', '--json', ...at)).toBe(0);
    expect(out).toEqual(['[]']);
  });

  test('--lines prints each row as it comes', async () => {
    const { run, out } = aTerminal(pages([{ a: 1 }], [{ a: 2 }]).invoker);
    await run('query', 'x', '--lines', ...at);
    expect(out).toEqual(['{"a":1}', '{"a":2}']);
  });

  test('--top asks for no more and prints no more', async () => {
    const { invoker, asked } = pages([{ a: 1 }, { a: 2 }], [{ a: 3 }]);
    const { run, out } = aTerminal(invoker);
    await run('query', 'x', '--top', '2', '--json', ...at);
    expect(asked[0]?.size).toBe(2);
    expect(out).toEqual(['[{"a":1},{"a":2}]']);
  });

  test('prints twins as a table of what fits', async () => {
    const twin = { etag: 'e', version: 3, properties: {}, status: 'enabled', connectionState: 'Connected' };
    const rows = [
      { deviceId: 'a', ...twin, tags: { site: 'north' } },
      { deviceId: 'longer', ...twin, tags: {} },
    ];
    const { run, out, err } = aTerminal(pages(rows).invoker);
    await run('query', 'SELECT * FROM devices', ...at);
    expect(out).toEqual([
      [
        'deviceId  status   connectionState  version  tags',
        'a         enabled  Connected        3        {"site":"north"}',
        'longer    enabled  Connected        3        {}',
      ].join('\n'),
    ]);
    expect(err).toEqual(['2 rows']);
  });

  test('prints projections with every column, long and odd values on one line', async () => {
    const { run, out } = aTerminal(pages([{ n: 1 }, { text: `a\n\u001b[31m${'x'.repeat(60)}`, n: null }]).invoker);
    await run('query', 'x', ...at);
    expect(out).toEqual([['n     text', '1', `null  a  [31m${'x'.repeat(38)}...`].join('\n')]);
  });

  test('a text the hub cannot read is shown with the place, and ends with 1', async () => {
    const message = 'query, line 1, column 8: Expected a path.\nSELECT , FROM devices\n       ^';
    const explanation = { cause: 'A field is out of range.', fix: 'Timeouts are 5 to 300 s.' };
    const { run, out, err } = aTerminal(refusing({ name: 'ArgumentInvalid', number: 400_004, message, explanation }));
    expect(await run('query', 'SELECT , FROM devices', ...at)).toBe(1);
    expect(err).toEqual([`hubfleet: the hub answered 400 400004 ArgumentInvalid: ${message}`]);
    expect(out).toEqual([]);
  });

  test.each([
    [['query'], "missing required argument 'text'"],
    [['query', 'x', '--top', '0'], "'0' is invalid. Expected a whole number from 1"],
  ])('%j ends with 2', async (args, sentence) => {
    const { run, err } = aTerminal();
    expect(await run(...args)).toBe(2);
    expect(err.join('\n')).toContain(sentence);
  });
});
