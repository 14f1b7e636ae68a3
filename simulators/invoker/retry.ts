// Waits when a hub says 429 or 503, as long as it asks or longer and longer by itself, and tries again; gives up in the end.
import { type Clock, sleep } from '../clock/clock.ts';
import type { Random } from '../random/random.ts';
import { type Millis, seconds } from '../vocabulary/units.ts';
import type { ServiceAnswer } from './service-client.ts';

export interface RetryTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

const attempts = 10;
const firstPause = seconds(1);
const longestPause = seconds(60);
const busy = new Set([429, 503]);

/** The last answer, whatever it was. Rejects with the signal's reason when that comes first. */
export async function withRetry(tools: RetryTools, ask: () => Promise<ServiceAnswer>): Promise<ServiceAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask();
    if (!busy.has(answer.status) || attempt === attempts) return answer;
    await sleep(tools.clock, pauseBefore(attempt, answer.retryAfter, tools.random), tools.signal);
  }
}

/**
 * What the hub asked for, and up to a quarter more; else twice as long each time, from half of it to all: so that many who were refused
 * together do not come back together.
 */
export function pauseBefore(attempt: number, retryAfter: Millis | undefined, random: Random): Millis {
  if (retryAfter !== undefined) return Math.ceil(retryAfter * (1 + random.next() / 4));
  const most = Math.min(longestPause, firstPause * 2 ** (attempt - 1));
  return Math.ceil(most * (0.5 + random.next() / 2));
}
