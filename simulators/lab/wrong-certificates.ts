// Certificates that are wrong in one way, for faults: made when a device first has to show one, and kept, since it dials again and again.
import { randomBytes } from 'node:crypto';
import type { Pair } from '../certificates/pair.ts';
import type { Clock } from '../clock/clock.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { OtherCertificate } from '../vocabulary/passages.ts';

/**
 * @param authority the CA of the devices; left out for those that are registered by the thumbprint of their certificate, to whom every other
 * certificate is wrong by its thumbprint, whatever else is wrong with it.
 */
export function wrongCertificates(
  clock: Clock,
  authority: Pair | undefined,
): (id: DeviceId, which: OtherCertificate) => Promise<Pair> {
  const made = new Map<string, Promise<Pair>>();
  let stranger: Promise<Pair> | undefined;

  const make = async (id: DeviceId, which: OtherCertificate): Promise<Pair> => {
    // Loaded here: the library weighs megabytes, in every thread of devices, and hardly any of them ever asks.
    const { issueDevice, makeAuthority, selfSignedDevice } = await import('../certificates/issue.ts');
    const tools = { now: clock.now(), randomBytes };
    if (which === 'wrong-ca') {
      stranger ??= makeAuthority(tools);
      return issueDevice(await stranger, { id }, tools);
    }
    const asked = which === 'expired' ? ({ id, valid: 'expired' } as const) : { id: `not-${id}` };
    return authority ? issueDevice(authority, asked, tools) : selfSignedDevice(asked, tools);
  };

  return (id, which) => {
    const key = `${which} ${id}`;
    let pair = made.get(key);
    if (!pair) {
      pair = make(id, which).then(({ certificate, key }) => ({ certificate, key }));
      made.set(key, pair);
      // What could not be made is tried again at the next attempt to connect.
      pair.catch(() => made.delete(key));
    }
    return pair;
  };
}
