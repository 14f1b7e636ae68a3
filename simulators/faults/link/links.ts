// The faults on the links of devices, by kind.
import type { FaultMakers } from '../kinds.ts';
import { linkBandwidth } from './bandwidth.ts';
import { linkCertificate } from './certificate.ts';
import { linkDrop } from './drop.ts';
import { linkExpiredToken } from './expired-token.ts';
import { linkFlap } from './flap.ts';
import { linkHalfOpen } from './half-open.ts';
import { linkLatency } from './latency.ts';
import { linkOffline } from './offline.ts';
import { linkRefuse } from './refuse.ts';
import { linkReset } from './reset.ts';
import { linkSkewedClock } from './skewed-clock.ts';
import { linkStorm } from './storm.ts';

export const links = {
  'link.drop': linkDrop,
  'link.reset': linkReset,
  'link.flap': linkFlap,
  'link.refuse': linkRefuse,
  'link.half-open': linkHalfOpen,
  'link.latency': linkLatency,
  'link.bandwidth': linkBandwidth,
  'link.offline': linkOffline,
  'link.skewed-clock': linkSkewedClock,
  'link.expired-token': linkExpiredToken,
  'link.certificate': linkCertificate,
  'link.storm': linkStorm,
} satisfies Partial<FaultMakers>;
