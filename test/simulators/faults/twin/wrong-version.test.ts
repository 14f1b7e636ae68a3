// `twin.wrong-version` on devices that acknowledge: the hub gets another version, until the fault is lifted.
import { expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import type { FaultFact } from '../../../../simulators/vocabulary/facts.ts';
import { faultSpecSchema } from '../../../../simulators/vocabulary/fault-specs.ts';
import { until } from '../../../support/a-lab.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { aPassage } from '../a-passage.ts';
import { aFaultedFleet, pump } from '../link/a-faulted-fleet.ts';

test.each(['mqtt', 'amqp'] as const)('over %s the device acknowledges a version it was not given', async (protocol) => {
  const fleet = await aFaultedFleet({ protocol, acknowledge: { how: 'value' } });
  /** Desires a value and gives the version that was acknowledged, less the true one. */
  const off = async (target: number) => {
    await fleet.invoker.patchTwin(pump, { properties: { desired: { target } } });
    const { desiredVersion, said } = await until(() => {
      const { reported, desiredVersion = 0 } = fleet.fleets.snapshot(pump) ?? {};
      const said = reported?.target as { value: number; ac: number; av: number } | undefined;
      return said?.value === target && { desiredVersion, said };
    });
    expect(said.ac).toBe(200);
    return said.av - desiredVersion;
  };
  expect(await off(20)).toBe(0);
  fleet.add({ kind: 'twin.wrong-version', off: 7 });
  expect(await off(21)).toBe(7);
  fleet.lift();
  expect(await off(22)).toBe(0);
  expect(fleet.strikes()).toBe(1);
});

test('no version is below 0, and a fact tells which became which', () => {
  const facts: FaultFact[] = [];
  const emit = (fact: FaultFact) => void facts.push(fact);
  const faults = new FaultSet({ clock: new VirtualClock(), seed: 7, fleetOf: () => undefined, emit });
  faults.add(faultSpecSchema.parse({ name: 'wrong', settings: { kind: 'twin.wrong-version', off: -9 } }));
  const { passage, ends } = aPassage('acknowledgement', pump);
  faults.at('acknowledgement', pump)?.(passage);
  expect([passage.version, ends]).toEqual([0, ['passed']]);
  expect(facts).toMatchObject([
    { type: 'fault.struck', fault: 'wrong', what: expect.stringMatching(/^acknowledged version \d as 0$/) },
  ]);
});
