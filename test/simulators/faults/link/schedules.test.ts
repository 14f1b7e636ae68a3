// Every fault that steers a link keeps its share and its schedule, over 5,000 chances each: those at a stage, and those that take hold of devices.
import { describe, expect, test } from 'vitest';
import { FaultSet } from '../../../../simulators/faults/faults.ts';
import type { LinkState } from '../../../../simulators/vocabulary/facts.ts';
import {
  type FaultSettingsInput,
  type FaultSpecInput,
  faultSpecSchema,
} from '../../../../simulators/vocabulary/fault-specs.ts';
import type { DeviceId } from '../../../../simulators/vocabulary/ids.ts';
import type { DeviceGrip, Flow, Gate, Stage } from '../../../../simulators/vocabulary/passages.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { someDevices, theFault } from '../a-passage.ts';
import { schedulesHold, sharesHold } from '../holds.ts';

/** Beside those of every kind (every-kind.test.ts). */
const staged: readonly (readonly [FaultSettingsInput, Stage])[] = [
  [{ kind: 'link.drop', at: 'executed' }, 'reply'],
  [{ kind: 'link.drop', at: 'replied' }, 'reply'],
  [{ kind: 'link.reset', at: 'executed' }, 'reply'],
  [{ kind: 'link.reset', at: 'replied' }, 'reply'],
];

describe.each(staged)('%j at %s', (settings, stage) => {
  test('keeps its share', () => sharesHold(settings, stage));
  test('keeps its schedule', () => schedulesHold(settings, stage));
});

/** Devices that are up unless a fault keeps them off, and when each was struck. */
function theGrips(count: number, spec: Omit<FaultSpecInput, 'name'>) {
  const clock = new VirtualClock(0);
  const strikes: { readonly device: DeviceId; readonly at: number }[] = [];
  const aGrip = (device: DeviceId): DeviceGrip => {
    let state: LinkState = 'online';
    const note = () => void strikes.push({ device, at: clock.now() });
    return {
      device,
      get state() {
        return state;
      },
      drop: note,
      reset: note,
      keepOff() {
        note();
        state = 'waiting';
        return () => {
          state = 'online';
        };
      },
      redial: note,
      eachFlow: () => () => {},
    };
  };
  const devices = someDevices(count).map((id) => ({ id, grip: aGrip(id) }));
  const faults = new FaultSet({ clock, seed: 7, fleetOf: () => undefined, devices: () => devices });
  faults.add(faultSpecSchema.parse({ name: theFault, ...spec }));
  return { clock, faults, strikes, devices, down: () => devices.filter(({ grip }) => grip.state !== 'online').length };
}

const fixed = (ms: number) => ({ kind: 'fixed', ms }) as const;
/** With a chance every 100 ms, the first one 100 ms after it came on, or at once. */
const gripping: readonly (readonly [FaultSettingsInput, number])[] = [
  [{ kind: 'link.flap', up: fixed(90), down: fixed(10) }, 90],
  [{ kind: 'link.storm', again: 100 }, 0],
];

/** Strikes of a fault on flows, over 5,000 chances: a piece sent on the one flow of a device, or another flow it opens. */
async function strikesOnFlows(
  settings: FaultSettingsInput,
  devices: number,
  spec: Pick<FaultSpecInput, 'on' | 'when'>,
  pace = 0,
): Promise<number> {
  const clock = new VirtualClock(0);
  let strikes = 0;
  const gates = new Map<DeviceId, Gate>();
  const runs = new Map<DeviceId, (flow: Flow) => () => void>();
  const aFlow = (device: DeviceId): Flow => ({
    tap({ up }) {
      if (up) gates.set(device, up);
      return () => void gates.delete(device);
    },
    silence: () => () => {},
    silencedBy: [],
    onceOver: () => {},
  });
  const ids = someDevices(devices);
  const aGrip = (device: DeviceId): Partial<DeviceGrip> => ({
    device,
    eachFlow(run) {
      runs.set(device, run);
      const undo = settings.kind === 'link.half-open' ? () => {} : run(aFlow(device));
      return () => {
        runs.delete(device);
        undo();
      };
    },
  });
  const grips = ids.map((id) => ({ id, grip: aGrip(id) as DeviceGrip }));
  const faults = new FaultSet({
    ...{ clock, seed: 7, fleetOf: () => undefined, devices: () => grips },
    emit: (fact) => {
      if (fact.type === 'fault.counted') strikes += fact.strikes;
    },
  });
  faults.add(faultSpecSchema.parse({ name: theFault, settings, ...spec }));
  for (let turn = 0; turn < 5_000 / devices; turn++) {
    for (const id of ids) {
      if (turn === 20) faults.noteEvent?.('called', id, 'reboot');
      if (settings.kind === 'link.half-open') runs.get(id)?.(aFlow(id));
      else gates.get(id)?.(1, () => {});
    }
    if (pace > 0) await clock.advance(pace);
  }
  faults.lift(theFault);
  expect(clock.pending, 'timers left behind').toBe(0);
  return strikes / 5_000;
}

test.each<FaultSettingsInput>([
  { kind: 'link.latency', delay: fixed(10), direction: 'up' },
  { kind: 'link.bandwidth', bytesPerSecond: 1_000, direction: 'up' },
  { kind: 'link.half-open' },
])('%j keeps its share and its schedule', async (settings) => {
  for (const share of [0.07, 0.5]) {
    expect(Math.abs((await strikesOnFlows(settings, 5_000, { on: { share } })) - share)).toBeLessThan(0.01);
  }
  const part = (when: FaultSpecInput['when'], pace = 0) => strikesOnFlows(settings, 100, { when }, pace);
  expect(Math.abs((await part({ probability: 0.25 })) - 0.25)).toBeLessThan(0.01);
  expect({
    every: await part({ every: 5 }),
    first: await part({ first: 10 }),
    between: await part({ from: 1_000, until: 2_000 }, 100),
    after: await part({ after: { event: 'called', delay: 500, lasting: 1_500 } }, 100),
  }).toEqual({ every: 0.2, first: 0.2, between: 0.2, after: 0.3 });
});

describe.each(gripping)('%j', (settings, first) => {
  /** Struck out of 5,000 chances of 100 devices. */
  const part = async (when: FaultSpecInput['when']) => {
    const { clock, faults, strikes, down } = theGrips(100, { settings, when });
    await clock.advance(first + 4_950);
    faults.lift(theFault);
    expect([clock.pending, down()]).toEqual([0, 0]);
    return strikes.length / 5_000;
  };
  test('strikes each device at each of its chances', async () => {
    expect(await part({})).toBe(1);
  });
  test('strikes only so often, or so many times', async () => {
    expect({ first: await part({ first: 10 }), between: await part({ from: 1_000, until: 2_000 }) }).toEqual({
      ...{ first: 0.2, between: 0.2 },
    });
  });
});

test('a storm strikes each so many-th time, and with its probability, drawn for each device', async () => {
  const settings = { kind: 'link.storm', again: 100 } as const;
  const struck = async (when: FaultSpecInput['when']) => {
    const { clock, faults, strikes } = theGrips(100, { settings, when });
    await clock.advance(4_950);
    faults.lift(theFault);
    return strikes;
  };
  expect(await struck({ every: 5 })).toHaveLength(1_000);
  const drawn = await struck({ probability: 0.25 });
  expect(Math.abs(drawn.length / 5_000 - 0.25)).toBeLessThan(0.01);
  expect(await struck({ probability: 0.25 })).toEqual(drawn);
});

test('a flapping link that is spared stays up for another while', async () => {
  const settings = { kind: 'link.flap', up: fixed(100), down: fixed(0) } as const;
  const { clock, faults, strikes } = theGrips(100, { settings, when: { probability: 0.25 } });
  await clock.advance(5_000);
  faults.lift(theFault);
  expect(Math.abs(strikes.length / 5_000 - 0.25)).toBeLessThan(0.01);
});

test('offline takes its part of the devices: by share, by probability, and at each window after an event', async () => {
  const settings = { kind: 'link.offline', lasting: 10 } as const;
  const share = theGrips(5_000, { settings, on: { share: 0.07 } });
  expect(Math.abs(share.strikes.length / 5_000 - 0.07)).toBeLessThan(0.01);
  share.faults.lift(theFault);
  expect([share.clock.pending, share.down()]).toEqual([0, 0]);

  const drawn = theGrips(5_000, { settings, when: { probability: 0.25 } });
  expect(Math.abs(drawn.strikes.length / 5_000 - 0.25)).toBeLessThan(0.01);

  const after = { event: 'called', delay: 20, lasting: 50 } as const;
  const events = theGrips(100, { settings, when: { after, probability: 0.25 } });
  for (let turn = 0; turn < 50; turn++) {
    for (const { id } of events.devices) events.faults.noteEvent?.('called', id, 'reboot');
    await events.clock.advance(100);
  }
  expect(Math.abs(events.strikes.length / 5_000 - 0.25)).toBeLessThan(0.01);
  expect(new Set(events.strikes.map(({ at }) => at % 100))).toEqual(new Set([20]));
  expect(events.down()).toBe(0);
});

test('a storm is spread evenly over the time it is given, each device where the seed puts it', async () => {
  const settings = { kind: 'link.storm', within: 10_000 } as const;
  const once = async () => {
    const { clock, strikes } = theGrips(5_000, { settings });
    await clock.advance(10_000);
    return strikes;
  };
  const strikes = await once();
  expect(strikes).toHaveLength(5_000);
  for (let tenth = 0; tenth < 10; tenth++) {
    const part = strikes.filter(({ at }) => Math.floor(at / 1_000) === tenth).length / 5_000;
    expect(Math.abs(part - 0.1), `tenth ${tenth}`).toBeLessThan(0.02);
  }
  expect(await once()).toEqual(strikes);
});

test('the grip of a device is asked for only by a fault that is on it and takes hold of devices', () => {
  const clock = new VirtualClock(0);
  const asked: DeviceId[] = [];
  const devices = someDevices(3).map((id) => ({
    id,
    get grip(): DeviceGrip {
      asked.push(id);
      return theGrips(1, { settings: { kind: 'reply.never' } }).devices[0]?.grip as DeviceGrip;
    },
  }));
  const faults = new FaultSet({ clock, seed: 7, fleetOf: () => undefined, devices: () => devices });
  faults.add(faultSpecSchema.parse({ name: 'dead', settings: { kind: 'reply.never' } }));
  expect(asked).toEqual([]);
  const [, second] = someDevices(3);
  faults.add(faultSpecSchema.parse({ name: 'off', settings: { kind: 'link.offline' }, on: { device: second } }));
  expect(asked).toEqual([second]);
});

test('two windows that follow upon each other without a gap are one', async () => {
  const settings = { kind: 'link.offline' } as const;
  const { clock, faults, strikes, devices, down } = theGrips(1, {
    ...{ settings, when: { after: { event: 'called', lasting: 100 } } },
  });
  const id = devices[0]?.id as DeviceId;
  faults.noteEvent?.('called', id, 'm');
  await clock.advance(60);
  faults.noteEvent?.('called', id, 'm');
  await clock.advance(99);
  expect([strikes.length, down()]).toEqual([1, 1]);
  await clock.advance(1);
  expect(down()).toBe(0);
});
