// A request id as the GUID that Java and .NET insist on (reference 3.4), and back; nothing is remembered in between. Pure but for the bytes given.
import type { RequestId } from '../../../vocabulary/ids.ts';
import { guidText } from './sections.ts';

export interface RequestGuids {
  guidOf(rid: RequestId): Buffer;
  /** The request id in a correlation id, bytes or text; what never was one is given as text. */
  ridOf(correlation: Buffer | string): string;
}

const ridPattern = /^[0-9a-f]{1,12}$/;

/** @param random at least 8 bytes: GUIDs of an earlier run must not be taken for today's. */
export function requestGuids(random: Buffer): RequestGuids {
  // The form of a version 4 GUID: Node's SDK takes others for plain text.
  const beginning = Buffer.concat([random.subarray(0, 8), Buffer.from([0x80, 0])]);
  beginning.writeUInt8(0x40 | ((beginning[6] ?? 0) & 0x0f), 6);
  return {
    guidOf(rid) {
      if (!ridPattern.test(rid)) throw new RangeError(`the request id '${rid}' does not fit into a GUID`);
      return Buffer.concat([beginning, Buffer.from(rid.padStart(12, '0'), 'hex')]);
    },
    ridOf(correlation) {
      const text = Buffer.isBuffer(correlation)
        ? correlation.toString('hex')
        : correlation.replaceAll('-', '').toLowerCase();
      if (text.length !== 32 || !text.startsWith(beginning.toString('hex'))) {
        return Buffer.isBuffer(correlation) && correlation.length === 16 ? guidText(correlation) : String(correlation);
      }
      return text.slice(20).replace(/^0+(?=.)/, '');
    },
  };
}
