// A fault as it is being typed, and the spec it comes to.
import type { FaultSpec, FaultSpecInput } from '../connection/shapes.ts';
import { firstValue, type Values } from '../widgets/schema/shape.ts';
import { type FaultKind, formOfKind, whenForm } from './kinds.ts';

export interface Draft {
  readonly name: string;
  readonly settings: Values;
  /** '' for all devices, `fleet:x` or `device:x`. */
  readonly on: string;
  readonly tags: string;
  /** In percent. */
  readonly share: number;
  readonly when: Values;
  /** Digits; '' for the seed of the lab. */
  readonly seed: string;
}

export function newDraft(kind: FaultKind, device: string | undefined, taken: readonly string[]): Draft {
  const base = kind.slice(kind.indexOf('.') + 1);
  let name = base;
  for (let number = 2; taken.includes(name); number++) name = `${base}-${number}`;
  return {
    name,
    settings: firstValue(formOfKind(kind)),
    on: device === undefined ? '' : `device:${device}`,
    tags: '',
    share: 100,
    when: firstValue(whenForm),
    seed: '',
  };
}

export const draftOf = (spec: FaultSpec): Draft => ({
  name: spec.name,
  settings: spec.settings,
  on: spec.on.device ? `device:${spec.on.device}` : spec.on.fleet ? `fleet:${spec.on.fleet}` : '',
  tags: spec.on.tags ?? '',
  share: Number((spec.on.share * 100).toFixed(4)),
  when: spec.when,
  seed: spec.seed === undefined ? '' : String(spec.seed),
});

/** Not checked yet: the schema says what is wrong with it. Its switch is not part of what is typed. */
export function specOf(draft: Draft, enabled = true): FaultSpecInput {
  const [what, ...name] = draft.on.split(':');
  const whom = what === 'fleet' || what === 'device' ? { [what]: name.join(':') } : {};
  const tags = draft.tags.trim();
  return {
    name: draft.name,
    settings: draft.settings as FaultSpecInput['settings'],
    on: {
      ...whom,
      ...(tags === '' ? {} : { tags }),
      // Of one device there is no share.
      share: what === 'device' ? 1 : Number((draft.share / 100).toPrecision(12)),
    },
    when: draft.when as FaultSpecInput['when'],
    ...(draft.seed.trim() === '' ? {} : { seed: Number(draft.seed) }),
    enabled,
  };
}
