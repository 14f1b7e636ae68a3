// What strikes a connection once something happened on it: it goes on first, so that a method is out, or an answer taken, before its connection is.
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { AnswerPassage, ConnectedPassage, ConnectionGrip, DeliveryPassage } from '../../vocabulary/passages.ts';
import type { Millis } from '../../vocabulary/units.ts';
import type { FaultSteps } from '../fault.ts';

export interface Occasion {
  readonly at: 'connected' | 'called' | 'answered';
  readonly after: Millis;
}

export interface Strike {
  run(connection: ConnectionGrip): void;
  /** Nothing is left to be struck again: one that is to come is enough. */
  readonly ends: boolean;
}

/** Connections with strikes to come among which those that ended are looked for. */
const many = 1_000;

/** Nothing is held up, so nothing is let go when the fault is lifted: what was to be struck later is spared. */
export function onOccasion({ at, after }: Occasion, clock: Clock, { run, ends }: Strike): FaultSteps {
  const coming = new Map<ConnectionGrip, Set<Cancel>>();
  let sweepAt = many;

  const spare = (connection: ConnectionGrip): void => {
    for (const cancel of coming.get(connection) ?? []) cancel();
    coming.delete(connection);
  };
  /** Devices that come and go before a long wait is over must not pile up. */
  const sweep = (): void => {
    for (const connection of [...coming.keys()]) if (!connection.open) spare(connection);
    sweepAt = Math.max(many, 2 * coming.size);
  };
  const take = (passage: ConnectedPassage | DeliveryPassage | AnswerPassage): void => {
    const { connection } = passage;
    passage.pass();
    const there = coming.get(connection);
    if (there !== undefined && ends) return;
    if (coming.size >= sweepAt) sweep();
    const own = there ?? new Set();
    coming.set(connection, own);
    // Never at once, even with no wait: whoever tells of the occasion is still at work on the connection.
    const cancel = clock.after(after, () => {
      own.delete(cancel);
      if (own.size === 0) coming.delete(connection);
      if (connection.open) run(connection);
    });
    own.add(cancel);
  };
  const release = (): void => {
    for (const connection of [...coming.keys()]) spare(connection);
  };
  switch (at) {
    case 'connected':
      return { connected: take, release };
    case 'called':
      return { delivery: take, release };
    case 'answered':
      return { answer: take, release };
  }
}
