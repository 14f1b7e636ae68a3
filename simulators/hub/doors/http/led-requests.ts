// Requests to the service API in the hands of faults: carried out when these let go, refused as they say, or answered when the hub stops first.
import type { DeviceId } from '../../../vocabulary/ids.ts';
import type { RequestPassage } from '../../../vocabulary/passages.ts';
import { failed, stopped, trouble } from '../../failed.ts';
import type { Given } from './route.ts';

export interface LedRequest {
  readonly device: DeviceId | undefined;
  readonly operation: RequestPassage['operation'];
  run(): Given;
  answer(given: Given): void;
}

export class LedRequests {
  readonly #held = new Set<LedRequest>();
  #stopping = false;

  lead(through: (passage: RequestPassage) => void, request: LedRequest): void {
    if (this.#stopping) {
      request.answer(stopped);
      return;
    }
    this.#held.add(request);
    // Not when the hub stopped meanwhile.
    const letGo = (given: () => Given): void => {
      if (this.#held.delete(request)) answered(request, given);
    };
    const { device, operation } = request;
    through({
      ...{ device, operation, touches: undefined },
      pass: () => letGo(() => request.run()),
      refuse: (status, detail) => letGo(() => trouble(status, detail)),
    });
  }

  /** What is held is answered and never carried out. */
  stop(): void {
    this.#stopping = true;
    const held = [...this.#held];
    this.#held.clear();
    for (const request of held) request.answer(stopped);
  }
}

/** Perhaps in a timer's turn, where nobody else would catch what goes wrong. */
function answered({ answer }: LedRequest, given: () => Given): void {
  try {
    answer(given());
  } catch (error) {
    answer(failed(error));
  }
}
