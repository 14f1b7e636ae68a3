// A worker thread that makes facts at a steady rate and sends them up as every worker does; or makes them and lets them go, to know what making costs.
import { parentPort } from 'node:worker_threads';
import { type Anchor, systemClock } from '../../simulators/clock/system.ts';
import { serve } from '../../simulators/lab/workers/channel.ts';
import { FactQueue, factQueueDefaults } from '../../simulators/lab/workers/fact-queue.ts';
import { excerpt, type Fact } from '../../simulators/vocabulary/facts.ts';
import { deviceId, requestId } from '../../simulators/vocabulary/ids.ts';

export interface FactsOrder {
  readonly anchor: Anchor;
  readonly perSecond: number;
  readonly seconds: number;
  readonly deliver: boolean;
}

const payload = JSON.stringify({ delay: 5, reason: 'planned', operator: 'night shift' });
let call = 0;

/** The two facts of one answered call: what the hub says of it, and what the device says. About 300 bytes each as JSON. */
function factsOfCall(at: number): [Fact, Fact] {
  call += 1;
  const device = deviceId(`device-${String((call % 100) + 1).padStart(4, '0')}`);
  const rid = requestId(call.toString(16));
  return [
    {
      ...{ type: 'invocation.ended', at, device, rid, call, method: 'reboot', begunAt: at - 1.2, sentAt: at - 1.1 },
      ...{ answeredAt: at - 0.1, httpStatus: 200, deviceStatus: 200, responseTimeout: 30_000, connectTimeout: 0 },
      request: excerpt(payload, payload.length),
      response: excerpt('"Reboot started"', 16),
    },
    {
      ...{ type: 'method.handled', at: at - 0.3, device, rid, method: 'reboot', receivedAt: at - 0.9 },
      ...{ outcome: 'answered', status: 200, faults: [] },
    },
  ];
}

let queue: FactQueue | undefined;

const handlers = {
  /** Gives how many facts were made. */
  async run({ anchor, perSecond, seconds, deliver }: FactsOrder): Promise<number> {
    const clock = systemClock(anchor);
    queue ??= new FactQueue({ clock, send, ...factQueueDefaults });
    const put = deliver ? queue.put : () => {};
    const begun = performance.now();
    let made = 0;
    while (made < perSecond * seconds) {
      const due = Math.min(perSecond * seconds, ((performance.now() - begun) / 1_000) * perSecond);
      for (; made < due; made += 2) for (const fact of factsOfCall(clock.now())) put(fact);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (deliver) queue.flush();
    return made;
  },
};
export type FactsCalls = typeof handlers;

if (parentPort === null) throw new Error('facts.worker runs only as a worker thread');
const send = serve(parentPort, handlers, () => queue?.taken());
