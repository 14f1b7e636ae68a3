// What a device does with a cloud-to-device message: the first rule that fits decides.
import type { Random } from '../random/random.ts';
import type { MessagesSpec, SettlementKind } from '../vocabulary/specs.ts';
import type { IncomingMessage, Settlement } from './links/connection.ts';

const done: Readonly<Record<SettlementKind, Settlement>> = {
  complete: 'completed',
  reject: 'rejected',
  abandon: 'abandoned',
};

/** Draws from `random` only for a rule that fits in everything but its share. */
export function settlementOf(
  spec: MessagesSpec,
  { properties }: Pick<IncomingMessage, 'properties'>,
  random: Random,
): Settlement {
  if (typeof spec === 'string') return done[spec];
  const rule = spec.rules.find(({ property, value, share }) => {
    if (property !== undefined && !Object.hasOwn(properties, property)) return false;
    if (property !== undefined && value !== undefined && properties[property] !== value) return false;
    return share >= 1 || random.next() < share;
  });
  return done[rule?.do ?? spec.otherwise];
}
