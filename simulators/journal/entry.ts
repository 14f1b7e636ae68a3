// What the journal keeps of one row, and how it is told: the row itself, and everything in detail.
import type { Excerpt, Fact, FleetFact, InvocationEnded } from '../vocabulary/facts.ts';
import type { Instant, Millis } from '../vocabulary/units.ts';
import type { Legs, TrafficDetail, TrafficRow } from '../vocabulary/views.ts';
import { type DeviceNews, type Explanation, explain, touchesOf } from './explain.ts';
import { messageExplanations } from './message-ends.ts';

export type InvocationBegun = Extract<Fact, { type: 'invocation.begun' }>;
export type Handled = Extract<FleetFact, { type: 'method.handled' }>;
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The life of what takes several facts and is no call: it waits, is at work, waits again, and ends once. */
export interface Life {
  readonly label: string;
  readonly moments: { readonly name: string; readonly at: Instant }[];
  /** Since when it waits or is at work. */
  since: Instant;
  working: boolean;
  /** How often it was at work. */
  turns: number;
  waited: Millis;
  worked: Millis;
}

/** A class with all its members from the start, because thousands are made a second: one added later would be kept apart from it. */
export class Entry {
  rid: string | undefined;
  begun: InvocationBegun | undefined;
  ended: InvocationEnded | undefined;
  handled: Handled | undefined;
  request: Excerpt | undefined;
  properties: Readonly<Record<string, string>> | undefined;
  hints: string[] | undefined;
  life: Life | undefined;
  /** What the row was made of, where it helps to explain the calls beside it. */
  news: DeviceNews | undefined;
  kept = 0; // characters held by excerpts and properties

  constructor(readonly row: Writable<TrafficRow>) {}

  /** The row as it is shown. Legs are worked out only then: most rows are never looked at. */
  shown(): TrafficRow {
    if (this.ended !== undefined) this.row.legs ??= legsOf(this.ended, this.handled);
    return this.row;
  }

  hint(text: string): void {
    this.hints = [...(this.hints ?? []), text];
    this.row.hints = this.hints.length;
  }
}

/** In order, adding up to the duration. Without word from the device (not one of ours) its way and its work are one leg. */
export function legsOf(ended: InvocationEnded, handled: Handled | undefined): Legs {
  const sentAt = ended.sentAt ?? ended.at;
  const answeredAt = ended.answeredAt ?? ended.at;
  const reached = within(handled?.receivedAt ?? sentAt, sentAt, answeredAt);
  // A reply that never left, or left after the deadline, ends its leg where the call ended.
  const left = handled?.outcome === 'answered' ? within(handled.at, reached, answeredAt) : answeredAt;
  return { hub: sentAt - ended.begunAt, toDevice: reached - sentAt, inDevice: left - reached, back: ended.at - left };
}

const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** @param news what is told of the same device, in order of time. */
export function detailOf(entry: Entry, news: readonly DeviceNews[]): TrafficDetail {
  const { row, begun, ended, handled, life } = entry;
  const asked = ended ?? begun;
  const moments = [
    { name: 'asked', at: life === undefined ? (ended?.begunAt ?? row.at) : undefined },
    { name: 'sent to the device', at: ended?.sentAt },
    { name: 'received by the device', at: handled?.receivedAt },
    { name: handled === undefined ? '' : handledNames[handled.outcome], at: handled?.at },
    { name: 'answer reached the hub', at: ended?.answeredAt },
    { name: 'ended', at: row.kind === 'method' ? ended?.at : undefined },
    ...(life?.moments ?? []),
  ].filter((moment): moment is { name: string; at: number } => moment.at !== undefined);
  const explanation = explanationOf(entry, news);
  const touches = ended === undefined ? (handled?.touches ?? []) : touchesOf(ended, handled);
  return {
    row: entry.shown(),
    ...(entry.rid === undefined ? {} : { rid: entry.rid }),
    ...(asked === undefined ? {} : { responseTimeout: asked.responseTimeout, connectTimeout: asked.connectTimeout }),
    ...(entry.request === undefined ? {} : { request: entry.request }),
    ...(ended?.response === undefined ? {} : { response: ended.response }),
    ...(entry.properties === undefined ? {} : { properties: entry.properties }),
    moments: moments.sort((one, other) => one.at - other.at),
    ...(touches.length === 0 ? {} : { touches }),
    ...(explanation === undefined ? {} : { explanation }),
    hints: entry.hints ?? [],
  };
}
export function explanationOf(
  { row, ended, handled, hints }: Entry,
  news: readonly DeviceNews[],
): Explanation | undefined {
  if (ended !== undefined) return explain({ ended, handled, news, hints });
  return row.kind === 'c2d' && row.error !== undefined ? messageExplanations[row.error] : undefined;
}
const handledNames = {
  answered: 'reply left the device',
  silent: 'a fault kept the reply',
  lost: 'link lost before the reply',
} as const;
