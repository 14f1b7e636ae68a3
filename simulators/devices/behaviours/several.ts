// Several behaviours in one device: each method goes to the first that knows it.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { type Behaviour, type BehaviourMaker, knows } from './behaviour.ts';

export const several =
  (make: BehaviourMaker<BehaviourSpec>): BehaviourMaker<Extract<BehaviourSpec, { kind: 'several' }>> =>
  ({ of }) => {
    const parts = of.map(make);
    const known = parts.every(({ methods }) => methods !== undefined)
      ? { methods: [...new Set(parts.flatMap(({ methods = [] }) => methods))] }
      : {};
    const starting = parts.filter(({ onStart }) => onStart !== undefined);
    return {
      ...known,
      async onMethod(request, device) {
        await parts.find((part) => knows(part, request.name))?.onMethod(request, device);
      },
      ...(starting.length === 0 ? {} : { onStart: startAll(starting) }),
    };
  };

/** One that fails keeps no other from starting. */
const startAll =
  (parts: readonly Behaviour[]): NonNullable<Behaviour['onStart']> =>
  async (device) => {
    const ends = await Promise.allSettled(parts.map(async ({ onStart }) => onStart?.(device)));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  };
