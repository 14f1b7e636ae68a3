// `link.latency`: pieces arrive later, in order, and lifting it loses none; a device beside it on the same connection is not slowed.
import { describe, expect, test } from 'vitest';
import type { FaultSettingsInput, FaultSpecInput } from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { until } from '../../../support/a-lab.ts';
import { theFault } from '../a-passage.ts';
import { faultedDevices } from './a-faulted-device.ts';
import { aFaultedFleet, pump } from './a-faulted-fleet.ts';

const latency = (ms: number, direction: 'both' | 'up' | 'down' = 'both'): FaultSettingsInput => ({
  kind: 'link.latency',
  ...{ delay: { kind: 'fixed', ms }, direction },
});

describe('in virtual time', () => {
  const make = faultedDevices();

  /** Online; each call notes when its reply reached the hub, ms after the last `begin`. */
  async function aDeviceWith(settings?: FaultSettingsInput, when?: FaultSpecInput['when']) {
    const one = make();
    await one.online();
    if (settings) one.add(settings, when);
    const begun = one.clock.now();
    const arrivals: string[] = [];
    let seen = 0;
    return {
      ...one,
      arrivals,
      call: (rid: string) => one.broker.last.call('ping', rid, '1'),
      async goOn(ms: number) {
        for (let passed = 0; passed < ms; passed += 10) {
          await one.clock.advance(10);
          for (const { topic } of one.broker.last.replies.slice(seen)) {
            seen += 1;
            arrivals.push(`${one.clock.now() - begun} ${topic.split('rid=')[1]}`);
          }
        }
      },
    };
  }

  test.each([
    ['both', '200 1'],
    ['up', '100 1'],
    ['down', '100 1'],
  ] as const)('direction %s: a call is answered after the delay of each way it goes', async (direction, arrival) => {
    const { call, goOn, arrivals } = await aDeviceWith(latency(100, direction));
    call('1');
    await goOn(500);
    expect(arrivals).toEqual([arrival]);
  });

  test('pieces wait side by side: calls in a row are answered as far apart as they came', async () => {
    const { call, goOn, arrivals } = await aDeviceWith(latency(100, 'up'));
    for (let rid = 0; rid < 5; rid++) {
      call(String(rid));
      await goOn(10);
    }
    await goOn(500);
    expect(arrivals).toEqual(['100 0', '110 1', '120 2', '130 3', '140 4']);
  });

  test('with jitter no piece overtakes an earlier one', async () => {
    const { call, goOn, arrivals } = await aDeviceWith({
      ...{ kind: 'link.latency', delay: { kind: 'uniform', low: 0, high: 500 } },
    });
    const rids = Array.from({ length: 60 }, (_, index) => String(index));
    for (const rid of rids) {
      call(rid);
      await goOn(10);
    }
    await goOn(2_000);
    expect(arrivals.map((line) => line.split(' ')[1])).toEqual(rids);
  });

  test('two of them add up, and each can be lifted by itself', async () => {
    const { call, goOn, arrivals, add, lift } = await aDeviceWith(latency(100, 'up'));
    add(latency(50, 'up'), {}, 'other');
    call('1');
    await goOn(200);
    lift();
    call('2');
    await goOn(200);
    expect(arrivals).toEqual(['150 1', '250 2']);
  });

  test('lifted in mid-flight, what it held arrives at once and in order', async () => {
    const { call, goOn, arrivals, lift } = await aDeviceWith(latency(10_000, 'up'));
    for (const rid of ['1', '2', '3']) {
      call(rid);
      await goOn(50);
    }
    lift();
    await goOn(10);
    expect(arrivals).toEqual(['160 1', '160 2', '160 3']);
  });

  test('a piece is a chance: every second one is late, and those behind it wait', async () => {
    const { call, goOn, arrivals, faults, told } = await aDeviceWith(latency(100, 'up'), { every: 2 });
    for (const rid of ['1', '2', '3', '4']) {
      call(rid);
      await goOn(10);
    }
    await goOn(300);
    expect(arrivals).toEqual(['10 1', '110 2', '110 3', '130 4']);
    faults.tellStrikes();
    expect(told.filter(({ type }) => type === 'fault.counted')).toMatchObject([{ fault: theFault, strikes: 2 }]);
    expect(told.filter(({ type }) => type === 'fault.struck')).toMatchObject([{ what: 'held bytes back' }]);
  });

  test('outside its times it holds nothing', async () => {
    const { call, goOn, arrivals } = await aDeviceWith(latency(100, 'up'), { from: 100, until: 200 });
    for (const rid of ['1', '2', '3']) {
      call(rid);
      await goOn(100);
    }
    await goOn(300);
    expect(arrivals).toEqual(['10 1', '200 2', '210 3']);
  });

  test('is felt from the first byte of each new link', async () => {
    const { clock, device, goOn, of } = await aDeviceWith(latency(100));
    device.reboot(10);
    await goOn(10);
    const dialled = clock.now();
    await goOn(1_000);
    const online = of('link.changed').findLast(({ state }) => state === 'online');
    expect((online?.at ?? 0) - dialled).toBe(400); // CONNECT, CONNACK, SUBSCRIBE, SUBACK
  });
});

describe.each([
  ['mqtt', {}],
  ['amqp', {}],
  ['mqtt-ws', {}],
  ['amqp-ws', {}],
  ['mqtt', { authentication: 'x509-self-signed' }],
  ['amqp', { authentication: 'x509-self-signed' }],
] as const)('over %s %j', (protocol, more) => {
  test('a call waits at the device until the fault is lifted, and is answered then', async () => {
    const { add, lift, call, of, strikes, works } = await aFaultedFleet({ protocol, ...more });
    add(latency(600_000));
    const answer = call(pump, 'late');
    await until(() => of('fault.struck').length > 0);
    expect(of('method.handled')).toEqual([]);
    lift();
    expect((await answer).status).toBe(200);
    expect(strikes()).toBeGreaterThan(0);
    await works();
  });
});

test('a device beside it on the same AMQP connection is not slowed', async () => {
  const { add, lift, call, of, allOnline } = await aFaultedFleet({
    ...{ protocol: 'amqp', count: 3, devicesPerConnection: 3 },
  });
  add(latency(600_000), { on: { device: pump } });
  const answer = call(pump, 'late');
  await until(() => of('fault.struck').length > 0);
  for (const id of ['pump-2', 'pump-3']) expect((await call(deviceId(id), 'on time')).status).toBe(200);
  expect(of('method.handled').map(({ device }) => device)).toEqual(['pump-2', 'pump-3']);
  lift();
  expect((await answer).status).toBe(200);
  await allOnline();
});
