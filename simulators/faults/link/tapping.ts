// Gates in the byte stream of a device, in the directions that a fault's settings name.
import type { Clock } from '../../clock/clock.ts';
import type { SettingsOf } from '../../vocabulary/fault-specs.ts';
import type { DeviceGrip, Gate } from '../../vocabulary/passages.ts';
import { Held } from '../held.ts';

type Direction = SettingsOf<'link.latency'>['direction'];

/** Puts a gate into each direction of each flow, with a place of its own for what it holds. The undo lets all of that go. */
export function tapEachFlow(
  grip: DeviceGrip,
  direction: Direction,
  clock: Clock,
  gateOf: (held: Held) => Gate,
): () => void {
  return grip.eachFlow((flow) => {
    const helds: Held[] = [];
    const gate = (): Gate => {
      const held = new Held(clock);
      helds.push(held);
      return gateOf(held);
    };
    const untap = flow.tap({
      up: direction === 'down' ? undefined : gate(),
      down: direction === 'up' ? undefined : gate(),
    });
    return () => {
      for (const held of helds) held.releaseAll();
      untap();
    };
  });
}
