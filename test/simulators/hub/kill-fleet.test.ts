// Our own devices when the hub kicks them or cuts their connections: they come back, and no call after that is lost.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import {
  type FaultSettingsInput,
  faultSpecSchema,
  type KillTarget,
  killTargets,
} from '../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { aFleet } from '../../support/a-fleet.ts';
import { soon } from './doors-mqtt/door-bench.ts';

const name = faultName('cutter');
type Protocol = 'mqtt' | 'mqtt-ws' | 'amqp' | 'amqp-ws';
const kick: FaultSettingsInput = { kind: 'hub.kick', at: 'answered' };
const kill = (what: KillTarget): FaultSettingsInput => ({ kind: 'hub.kill', what, at: 'answered' });

async function aFleetOfTwo(protocol: Protocol, settings: FaultSettingsInput, first = 1) {
  const faults = new FaultSet({ clock: systemClock(), seed: 7, fleetOf: () => undefined });
  faults.add(faultSpecSchema.parse({ name, settings, on: { device: 'pump-1' }, when: { first } }));
  const spec = fleetSpecSchema.parse({
    ...{ name: 'pumps', count: 2, id: 'pump-{index}', protocol, behaviour: { kind: 'echo' } },
    ...{ connect: { perSecond: 1_000, jitter: 0 }, reconnect: { kind: 'backoff', first: 20, most: 100, jitter: 0 } },
  });
  const fleet = await aFleet(spec, undefined, faults);
  await fleet.allOnline();
  return fleet;
}

describe.each<[Protocol, readonly KillTarget[]]>([
  ['mqtt', ['tcp', 'connection']],
  ['mqtt-ws', ['tcp', 'connection']],
  ['amqp', killTargets],
  ['amqp-ws', ['tcp', 'connection', 'session']],
])('over %s a device answers again after', (protocol, targets) => {
  test.each([kick, ...targets.map(kill)])('%o', async (settings) => {
    const { of, call, allOnline } = await aFleetOfTwo(protocol, settings);
    expect(await call('pump-1', 'first')).toMatchObject({ status: 200, payload: '"first"' });
    const gone = () => of('device.disconnected').filter(({ faults }) => faults?.includes(name));
    await soon(() => of('fault.struck').length + gone().length).toBeGreaterThan(0);
    // A device makes a new connection, whatever part of the old one was cut.
    await soon(() => of('device.connected').filter(({ device }) => device === 'pump-1').length).toBe(2);
    await allOnline();
    for (const id of ['pump-1', 'pump-2']) {
      expect(await call(id, 'second', 30)).toMatchObject({ status: 200, payload: '"second"' });
    }
  });
});

test.each<[Protocol, FaultSettingsInput]>([
  ['mqtt', { kind: 'hub.kill', what: 'tcp', at: 'connected' }],
  ['mqtt-ws', { kind: 'hub.kick', at: 'connected' }],
  ['amqp', { kind: 'hub.kill', what: 'connection', at: 'connected' }],
  ['amqp', { kind: 'hub.kick', at: 'connected' }],
  ['amqp-ws', { kind: 'hub.kill', what: 'session', at: 'connected' }],
])('over %s a device that is cut as soon as it is in comes in the third time: %o', async (protocol, settings) => {
  const { of, call } = await aFleetOfTwo(protocol, settings, 2);
  const cut = () =>
    of('device.disconnected').filter(({ device, faults }) => device === 'pump-1' && faults?.[0] === name);
  await soon(() => cut().length).toBe(2);
  expect(await call('pump-1', 'here', 30)).toMatchObject({ status: 200 });
  expect(cut()).toHaveLength(2);
});
