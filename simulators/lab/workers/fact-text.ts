// A batch of facts as one text on its way between threads, and back: what is read is what was written.
// The two facts of an answered call, made thousands of times a second, go as rows of values without names, their instants as whole microseconds
// since the batch began: a third of the text and of the work of writing and reading it as objects (bench group `facts`). Everything else goes as it is.
import type { Fact, InvocationEnded } from '../../vocabulary/facts.ts';
import type { DeviceId, RequestId } from '../../vocabulary/ids.ts';
import type { Instant } from '../../vocabulary/units.ts';

type Handled = Extract<Fact, { type: 'method.handled' }>;
type Answered = InvocationEnded & Required<Pick<InvocationEnded, AnsweredMember>>;
type AnsweredMember = 'rid' | 'sentAt' | 'answeredAt' | 'deviceStatus' | 'response';

/** at, device, rid, call, method, begunAt, sentAt, answeredAt, httpStatus, deviceStatus, both timeouts, text and bytes of request and response. */
type AnsweredValues = [
  ...[number, DeviceId, RequestId, number, string, number, number, number, number, number, number, number],
  ...[string, number, string, number],
];
/** at, device, rid, method, receivedAt, outcome, and the status where there is one. */
type HandledValues = [...[number, DeviceId, RequestId, string, number, Handled['outcome']], ...([] | [number])];
/** Told apart by length: an object is a fact as it is. */
type Entry = Fact | AnsweredValues | HandledValues;

const answeredLength = 16;
/** Instants have whole microseconds on the real clock (clock/system.ts), and are written as such. */
const micros = (at: Instant): number => Math.round(at * 1_000);

export function writeFacts(batch: readonly Fact[]): string {
  const base = batch[0] === undefined ? 0 : micros(batch[0].at);
  return JSON.stringify([base, batch.map((fact) => entryOf(fact, base))]);
}

export function readFacts(text: string): Fact[] {
  const [base, entries] = JSON.parse(text) as [number, Entry[]];
  return entries.map((entry) => factOf(entry, base));
}

function entryOf(fact: Fact, base: number): Entry {
  if (fact.type === 'method.handled' && fact.touches === undefined && fact.executed === undefined)
    return handledValues(fact, base);
  if (fact.type === 'invocation.ended' && isAnswered(fact)) return answeredValues(fact, base);
  return fact;
}

const isAnswered = (fact: InvocationEnded): fact is Answered =>
  fact.answeredAt !== undefined && fact.error === undefined && fact.touches === undefined;

function factOf(entry: Entry, base: number): Fact {
  if (!Array.isArray(entry)) return entry as Fact;
  return entry.length === answeredLength ? answeredOf(entry, base) : handledOf(entry as HandledValues, base);
}

const answeredValues = (fact: Answered, base: number): AnsweredValues => [
  micros(fact.at) - base,
  fact.device,
  fact.rid,
  fact.call,
  fact.method,
  micros(fact.begunAt) - base,
  micros(fact.sentAt) - base,
  micros(fact.answeredAt) - base,
  fact.httpStatus,
  fact.deviceStatus,
  fact.responseTimeout,
  fact.connectTimeout,
  fact.request.text,
  fact.request.bytes,
  fact.response.text,
  fact.response.bytes,
];

const answeredOf = (values: AnsweredValues, base: number): Answered => ({
  type: 'invocation.ended',
  at: (values[0] + base) / 1_000,
  device: values[1],
  rid: values[2],
  call: values[3],
  method: values[4],
  begunAt: (values[5] + base) / 1_000,
  sentAt: (values[6] + base) / 1_000,
  answeredAt: (values[7] + base) / 1_000,
  httpStatus: values[8],
  deviceStatus: values[9],
  responseTimeout: values[10],
  connectTimeout: values[11],
  request: { text: values[12], bytes: values[13] },
  response: { text: values[14], bytes: values[15] },
});

function handledValues(fact: Handled, base: number): HandledValues {
  const { device, rid, method, outcome, status } = fact;
  const at = micros(fact.at) - base;
  const receivedAt = micros(fact.receivedAt) - base;
  return status === undefined
    ? [at, device, rid, method, receivedAt, outcome]
    : [at, device, rid, method, receivedAt, outcome, status];
}

function handledOf(values: HandledValues, base: number): Handled {
  const [at, device, rid, method, receivedAt, outcome, status] = values;
  const fact: Handled = {
    type: 'method.handled',
    at: (at + base) / 1_000,
    device,
    rid,
    method,
    receivedAt: (receivedAt + base) / 1_000,
    outcome,
  };
  return status === undefined ? fact : { ...fact, status };
}
