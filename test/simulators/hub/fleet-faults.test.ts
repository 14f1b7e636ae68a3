// Faults of the hub against our own devices, over every transport: they are refused and come back, call and report through it all.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import {
  amqpConditions,
  type FaultSettingsInput,
  faultSpecSchema,
} from '../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { aFleet } from '../../support/a-fleet.ts';
import { soon } from './doors-mqtt/door-bench.ts';

const name = faultName('fault');
const transports = ['mqtt', 'mqtt-ws', 'amqp', 'amqp-ws'] as const;

async function aFaultyFleet(protocol: (typeof transports)[number], settings: FaultSettingsInput, when: object = {}) {
  let strikes = 0;
  const faults = new FaultSet({
    ...{ clock: systemClock(), seed: 7, fleetOf: () => undefined },
    emit(fact) {
      if (fact.type === 'fault.counted') strikes += fact.strikes;
    },
  });
  faults.add(faultSpecSchema.parse({ name, settings, when }));
  const fleet = await aFleet(
    fleetSpecSchema.parse({
      ...{ name: 'pumps', count: 3, id: 'pump-{index}', protocol, behaviour: { kind: 'echo' } },
      ...{ connect: { perSecond: 1_000, jitter: 0 }, reconnect: { kind: 'backoff', first: 20, most: 100, jitter: 0 } },
    }),
    undefined,
    faults,
  );
  return {
    ...fleet,
    faults,
    strikes() {
      faults.tellStrikes();
      return strikes;
    },
  };
}

describe.each(transports)('over %s', (protocol) => {
  test('refused devices come in once the fault is lifted; each attempt was one chance', async () => {
    const { faults, of, strikes, allOnline, call } = await aFaultyFleet(protocol, { kind: 'hub.refuse' });
    await soon(() => of('device.refused').length).toBeGreaterThanOrEqual(6);
    faults.lift(name);
    await allOnline();
    expect(of('device.refused')).toHaveLength(strikes());
    expect(new Set(of('device.refused').flatMap((fact) => fact.faults))).toEqual(new Set([name]));
    expect(await call('pump-1', 'hello')).toMatchObject({ status: 200, payload: '"hello"' });
  });

  test('a request sent twice is executed twice, with one request id, and answered once', async () => {
    const { of, allOnline, call } = await aFaultyFleet(protocol, { kind: 'hub.request-twice' });
    await allOnline();
    expect(await call('pump-2', 'once')).toMatchObject({ status: 200, payload: '"once"' });
    await soon(() => of('answer.dropped').length).toBe(1);
    const handled = of('method.handled').filter(({ device }) => device === 'pump-2');
    expect(handled.map(({ rid }) => rid)).toEqual([handled[0]?.rid, handled[0]?.rid]);
  });
});

test.each(amqpConditions)('a device refused with %s tries again', async (condition) => {
  const { faults, of, allOnline } = await aFaultyFleet('amqp', { kind: 'hub.refuse', condition }, { first: 2 });
  await allOnline();
  expect(of('device.refused').map(({ code }) => code)).toEqual(Array(6).fill(condition));
  faults.lift(name);
});

test.each([1, 2, 3, 4, 5])('a device refused with CONNACK %i tries again', async (connack) => {
  const { faults, of, allOnline } = await aFaultyFleet('mqtt', { kind: 'hub.refuse', connack }, { first: 2 });
  await allOnline();
  expect(of('device.refused').map(({ code }) => code)).toEqual(Array(6).fill(connack));
  faults.lift(name);
});
