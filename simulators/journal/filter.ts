// The filter of a traffic table: words and `key:value` tokens, all of which must match; `-` before one negates it, `*` stands for any text.
//   device:th-01*  status:504 (HTTP)  device-status:200  -method:ping  kind:c2d  outcome:rejected  error:GatewayTimeout  fault:slow  larger-than:10k  is:pending
import { LabError } from '../vocabulary/errors.ts';
import { allOf, containing, type SearchTerm, wildcard } from '../vocabulary/search-terms.ts';
import type { TrafficRow } from '../vocabulary/views.ts';

export type RowTest = (row: TrafficRow) => boolean;

const states: Record<string, RowTest> = {
  pending: (row) => row.pending,
  failed: (row) => (row.httpStatus !== undefined && row.httpStatus !== 200) || row.error !== undefined,
  ok: (row) => row.httpStatus === 200,
  faulted: (row) => (row.faults?.length ?? 0) > 0,
  hinted: (row) => (row.hints ?? 0) > 0,
};

const keys: Record<string, (value: string) => RowTest> = {
  device: (value) => textTest(value, (row) => row.device),
  method: (value) => textTest(value, (row) => (row.kind === 'method' ? row.name : undefined)),
  name: (value) => textTest(value, (row) => row.name),
  kind(value) {
    const matches = wildcard(value);
    return ({ kind }) => matches(kind) || ((kind === 'telemetry' || kind === 'c2d') && matches('message'));
  },
  outcome: (value) => textTest(value, (row) => row.outcome),
  status: (value) => textTest(value, (row) => (row.httpStatus === undefined ? undefined : String(row.httpStatus))),
  'device-status': (value) =>
    textTest(value, (row) => (row.deviceStatus === undefined ? undefined : String(row.deviceStatus))),
  error: (value) => textTest(value, (row) => row.error),
  fault: (value) => {
    const matches = wildcard(value);
    return (row) => row.faults?.some(matches) ?? false;
  },
  is(value) {
    const test = states[value.toLowerCase()];
    if (test === undefined)
      throw new LabError('input.invalid', `is:${value} is unknown; use is:${Object.keys(states).join(', is:')}`);
    return test;
  },
  'larger-than': (value) => {
    const bytes = byteCount(value);
    return (row) => (row.bytes ?? 0) > bytes;
  },
};

/** Throws LabError input.invalid naming the term. A blank filter matches every row. */
export const parseFilter = (text: string): RowTest => allOf(text, testOf);

/** A word with an unknown key is searched for as it stands: ids may hold colons. */
function testOf(term: SearchTerm): RowTest {
  const make = term.key === undefined ? undefined : keys[term.key];
  return make === undefined ? anywhere(term.text) : make(term.value);
}

const textTest = (value: string, read: (row: TrafficRow) => string | undefined): RowTest => {
  const matches = wildcard(value);
  return (row) => {
    const text = read(row);
    return text !== undefined && matches(text);
  };
};

function anywhere(word: string): RowTest {
  const matches = containing(word);
  return (row) =>
    [row.device, row.name, row.detail, row.outcome, row.error, row.kind].some(
      (text) => text !== undefined && matches(text),
    );
}

function byteCount(value: string): number {
  const parts = /^(\d+(?:\.\d+)?)(b|k|kb|m|mb)?$/i.exec(value);
  if (parts === null)
    throw new LabError('input.invalid', `larger-than:${value} is no size; write larger-than:500 or larger-than:10k`);
  const unit = (parts[2] ?? 'b').toLowerCase();
  return Number(parts[1]) * (unit.startsWith('m') ? 1_048_576 : unit.startsWith('k') ? 1_024 : 1);
}
