// Tells a peer what became of its deliveries, each its own outcome. The library gathers what is settled in one turn and, of the first two, tells the
// second the outcome of the first whatever it was (rhea 3.0.5, session.js, write_dispositions): different ones must not meet in one gathering.
import type { EngineSession, InDelivery, OutDelivery, Typed } from './rhea-parts.ts';

/** Descriptor of `accepted` (AMQP 1.0, 3.4.2), the one outcome that may be told for many at once. */
const accepted = 0x24;

/** Settles what came in. */
export function settleIn(delivery: InDelivery, outcome: Typed): void {
  const { session } = delivery.link;
  if (differs(session.incoming.updated, outcome)) session.incoming.process(session);
  delivery.update(true, outcome);
}

/**
 * Settles what went out and whose receiver leaves the last word to the hub. In the same turn, unless something else waits to be told: the library
 * may be walking through its deliveries right now, so that waits for the next one.
 */
export function settleOut(delivery: OutDelivery, outcome: Typed): void {
  if (differs(delivery.link.session.outgoing.pending_dispositions, outcome)) {
    process.nextTick(settleOut, delivery, outcome);
    return;
  }
  delivery.update(true, outcome);
  delivery.remote_settled = true;
}

type Gathered = EngineSession['incoming']['updated'];

function differs(gathered: Gathered, outcome: Typed): boolean {
  const last = gathered.at(-1)?.state;
  return last !== undefined && (codeOf(last) !== accepted || codeOf(outcome) !== accepted);
}

const codeOf = (outcome: Typed): unknown =>
  (outcome as { readonly descriptor?: { readonly value?: unknown } }).descriptor?.value;
