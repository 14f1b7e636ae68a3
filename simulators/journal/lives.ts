// Rows that live through several facts: a cloud-to-device message from its queue to its settlement, a job from its schedule to its end.
// Each is one row, pending until it ends; a fact without its beginning (forgotten, or from an earlier run of the hub) begins a row of its own.
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { Instant } from '../vocabulary/units.ts';
import type { TrafficRow } from '../vocabulary/views.ts';
import type { Entry, Life } from './entry.ts';
import { endWords } from './message-ends.ts';

type MessageFact = Extract<Fact, { type: 'message.queued' | 'message.delivered' | 'message.settled' }>;
type JobFact = Extract<Fact, { type: 'job.changed' }>;
export type LifeFact = MessageFact | JobFact | Extract<Fact, { type: 'identity.changed' }>;

type NewRow = Omit<TrafficRow, 'id'>;
/** Makes an entry of the journal; `queued` brings body and properties. */
export type MakeEntry = (row: NewRow, queued?: Extract<MessageFact, { type: 'message.queued' }>) => Entry;

type LivingEntry = Entry & { life: Life };

export class Lives {
  readonly #messages = new Map<number, LivingEntry>();
  readonly #jobs = new Map<string, LivingEntry>();

  constructor(private readonly make: MakeEntry) {}

  record(fact: LifeFact): void {
    if (fact.type === 'job.changed') this.#job(fact);
    else if (fact.type !== 'identity.changed') this.#message(fact);
    else if (fact.change === 'deleted') this.#deleted(fact.device, fact.at);
  }

  /** Of rows the journal forgot: their later facts begin anew. */
  forget(entry: Entry): void {
    if (entry.life === undefined || !entry.row.pending) return;
    // The oldest rows are forgotten first and stand first in their maps.
    for (const map of [this.#messages, this.#jobs] as Map<unknown, Entry>[]) {
      for (const [key, each] of map) {
        if (each !== entry) continue;
        map.delete(key);
        return;
      }
    }
  }

  clear(): void {
    this.#messages.clear();
    this.#jobs.clear();
  }

  #message(fact: MessageFact): void {
    const { at, device, sequence } = fact;
    let entry = this.#messages.get(sequence);
    if (entry === undefined) {
      const queued = fact.type === 'message.queued' ? fact : undefined;
      const row: NewRow = {
        ...{ at, kind: 'c2d', device, name: 'message', pending: true },
        ...(queued === undefined ? {} : { bytes: queued.body.bytes }),
      };
      const id = queued?.messageId;
      entry = begin(this.make(row, queued), at, id === undefined ? `no. ${sequence}` : `no. ${sequence}, ${id}`);
      this.#messages.set(sequence, entry);
    }
    const { life } = entry;
    switch (fact.type) {
      case 'message.queued':
        life.moments.push({ name: 'queued in the hub', at });
        break;
      case 'message.delivered':
        turn(life, at, true);
        life.turns = fact.deliveryCount;
        life.moments.push({
          name: fact.deliveryCount > 1 ? `delivery ${fact.deliveryCount} to the device` : 'delivered to the device',
          at,
        });
        break;
      case 'message.settled':
        life.moments.push({ name: endWords[fact.outcome], at });
        entry.row.outcome = fact.outcome;
        // An abandoned message goes back into its queue and is delivered again.
        if (fact.outcome === 'abandoned') turn(life, at, false);
        else {
          this.#messages.delete(sequence);
          end(entry, at, fact.outcome === 'completed' ? undefined : fact.outcome);
        }
    }
    entry.row.detail = messageDetail(entry);
  }

  /** The hub drops the queue of an identity that goes, and says no more about it. */
  #deleted(device: DeviceId, at: Instant): void {
    for (const [sequence, entry] of this.#messages) {
      const of = entry.row.device;
      if (of !== device && !of?.startsWith(`${device}/`)) continue;
      this.#messages.delete(sequence);
      entry.life.moments.push({ name: 'dropped with the identity', at });
      end(entry, at, 'deleted');
      entry.row.detail = messageDetail(entry);
    }
  }

  #job({ at, job, status, detail }: JobFact): void {
    let entry = this.#jobs.get(job);
    if (entry === undefined) {
      entry = begin(this.make({ at, kind: 'job', name: job, pending: true }), at, job);
      this.#jobs.set(job, entry);
    }
    const last = entry.life.moments.at(-1);
    if (last?.name !== status) entry.life.moments.push({ name: status, at });
    entry.row.detail = detail === undefined ? status : `${status}: ${detail}`;
    if (status === 'running') turn(entry.life, at, true);
    else if (status === 'completed' || status === 'failed' || status === 'cancelled') {
      this.#jobs.delete(job);
      end(entry, at, status === 'failed' ? 'failed' : undefined);
    }
  }
}

function begin(entry: Entry, at: Instant, label: string): LivingEntry {
  const life: Life = { label, moments: [], since: at, working: false, turns: 0, waited: 0, worked: 0 };
  return Object.assign(entry, { life });
}

function messageDetail({ row, life }: LivingEntry): string {
  const where = row.pending ? (life.working ? ', with the device' : ', waiting') : '';
  return `${life.label}${where}${life.turns > 1 ? `, ${life.turns} deliveries` : ''}`;
}

/** Books the time since the last turn, and begins another. */
function turn(life: Life, at: Instant, working: boolean): void {
  const took = Math.max(0, at - life.since);
  if (life.working) life.worked += took;
  else life.waited += took;
  life.since = at;
  life.working = working;
}

function end({ row, life }: LivingEntry, at: Instant, error: string | undefined): void {
  turn(life, at, false);
  row.pending = false;
  row.duration = life.waited + life.worked;
  row.legs = { hub: life.waited, toDevice: 0, inDevice: life.worked, back: 0 };
  if (error !== undefined) row.error = error;
}
