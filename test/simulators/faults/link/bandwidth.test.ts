// `link.bandwidth`: bytes take their time, one piece after the other, and lifting it loses none.
import { describe, expect, test } from 'vitest';
import { publishPacket } from '../../../../simulators/packets/publish-packet.ts';
import type { FaultSettingsInput, FaultSpecInput } from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { until } from '../../../support/a-lab.ts';
import { faultedDevices } from './a-faulted-device.ts';
import { aFaultedFleet, pump } from './a-faulted-fleet.ts';

const narrow = (bytesPerSecond: number, direction: 'both' | 'up' | 'down' = 'both'): FaultSettingsInput => ({
  ...{ kind: 'link.bandwidth', bytesPerSecond, direction },
});

describe('in virtual time', () => {
  const make = faultedDevices();

  /** Online; tells how long each reply took from `begin`, ms. */
  async function aDeviceWith(settings: FaultSettingsInput, when?: FaultSpecInput['when']) {
    const one = make();
    await one.online();
    one.add(settings, when);
    const begun = one.clock.now();
    const arrivals: number[] = [];
    return {
      ...one,
      arrivals,
      call: (payload: string) => one.broker.last.call('ping', '1', payload),
      async goOn(ms: number) {
        for (let passed = 0; passed < ms; passed++) {
          await one.clock.advance(1);
          while (arrivals.length < one.broker.last.replies.length) arrivals.push(one.clock.now() - begun);
        }
      },
    };
  }
  const payload = JSON.stringify('x'.repeat(198));
  const request = publishPacket('$iothub/methods/POST/ping/?$rid=1', payload).length;
  const reply = publishPacket('$iothub/methods/res/200/?$rid=1', payload).length;

  test.each([
    ['up', reply],
    ['down', request],
    ['both', request + reply],
  ] as const)('direction %s: at 1,000 bytes a second a byte takes a millisecond', async (direction, length) => {
    const { call, goOn, arrivals } = await aDeviceWith(narrow(1_000, direction));
    call(payload);
    await goOn(1_000);
    // What is shorter than a millisecond may be owed at the end.
    expect(arrivals).toHaveLength(1);
    expect(Math.abs((arrivals[0] ?? 0) - length)).toBeLessThanOrEqual(2);
  });

  test('pieces go one after the other, and a line that was idle saves nothing up', async () => {
    const { call, goOn, arrivals } = await aDeviceWith(narrow(1_000, 'up'));
    await goOn(2_000);
    for (let turn = 0; turn < 3; turn++) {
      call(payload);
      await goOn(1);
    }
    await goOn(1_000);
    expect(arrivals).toHaveLength(3);
    for (const [place, at] of arrivals.entries())
      expect(Math.abs(at - 2_000 - reply * (place + 1))).toBeLessThanOrEqual(2);
  });

  test('what is shorter than a millisecond is owed: many small pieces keep the rate', async () => {
    const { call, goOn, arrivals } = await aDeviceWith(narrow(100_000, 'up'));
    const calls = 200;
    for (let turn = 0; turn < calls; turn++) {
      call(payload);
      if (turn % 50 === 49) await goOn(1);
    }
    await goOn(1_000);
    expect(arrivals).toHaveLength(calls);
    const due = (calls * reply) / 100;
    expect(arrivals.at(-1)).toBeGreaterThanOrEqual(Math.floor(due) - 1);
    expect(arrivals.at(-1)).toBeLessThanOrEqual(due + 5);
  });

  test('a wide band is not felt', async () => {
    const { call, goOn, arrivals } = await aDeviceWith(narrow(1_000_000_000));
    call(payload);
    await goOn(5);
    expect(arrivals).toEqual([1]);
  });

  test('lifted in mid-flight, what it held arrives at once', async () => {
    const { call, goOn, arrivals, lift } = await aDeviceWith(narrow(1, 'up'));
    for (let turn = 0; turn < 3; turn++) {
      call(payload);
      await goOn(10);
    }
    lift();
    await goOn(10);
    expect(arrivals).toEqual([31, 31, 31]);
  });

  test('pieces that are not its turn cost nothing, but stay behind those that are', async () => {
    const { call, goOn, arrivals } = await aDeviceWith(narrow(1_000, 'up'), { first: 1 });
    for (let turn = 0; turn < 2; turn++) {
      call(payload);
      await goOn(1);
    }
    await goOn(1_000);
    expect(arrivals).toHaveLength(2);
    expect(arrivals[1]).toBe(arrivals[0]);
    expect(Math.abs((arrivals[0] ?? 0) - reply)).toBeLessThanOrEqual(2);
  });
});

describe.each(['mqtt', 'amqp', 'mqtt-ws', 'amqp-ws'] as const)('over %s', (protocol) => {
  test('large replies at one byte a second wait until the fault is lifted, and come whole', async () => {
    const { add, lift, call, of, works } = await aFaultedFleet({ protocol });
    add(narrow(1, 'up'));
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(40_000));
    const answers = texts.map((text) => call(pump, text));
    await until(() => of('fault.struck').length > 0);
    lift();
    for (const [place, { status, payload }] of (await Promise.all(answers)).entries()) {
      expect(status).toBe(200);
      expect(payload === JSON.stringify(texts[place])).toBe(true);
    }
    await works();
  });
});

test('a device beside it on the same AMQP connection has its band to itself', async () => {
  const { add, lift, call, of, allOnline } = await aFaultedFleet({
    ...{ protocol: 'amqp', count: 2, devicesPerConnection: 2 },
  });
  add(narrow(1), { on: { device: pump } });
  const answer = call(pump, 'x'.repeat(1_000));
  await until(() => of('fault.struck').length > 0);
  expect((await call(deviceId('pump-2'), 'y'.repeat(1_000))).status).toBe(200);
  expect(of('method.handled').map(({ device }) => device)).toEqual(['pump-2']);
  lift();
  expect((await answer).status).toBe(200);
  await allOnline();
});
