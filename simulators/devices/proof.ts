// What a device shows of itself to be let in: a token signed now, or a certificate. Faults may have changed either.
import { signToken } from '../tokens/sas-token.ts';
import type { FaultTouch } from '../vocabulary/facts.ts';
import type { FaultName } from '../vocabulary/ids.ts';
import type { CertificatePassage, ProofPassage } from '../vocabulary/passages.ts';
import { hours, type Instant, seconds } from '../vocabulary/units.ts';
import type { DeviceOptions } from './device.ts';
import { identityPath } from './links/identity-path.ts';

/** Faults that changed what a device shows, and until when the hub puts up with it at most. */
export interface Blame {
  readonly faults: readonly FaultName[];
  readonly until: Instant;
}

export const namesOf = (touches: readonly FaultTouch[]): readonly FaultName[] => touches.map(({ fault }) => fault);

/** Longer ago than any hub lets a clock differ. */
const expiredFor = hours(1);

/** A token of the device, as long as those of its fleet last. `blame` is undefined where no fault had a hand in it. */
export function tokenOf({ id, key, settings }: DeviceOptions): { readonly token: string; readonly blame?: Blame } {
  const { clock, faults, hostName, tokenLifetimeSeconds } = settings;
  const now = clock.now();
  const resource = `${hostName}/${identityPath(id)}`;
  let expiresAt = now + seconds(tokenLifetimeSeconds);
  const through = faults.at('proof', id);
  if (!through) return { token: signToken({ resource, key, expiresAt }) };
  const passage: ProofPassage = { device: id, touches: undefined, pass: () => {}, skew: 0, expiredToken: false };
  through(passage);
  expiresAt += passage.skew;
  if (passage.expiredToken) expiresAt = Math.min(expiresAt, now - expiredFor);
  const token = signToken({ resource, key, expiresAt });
  return { token, ...(passage.touches && { blame: { faults: namesOf(passage.touches), until: expiresAt } }) };
}

/** Which certificate a device that has one shows now. */
export function certificateOf({ id, settings }: DeviceOptions): {
  readonly which: CertificatePassage['which'];
  readonly blame?: Blame;
} {
  const through = settings.faults.at('certificate', id);
  if (!through) return { which: 'own' };
  const passage: CertificatePassage = { device: id, touches: undefined, pass: () => {}, which: 'own' };
  through(passage);
  const { which, touches } = passage;
  return { which, ...(touches && { blame: { faults: namesOf(touches), until: Number.POSITIVE_INFINITY } }) };
}
