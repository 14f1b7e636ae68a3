// What of a schedule a kind of fault can obey. The schemas take every part with every kind; what would never be looked at, or never come, is refused
// by name before a fault is added.
import { LabError } from './errors.ts';
import type { FaultKind, FaultSpec } from './fault-specs.ts';

/** What strikes inside the hub: it sees what devices send and are sent, and never that one went dark. */
const inHub = (kind: FaultKind): boolean =>
  kind.startsWith('hub.') || (kind.startsWith('twin.') && kind !== 'twin.wrong-version') || kind === 'reply.late';

/** Throws LabError `input.invalid`, naming the field and what to do instead. */
export function holdWhen({ settings: { kind }, when }: Pick<FaultSpec, 'settings' | 'when'>): void {
  const { probability, every, first, after } = when;
  if (kind === 'hub.throttle') {
    // It is on or off, for everybody: there is nothing to count or to draw for.
    const counted = Object.entries({ probability: probability < 1, every: every > 1, first: first !== undefined });
    for (const [field, set] of counted) {
      if (set)
        refuse(`when.${field}`, kind, 'has no turns to count: its limits hold or do not', 'from, until or after');
    }
  }
  if (after === undefined) return;
  if (after.method !== undefined && after.event !== 'called') {
    refuse('when.after.method', kind, `does not know the method of '${after.event}'`, "event: 'called', or no method");
  }
  if (after.event === 'rebooted' && inHub(kind)) {
    refuse('when.after.event', kind, 'strikes in the hub, which sees no reboots', "'connected', which follows one");
  }
}

function refuse(field: string, kind: FaultKind, why: string, instead: string): never {
  throw new LabError('input.invalid', `${field}: ${kind} ${why}`, `Use ${instead}.`);
}
