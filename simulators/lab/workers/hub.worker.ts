// The thread of the local hub. Opens it, answers the lab's calls, sends its facts up.
import { randomBytes } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { type Anchor, systemClock } from '../../clock/system.ts';
import { type Hub, type HubOptions, type HubStatus, type HubUsage, openHub } from '../../hub/hub.ts';
import type { Throttle } from '../../hub/throttling/throttling.ts';
import { LabError } from '../../vocabulary/errors.ts';
import { serve } from './channel.ts';
import { FactQueue, factQueueDefaults } from './fact-queue.ts';

export interface HubOpening
  extends Pick<HubOptions, 'folder' | 'hostName' | 'listen' | 'throttle' | 'deviceAuthorities'> {
  readonly anchor: Anchor;
}

let hub: Hub | undefined;
let queue: FactQueue | undefined;

function opened(): Hub {
  if (hub === undefined) throw new LabError('internal', 'the hub is not open');
  return hub;
}

const handlers = {
  async open(opening: HubOpening): Promise<HubStatus> {
    const clock = systemClock(opening.anchor);
    const facts = new FactQueue({ clock, send, ...factQueueDefaults });
    queue = facts;
    hub = await openHub({ ...opening, clock, randomBytes, emit: facts.put });
    return hub.status;
  },
  token({ policy, lifetimeSeconds }: { readonly policy: string; readonly lifetimeSeconds: number }): string {
    return opened().serviceToken(policy, lifetimeSeconds);
  },
  counts(_: null): ReturnType<Hub['counts']> {
    return hub?.counts() ?? { devices: 0, connected: 0, inFlight: 0 };
  },
  throttle: (throttle: Throttle): void => opened().setThrottle(throttle),
  usage: (_: null): HubUsage => opened().usage(),
  async stop(_: null): Promise<void> {
    await hub?.stop();
    queue?.flush();
  },
};
export type HubCalls = typeof handlers;

if (parentPort === null) throw new Error('hub.worker runs only as a worker thread');
const send = serve(parentPort, handlers, () => queue?.taken());
