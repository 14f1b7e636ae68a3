// `link.half-open`: nothing leaves, nothing arrives, and nobody is told; lifted in time, nothing is lost.
import { describe, expect, test } from 'vitest';
import type { FaultSpecInput } from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { seconds } from '../../../../simulators/vocabulary/units.ts';
import { until } from '../../../support/a-lab.ts';
import { theFault } from '../a-passage.ts';
import { faultedDevices } from './a-faulted-device.ts';
import { aFaultedFleet, pump } from './a-faulted-fleet.ts';

const halfOpen = { kind: 'link.half-open' } as const;

describe('in virtual time', () => {
  const make = faultedDevices();

  async function aDeviceWith(when?: FaultSpecInput['when']) {
    const one = make({ keepAliveSeconds: 60 });
    await one.online();
    one.add(halfOpen, when);
    const strikes = () => {
      one.faults.tellStrikes();
      return one.told.reduce((sum, fact) => sum + (fact.type === 'fault.counted' ? fact.strikes : 0), 0);
    };
    const open = () => one.broker.sessions.map(({ closed }) => !closed);
    return { ...one, strikes, open };
  }

  test('calls reach nobody until it is lifted; then they are answered, in order', async () => {
    const { broker, clock, lift, of, strikes } = await aDeviceWith();
    for (const rid of ['1', '2']) broker.last.call('ping', rid);
    await clock.advance(seconds(10));
    expect([broker.last.replies, of('method.handled'), strikes()]).toEqual([[], [], 1]);
    lift();
    await clock.advance(10);
    expect(broker.last.replies.map(({ topic }) => topic.split('rid=')[1])).toEqual(['1', '2']);
  });

  test('the device gives up by its own keep-alive; the hub hears nothing of it, nor of the next try, until it is lifted', async () => {
    const { broker, clock, lift, open, states, story, strikes, device } = await aDeviceWith();
    await clock.advance(seconds(130));
    expect(states().slice(3)).toEqual(['waiting: Keepalive timeout', 'connecting']);
    expect(story().at(-2)).toMatch(/ waiting \[fault\]$/);
    expect(open()).toEqual([true, true]);
    expect(broker.last.received).toEqual([]);
    lift();
    await clock.advance(100);
    expect(open()).toEqual([false, true]);
    expect([device.state, strikes()]).toEqual(['online', 2]);
  });

  test('that the hub closed it is not heard either', async () => {
    const { broker, clock, lift, states } = await aDeviceWith();
    broker.last.stream.destroy();
    await clock.advance(seconds(10));
    expect(states().at(-1)).toBe('online');
    lift();
    await clock.advance(1);
    expect(states().at(-1)).toMatch(/^waiting: /);
  });

  test('a device that is stopped, or power-cycled, leaves its old link open until it is lifted', async () => {
    const { clock, lift, open, device } = await aDeviceWith({ first: 1 });
    device.reboot(10);
    await clock.advance(1_000);
    expect([open(), device.state]).toEqual([[true, true], 'online']);
    lift();
    await clock.advance(1);
    expect([open(), device.state]).toEqual([[false, true], 'online']);
  });

  test('strikes once for each link: with `first` only the first goes silent', async () => {
    const { clock, open, device, strikes, broker } = await aDeviceWith({ first: 1 });
    await clock.advance(seconds(130));
    expect([open(), device.state, strikes()]).toEqual([[true, true], 'online', 1]);
    broker.last.call('ping', '7');
    await clock.advance(10);
    expect(broker.last.replies).toHaveLength(1);
  });

  test('begins and ends by the clock, and again in each window after an event', async () => {
    const { broker, clock, strikes, lift } = await aDeviceWith({
      after: { event: 'called', method: 'go', lasting: 1_000 },
    });
    const answered = () => broker.last.replies.length;
    for (const round of [0, 1]) {
      broker.last.call('go', `${round}a`);
      await clock.advance(500);
      broker.last.call('ping', `${round}b`);
      await clock.advance(400);
      expect(answered()).toBe(round * 2);
      await clock.advance(200);
      expect(answered()).toBe(round * 2 + 2);
    }
    expect(strikes()).toBe(2);
    lift();
  });

  test('holds what is sent between two times, and lets it go at the second', async () => {
    const { broker, clock } = await aDeviceWith({ from: 1_000, until: 3_000 });
    const answered = () => broker.last.replies.length;
    const passing: number[] = [];
    for (const rid of ['1', '2', '3', '4']) {
      broker.last.call('ping', rid);
      await clock.advance(900);
      passing.push(answered());
    }
    expect(passing).toEqual([1, 2, 2, 4]);
  });
});

describe.each([
  ['mqtt', {}],
  ['amqp', {}],
  ['mqtt-ws', {}],
  ['amqp-ws', {}],
  ['mqtt', { authentication: 'x509-self-signed' }],
] as const)('over %s %j', (protocol, more) => {
  test('the hub counts the device as connected, and the call is answered once it is lifted', async () => {
    const { add, lift, call, hub, of, state, works } = await aFaultedFleet({ protocol, ...more });
    add(halfOpen);
    const answer = call(pump, 'late');
    await until(() => of('invocation.begun').length > 0);
    expect([hub.counts().connected, state(), of('method.handled')]).toEqual([1, 'online', []]);
    lift();
    expect((await answer).status).toBe(200);
    expect(of('device.disconnected')).toEqual([]);
    await works();
  });

  test('a device that is stopped stays connected for the hub until it is lifted', async () => {
    const { add, lift, hub, fleets, of, state } = await aFaultedFleet({ protocol, ...more });
    add(halfOpen);
    fleets.stopDevices([pump]);
    const other = await fetchStatus(hub);
    expect([state(), hub.counts().connected, other]).toEqual(['off', 1, 401]);
    lift();
    await until(() => hub.counts().connected === 0);
    expect(of('device.disconnected')).toHaveLength(1);
  });
});

/** Something else that crosses the loopback: by then a FIN would have come. */
async function fetchStatus(hub: Awaited<ReturnType<typeof aFaultedFleet>>['hub']): Promise<number> {
  const { http } = hub.status.doors;
  return (await fetch(`http://${http?.host}:${http?.port}/devices/pump-1?api-version=2021-04-12`)).status;
}

test('the caller gets 504 after its response timeout, over MQTT, AMQP and on a shared connection, where others go on', async () => {
  const { add, call, hub, of, identities, allOnline, fleets } = await aFaultedFleet({
    ...{ protocol: { mqtt: 2, amqp: 4 }, count: 6, devicesPerConnection: 4 },
  });
  const silent = ['pump-1', 'pump-3', 'pump-4'].map((id) => deviceId(id));
  for (const device of silent) add(halfOpen, { name: `${theFault}-${device}`, on: { device } });
  const calls = silent.map((id) => call(id, 'anybody', 0, 5));
  await until(() => of('fault.struck').length === silent.length);
  for (const { id } of identities) if (!silent.includes(id)) expect((await call(id, 'on time')).status).toBe(200);
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([504, 504, 504]);
  expect([hub.counts().connected, of('device.disconnected')]).toEqual([6, []]);
  fleets.faults.liftAll();
  await allOnline();
});
