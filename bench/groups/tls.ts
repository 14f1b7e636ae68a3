// A certificate for the bare hub, made as our own hub makes its own: the same kind of key costs both hubs the same handshake.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../simulators/clock/system.ts';
import { ensureCertificates } from '../../simulators/hub/certificates/certificates.ts';

export interface BareCertificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

export async function bareCertificate(): Promise<BareCertificate> {
  const made = await ensureCertificates({ hostName: 'localhost', clock: systemClock(), randomBytes });
  return { key: made.serverKey, cert: made.serverCertificate, ca: made.caPem };
}
