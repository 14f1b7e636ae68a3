// `reply.delay`: each reply leaves later by a draw of its own. Nothing held is ever lost: when the fault goes, it leaves at once.
import type { Cancel } from '../clock/clock.ts';
import { draw } from '../random/distributions.ts';
import type { Random } from '../random/random.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import type { FaultSettings } from '../vocabulary/specs.ts';
import type { FaultMaker } from './fault.ts';

interface Held {
  readonly cancel: Cancel;
  readonly pass: () => void;
}

export const replyDelay: FaultMaker<Extract<FaultSettings, { kind: 'reply.delay' }>> = (
  { delay },
  { clock, random },
) => {
  const held = new Set<Held>(); // in the order the replies came
  const randoms = new Map<DeviceId, Random>();

  const randomOf = (device: DeviceId): Random => {
    let own = randoms.get(device);
    if (!own) {
      own = random.fork(device);
      randoms.set(device, own);
    }
    return own;
  };

  return {
    take(device, pass) {
      const entry: Held = {
        pass,
        cancel: clock.after(draw(delay, randomOf(device)), () => {
          held.delete(entry);
          pass();
        }),
      };
      held.add(entry);
    },
    release() {
      const now = [...held];
      held.clear();
      for (const { cancel } of now) cancel();
      for (const { pass } of now) pass();
    },
  };
};
