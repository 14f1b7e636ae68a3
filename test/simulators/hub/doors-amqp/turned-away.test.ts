// Devices that a fault turns away at their links: one attempt is one chance, however many links it asks for.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import { faultSpecSchema } from '../../../../simulators/vocabulary/fault-specs.ts';
import { faultName } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import type { AmqpProblem } from './amqp-client.ts';
import { type Bench, openDoor } from './door-bench.ts';

let bench: Bench;
let faults: FaultSet;
let counted: number;
beforeEach(async () => {
  counted = 0;
  faults = new FaultSet({
    ...{ clock: new VirtualClock(), seed: 7, fleetOf: () => undefined },
    emit(fact) {
      if (fact.type === 'fault.counted') counted += fact.strikes;
    },
  });
  bench = await openDoor({ faults });
});
afterEach(() => bench.stop());

const strikes = () => {
  faults.tellStrikes();
  return counted;
};
const refuse = (when: object = {}) =>
  faults.add(
    faultSpecSchema.parse({
      ...{ name: faultName('gate'), when },
      settings: { kind: 'hub.refuse', condition: 'com.microsoft:device-container-throttled' },
    }),
  );
const links = ['methods/devicebound', 'twin', 'messages/events'];

test('links asked for at once are refused together, by one strike and with one fact', async () => {
  refuse();
  const client = await bench.device('d', 'e');
  const refused = await Promise.all(
    links.map((node) => client.sender(`/devices/d/${node}`).catch((problem: AmqpProblem) => problem)),
  );
  const problem = { condition: 'com.microsoft:device-container-throttled', errorCode: 429001 };
  expect(refused).toMatchObject([problem, problem, problem]);
  expect(strikes()).toBe(1);
  expect(bench.facts.of('device.refused')).toEqual([
    expect.objectContaining({ device: 'd', protocol: 'amqp', code: problem.condition, faults: ['gate'] }),
  ]);
});

test('the next attempt on the same connection is another chance, and others on it have their own', async () => {
  refuse({ every: 2 });
  const client = await bench.device('d', 'e');
  const attempt = (id: string) =>
    client.sender(`/devices/${id}/messages/events`).then(
      (sender) => {
        const closed = new Promise((resolve) => sender.once('sender_close', resolve));
        sender.close();
        return closed.then(() => 'in');
      },
      ({ condition }: AmqpProblem) => condition,
    );
  const condition = 'com.microsoft:device-container-throttled';
  const outcomes: string[] = [];
  for (const id of ['d', 'e', 'd', 'd', 'e']) outcomes.push(await attempt(id));
  expect(outcomes).toEqual(['in', 'in', condition, 'in', condition]);
  expect(strikes()).toBe(2);
});
