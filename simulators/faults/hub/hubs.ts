// The faults in the hub, by kind.
import type { FaultMakers } from '../kinds.ts';
import { hubDesiredLost } from './desired-lost.ts';
import { hubError } from './error.ts';
import { hubKick } from './kick.ts';
import { hubKill } from './kill.ts';
import { hubRefuse } from './refuse.ts';
import { hubRequestLost } from './request-lost.ts';
import { hubRequestTwice } from './request-twice.ts';
import { hubSlow } from './slow.ts';
import { hubThrottle } from './throttle.ts';

export const hubs = {
  'hub.refuse': hubRefuse,
  'hub.error': hubError,
  'hub.throttle': hubThrottle,
  'hub.slow': hubSlow,
  'hub.request-lost': hubRequestLost,
  'hub.request-twice': hubRequestTwice,
  'hub.kick': hubKick,
  'hub.kill': hubKill,
  'hub.desired-lost': hubDesiredLost,
} satisfies Partial<FaultMakers>;
