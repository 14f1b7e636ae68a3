// How each identity of a fleet proves who it is: a symmetric key that is derived, or a certificate made here. The private parts go to the
// threads of the devices and nowhere else.
import { createHmac } from 'node:crypto';
import { issueDevice, selfSignedDevice } from '../certificates/issue.ts';
import type { DevicePair, Pair } from '../certificates/pair.ts';
import type { Clock } from '../clock/clock.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { AuthenticationKind } from '../vocabulary/specs.ts';

export interface Proof {
  /** Base64; empty for a certificate. */
  readonly key: string;
  readonly certificate?: Pair;
  /** What the registry is told (reference 4.3). */
  readonly authentication: object;
}

export interface ProofTools {
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Buffer;
  /** The CA of devices that authenticate by one; asked for only then. */
  readonly authority: () => Promise<Pair>;
  /** Keys are derived from it, so that none is ever drawn and the same hub gives the same. */
  readonly secret: string;
}

export const derivedKey = (secret: string, id: string, which: 'primary' | 'secondary' = 'primary'): string =>
  createHmac('sha256', secret).update(`${which} ${id}`).digest('base64');

/** A certificate costs a few milliseconds, a key microseconds. */
export async function proofOf(kind: AuthenticationKind, id: DeviceId, tools: ProofTools): Promise<Proof> {
  if (kind === 'sas') {
    const primaryKey = derivedKey(tools.secret, id);
    const secondaryKey = derivedKey(tools.secret, id, 'secondary');
    return { key: primaryKey, authentication: { type: 'sas', symmetricKey: { primaryKey, secondaryKey } } };
  }
  const issuing = { now: tools.clock.now(), randomBytes: tools.randomBytes };
  if (kind === 'x509-ca') {
    const pair = await issueDevice(await tools.authority(), { id }, issuing);
    return { ...shown(pair), authentication: { type: 'certificateAuthority' } };
  }
  const pair = await selfSignedDevice({ id }, issuing);
  const { sha256 } = pair.thumbprints;
  return {
    ...shown(pair),
    authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: sha256, secondaryThumbprint: sha256 } },
  };
}

const shown = ({ certificate, key }: DevicePair): Pick<Proof, 'key' | 'certificate'> => ({
  key: '',
  certificate: { certificate, key },
});
