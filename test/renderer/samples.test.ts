// Recorded samples as people keep them: a list, a CSV with or without a heading, a JSON array.
import { expect, test } from 'vitest';
import { samplesIn } from '../../renderer/widgets/schema/samples.ts';

test.each([
  ['one a line', '12\n 7.5\r\n\n300\n', [12, 7.5, 300]],
  ['one a line below a heading', 'latency\n12\n7', [12, 7]],
  ['all in one line', '12, 7;300', [12, 7, 300]],
  ['a JSON array', ' [12, 7.5]\n', [12, 7.5]],
  ['the column whose heading says so', 'id,status,duration_ms\n1,200,12\n2,504,30000', [12, 30_000]],
  ['the first column of numbers', 'name,count\n"a",3\n"b",4', [3, 4]],
  ['comments left out, and the mark of a Windows editor', '\uFEFF# from production\n5\n6', [5, 6]],
] as const)('%s', (_, text, samples) => {
  expect(samplesIn(text, 'f.csv')).toEqual({ samples });
});

test.each([
  ['', 'f.csv: the file is empty'],
  ['[1, "2"]', 'f.csv: not a JSON array of numbers'],
  ['[1, 2', 'f.csv: not a JSON array of numbers'],
  ['[]', 'f.csv: holds no number'],
  ['one\ntwo', 'f.csv: no column holds numbers only; write one number a line, in ms'],
  ['ms\n1\nx\n3', 'f.csv: line 3 holds no number: x'],
  ['1\n-2', 'f.csv: number 2 is -2; lengths are 0 to 3600000 ms'],
])('%j is refused with its cause', (text, problem) => {
  expect(samplesIn(text, 'f.csv')).toEqual({ problem });
});
