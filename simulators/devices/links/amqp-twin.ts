// A device's requests for its twin over AMQP, and the wait for their answers (reference 3.5).
import type { Cancel, Clock } from '../../clock/clock.ts';
import { seconds } from '../../vocabulary/units.ts';
import { encodeMessage, type RheaLink } from './amqp-rhea.ts';
import { countedId } from './amqp-wire.ts';
import { TwinFailed } from './connection.ts';
import { refusalText } from './twin-json.ts';

/** For the answer to a twin request, and to a new token. The Node SDK gives an acknowledgement as long (reference 2.9). */
export const answerTimeout = seconds(30);

/** As annotations say them. */
export const operations = {
  read: { operation: 'GET' },
  report: { operation: 'PATCH', resource: '/properties/reported' },
  subscribe: { operation: 'PUT', resource: '/notifications/twin/properties/desired' },
} as const;
export type TwinOperation = (typeof operations)[keyof typeof operations];

export interface TwinAnswer {
  readonly version: number | undefined;
  readonly body: string;
}

interface Request {
  readonly answered: (answer: TwinAnswer) => void;
  readonly failed: (error: TwinFailed) => void;
  readonly cancel: Cancel;
}

/** Who sends them. */
export interface TwinAsker {
  readonly clock: Clock;
  sendOn(link: RheaLink, bytes: Buffer): void;
}

export class TwinRequests {
  readonly #asker: TwinAsker;
  readonly #link: RheaLink;
  /** By correlation id; undefined while none is under way. */
  #requests: Map<string, Request> | undefined;
  #last = 0;

  constructor(asker: TwinAsker, link: RheaLink) {
    this.#asker = asker;
    this.#link = link;
  }

  /** Rejects with TwinFailed. */
  ask(operation: TwinOperation, body: string): Promise<TwinAnswer> {
    this.#last += 1;
    const id = countedId(this.#last);
    return new Promise((answered, failed) => {
      const cancel = this.#asker.clock.after(answerTimeout, () => {
        this.#take(id);
        failed(new TwinFailed(`no answer within ${answerTimeout / 1_000} s`));
      });
      this.#requests ??= new Map();
      this.#requests.set(id, { cancel, answered, failed });
      this.#asker.sendOn(this.#link, encodeMessage({ correlation_id: id, message_annotations: operation, data: body }));
    });
  }

  /** @param status 0 when the hub gave none, which is no success. */
  answered(id: string, status: number, version: number | undefined, body: string): void {
    const request = this.#take(id);
    if (!request) return; // too late, or never asked: nobody waits for it
    request.cancel();
    if (status >= 200 && status < 300) request.answered({ version, body });
    else request.failed(new TwinFailed(`the hub refused with ${status}${refusalText(body)}`, status));
  }

  lost(): void {
    const requests = this.#requests;
    this.#requests = undefined;
    for (const request of requests?.values() ?? []) {
      request.cancel();
      request.failed(new TwinFailed('the connection ended first'));
    }
  }

  #take(id: string): Request | undefined {
    const request = this.#requests?.get(id);
    this.#requests?.delete(id);
    if (this.#requests?.size === 0) this.#requests = undefined;
    return request;
  }
}
