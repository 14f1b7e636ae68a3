// The devices of a thread: what is drawn for each is its own, whichever threads share a fleet, and a fleet that goes takes its grips along.
import { expect, onTestFinished, test } from 'vitest';
import { type FleetHolder, holdFleets } from '../../../simulators/lab/fleet-holder.ts';
import type { Fact } from '../../../simulators/vocabulary/facts.ts';
import { faultSpecSchema } from '../../../simulators/vocabulary/fault-specs.ts';
import { deviceId, faultName, fleetName } from '../../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const spec = fleetSpecSchema.parse({
  ...{
    name: 'pumps',
    count: 8,
    id: 'pump-{index}',
    connect: { perSecond: 10, jitter: 1 },
    reconnect: { kind: 'none' },
  },
});
const all = Array.from({ length: 8 }, (_, index) => ({ id: deviceId(`pump-${index + 1}`), key: 'a2V5', index }));
/** Nobody listens there: a device dials in vain. */
const hub = { hostName: 'hub.example', host: '127.0.0.1', port: 1, tls: false };

/** Threads that share the fleet, each with its part of it. */
function theThreads(parts: (typeof all)[], off = false) {
  const clock = new VirtualClock(0);
  const facts: Fact[] = [];
  const threads: FleetHolder[] = parts.map((devices) => {
    const holder = holdFleets({ clock, seed: 7, emit: (fact) => void facts.push(fact) });
    holder.addFleet({ spec, hub, devices, off });
    return holder;
  });
  onTestFinished(() => {
    for (const thread of threads) thread.stop();
  });
  return { clock, facts, threads };
}

test('when each device dials first does not depend on how many threads share the fleet', async () => {
  const dials = async (parts: (typeof all)[]) => {
    const { clock, facts } = theThreads(parts);
    await clock.advance(1_000);
    const first = new Map<string, number>();
    for (const fact of facts) {
      if (fact.type === 'link.changed' && fact.state === 'connecting' && !first.has(fact.device)) {
        first.set(fact.device, fact.at);
      }
    }
    return [...first].sort();
  };
  const alone = await dials([all]);
  expect(alone).toHaveLength(8);
  expect(await dials([all.filter(({ index }) => index % 3 === 0), all.filter(({ index }) => index % 3 !== 0)])).toEqual(
    alone,
  );
});

test('a fleet that is removed leaves no timer of a fault on its devices behind, added before it or after', async () => {
  const { clock, threads } = theThreads([]);
  const holder = holdFleets({ clock, seed: 7, emit: () => {} });
  threads.push(holder);
  const add = (name: string, settings: object, when: object = {}) =>
    holder.faults.add(faultSpecSchema.parse({ name, settings, when }));
  const ms = { kind: 'fixed', ms: 60_000 };
  add('flap', { kind: 'link.flap', up: ms, down: ms });
  add('storm', { kind: 'link.storm', again: 1_000 });
  holder.addFleet({ spec, hub, devices: all, off: true });
  add('offline', { kind: 'link.offline', lasting: 90_000 });
  add('late', { kind: 'link.half-open' }, { from: 30_000, after: { event: 'connected', lasting: 1_000 } });
  expect(clock.pending).toBeGreaterThan(0);
  holder.removeFleet(fleetName('pumps'));
  holder.faults.tellStrikes();
  expect(clock.pending).toBe(0);
  holder.faults.lift(faultName('flap'));
  expect(holder.faults.liftAll()).toBe(3);
});
