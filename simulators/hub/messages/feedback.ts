// Feedback on cloud-to-device messages: records collected into batches, each batch in the hands of one receiver at a time until it is settled.
// Records are kept; how they were batched is not, and is done anew after a restart.
import type { Cancel, Clock } from '../../clock/clock.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { type Instant, type Millis, minutes, seconds } from '../../vocabulary/units.ts';
import type { Store } from '../store/store.ts';
import { newLockToken } from './lock-token.ts';
import type { FeedbackBatch, FeedbackRecord, Messages } from './messages.ts';
import { keptId } from './queued.ts';

/** A batch is ready with so many records, or so long after its first (reference 4.6). */
export const fullBatch = 64;
export const batchPatience: Millis = seconds(15);
export const feedbackLock: Millis = seconds(60);
/** What nobody fetches for so long is dropped: the time to live of a new hub's feedback. */
export const feedbackLife: Millis = minutes(60);

interface Kept {
  readonly id: string;
  readonly at: Instant;
  readonly record: FeedbackRecord;
}

interface Batch {
  readonly enqueuedAt: Instant;
  readonly kept: readonly Kept[];
  lock: { readonly token: string; readonly until: Instant; readonly cancel: Cancel } | undefined;
}

export interface FeedbackOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly randomBytes: (count: number) => Buffer;
}

export interface Feedback {
  readonly queue: Messages['feedback'];
  /** Keeps a record and, once it is kept, puts it into the next batch. */
  add(record: FeedbackRecord): void;
  stop(): void;
}

export function openFeedback({ clock, store, randomBytes }: FeedbackOptions): Feedback {
  const observers = new Set<() => void>();
  let collecting: Kept[] = [];
  let cancelForming: Cancel | undefined;
  let batches: Batch[] = [];
  let last = 0;

  for (const { id, json } of store.documents('feedback')) {
    last = Number(id);
    collecting.push({ id, ...(JSON.parse(json) as Omit<Kept, 'id'>) });
  }
  if (collecting.length > 0) collect();

  function collect(): void {
    while (collecting.length >= fullBatch) form();
    if (collecting.length > 0) cancelForming ??= clock.after(batchPatience, form);
  }

  function form(): void {
    cancelForming?.();
    cancelForming = undefined;
    dropOld();
    const kept = collecting.slice(0, fullBatch);
    collecting = collecting.slice(fullBatch);
    batches.push({ enqueuedAt: clock.now(), kept, lock: undefined });
    tell();
  }

  /** What lies here unread would otherwise grow without end. */
  function dropOld(): void {
    const before = clock.now() - feedbackLife;
    const old = batches.filter(({ enqueuedAt, lock }) => lock === undefined && enqueuedAt <= before);
    if (old.length === 0) return;
    try {
      forget(old.flatMap(({ kept }) => kept));
    } catch {
      return; // a full disk, say: it is tried again with the next batch
    }
    batches = batches.filter((batch) => !old.includes(batch));
  }

  const forget = (kept: readonly Kept[]): void =>
    store.transaction(() => {
      for (const { id } of kept) store.dropDocument('feedback', id);
    });

  function tell(): void {
    for (const available of [...observers]) available();
  }

  const isHeld = ({ lock }: Batch): boolean => lock !== undefined && lock.until > clock.now();

  function held(lockToken: string): Batch | Refusal {
    const batch = batches.find((one) => one.lock?.token === lockToken && isHeld(one));
    return batch ?? refuse('DeviceMessageLockLost', `No batch of feedback is locked with '${lockToken.slice(0, 80)}'.`);
  }

  function unlock(batch: Batch): void {
    batch.lock?.cancel();
    batch.lock = undefined;
  }

  const queue: Messages['feedback'] = {
    receive(): FeedbackBatch | undefined {
      dropOld();
      const batch = batches.find((one) => !isHeld(one));
      if (batch === undefined) return undefined;
      batch.lock?.cancel();
      const lockToken = newLockToken(randomBytes);
      const cancel = clock.after(feedbackLock, () => {
        if (batch.lock?.token !== lockToken) return;
        batch.lock = undefined;
        tell();
      });
      batch.lock = { token: lockToken, until: clock.now() + feedbackLock, cancel };
      return { lockToken, enqueuedAt: batch.enqueuedAt, records: batch.kept.map(({ record }) => record) };
    },
    complete(lockToken) {
      const batch = held(lockToken);
      if (!('kept' in batch)) return batch;
      forget(batch.kept);
      unlock(batch);
      batches = batches.filter((one) => one !== batch);
      return undefined;
    },
    abandon(lockToken) {
      const batch = held(lockToken);
      if (!('kept' in batch)) return batch;
      unlock(batch);
      tell();
      return undefined;
    },
    observe(available) {
      // A function of its own, so that the same one may observe twice.
      const observer = () => available();
      observers.add(observer);
      return () => {
        observers.delete(observer);
      };
    },
  };

  return {
    queue,
    add(record) {
      last += 1;
      const kept: Kept = { id: keptId(last), at: clock.now(), record };
      store.keepDocument('feedback', kept.id, JSON.stringify({ at: kept.at, record }));
      store.whenKept(() => {
        collecting.push(kept);
        collect();
      });
    },
    stop() {
      cancelForming?.();
      for (const batch of batches) batch.lock?.cancel();
      observers.clear();
    },
  };
}
