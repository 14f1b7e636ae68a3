// What strikes a connection once something happened on it: it goes on first, so that a method is out, or an answer taken, before its connection is.
import type { Cancel, Clock } from '../../clock/clock.ts';
import type { AnswerPassage, ConnectedPassage, ConnectionGrip, DeliveryPassage } from '../../vocabulary/passages.ts';
import type { Millis } from '../../vocabulary/units.ts';
import type { FaultSteps } from '../fault.ts';

export interface Occasion {
  readonly at: 'connected' | 'called' | 'answered';
  readonly after: Millis;
}

/** Nothing is held up, so nothing is let go when the fault is lifted: what was to be struck later is spared. */
export function onOccasion({ at, after }: Occasion, clock: Clock, strike: (grip: ConnectionGrip) => void): FaultSteps {
  const coming = new Set<Cancel>();
  const take = (passage: ConnectedPassage | DeliveryPassage | AnswerPassage): void => {
    const { connection } = passage;
    passage.pass();
    // Never at once, even with no wait: whoever tells of the occasion is still at work on the connection.
    const cancel = clock.after(after, () => {
      coming.delete(cancel);
      if (connection.open) strike(connection);
    });
    coming.add(cancel);
  };
  const release = (): void => {
    for (const cancel of coming) cancel();
    coming.clear();
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
