// Which device of a fleet speaks which protocol. A pure rule of the spec, so that every thread and the window tell the same.
import type { LinkProtocol, ProtocolSpec } from './specs.ts';

/**
 * The protocols of the first `count` devices. A mix is dealt out evenly along the fleet (smooth weighted round robin): of any stretch each
 * protocol has its share, to within a device, and a fleet that grows keeps the protocols of the devices it had.
 */
export function protocolsOf(protocol: ProtocolSpec, count: number): LinkProtocol[] {
  if (typeof protocol === 'string') return Array.from({ length: count }, () => protocol);
  const hands = (Object.entries(protocol) as [LinkProtocol, number][])
    .filter(([, share]) => share > 0)
    .map(([name, share]) => ({ name, share, credit: 0 }));
  const total = hands.reduce((sum, { share }) => sum + share, 0);
  return Array.from({ length: count }, () => {
    let next = hands[0];
    for (const hand of hands) {
      hand.credit += hand.share;
      if (next === undefined || hand.credit > next.credit + total * 1e-9) next = hand;
    }
    if (next === undefined) return 'mqtt';
    next.credit -= total;
    return next.name;
  });
}

/** `mqtt`, or `mqtt 60, amqp 40`. */
export const protocolText = (protocol: ProtocolSpec): string =>
  typeof protocol === 'string'
    ? protocol
    : Object.entries(protocol)
        .filter(([, share]) => share > 0)
        .map(([name, share]) => `${name} ${share}`)
        .join(', ');
