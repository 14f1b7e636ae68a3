// Twin requests of one connection that wait for their answers, by request id. There only while there are any: most connections have none.
import type { Cancel, Clock } from '../../clock/clock.ts';
import { seconds } from '../../vocabulary/units.ts';
import { TwinFailed } from './connection.ts';
import { refusalText } from './twin-json.ts';

/** The Node SDK gives an acknowledgement as long (reference 2.9). */
const patience = seconds(30);

export interface TwinAnswer {
  readonly version: number | undefined;
  readonly body: string;
}

interface Waiting {
  readonly answered: (answer: TwinAnswer) => void;
  readonly failed: (error: TwinFailed) => void;
  readonly cancel: Cancel;
}

export class TwinRequests {
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Rejects with TwinFailed, which begins with `what` was asked. */
  wait(clock: Clock, rid: string, what: string): Promise<TwinAnswer> {
    return new Promise((resolve, reject) => {
      const cancel = clock.after(patience, () => {
        this.#waiting.delete(rid);
        reject(new TwinFailed(`${what}: no answer within ${patience / 1_000} s`));
      });
      this.#waiting.set(rid, {
        cancel,
        answered: resolve,
        failed: (error) => reject(new TwinFailed(`${what}: ${error.message}`, error.status)),
      });
    });
  }

  /** An answer that is too late, or to nothing that was asked, is passed over. */
  answered(rid: string, status: number, answer: TwinAnswer): void {
    const waiting = this.#waiting.get(rid);
    if (!waiting) return;
    this.#waiting.delete(rid);
    waiting.cancel();
    if (status < 300) waiting.answered(answer);
    else waiting.failed(new TwinFailed(`the hub refused with ${status}${refusalText(answer.body)}`, status));
  }

  lost(): void {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { cancel, failed } of lost) {
      cancel();
      failed(new TwinFailed('the connection ended first'));
    }
  }
}
