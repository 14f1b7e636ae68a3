// Every kind of fault there is, over MQTT and over AMQP through real sockets: felt while it is on, and gone at once when it is lifted; what it held
// goes on then. And its share and its schedule, within 1%. The table asks for an entry per kind, so that no new one is forgotten; more of each is told
// in its family's own tests.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import type { FaultTools } from '../../../simulators/faults/fault.ts';
import { FaultSet } from '../../../simulators/faults/faults.ts';
import { makeFault } from '../../../simulators/faults/kinds.ts';
import { seeded } from '../../../simulators/random/random.ts';
import type { FaultFact } from '../../../simulators/vocabulary/facts.ts';
import {
  type FaultKind,
  type FaultSettingsInput,
  type FaultSpecInput,
  faultKinds,
  faultSpecSchema,
} from '../../../simulators/vocabulary/fault-specs.ts';
import { type DeviceId, deviceId, faultName } from '../../../simulators/vocabulary/ids.ts';
import type { Stage } from '../../../simulators/vocabulary/passages.ts';
import { type FleetSpecInput, fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { aFleet } from '../../support/a-fleet.ts';
import { until } from '../../support/a-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { schedulesHold, sharesHold } from './holds.ts';

const name = faultName('fault');

/** A device for each kind, on a hub; a fault is in both their hands, as in a lab. */
async function theFleet(changes: Partial<FleetSpecInput> = {}) {
  const told: FaultFact[] = [];
  const clock = systemClock();
  const emit = (fact: FaultFact) => void told.push(fact);
  const inHub = new FaultSet({ clock, seed: 7, emit, fleetOf: () => undefined });
  const spec = fleetSpecSchema.parse({
    ...{ name: 'pumps', count: faultKinds.length, id: 'pump-{index}', behaviour: { kind: 'echo' } },
    ...{ connect: { perSecond: 1_000, jitter: 0 }, reconnect: { kind: 'backoff', first: 20, most: 100, jitter: 0 } },
    acknowledge: { how: 'value' },
    ...changes,
  });
  const fleet = await aFleet(spec, undefined, inHub);
  inHub.attachHub(fleet.hub.grip);
  await fleet.allOnline();
  const sets = [fleet.fleets.faults, inHub];
  return {
    ...fleet,
    add(spec: FaultSpecInput) {
      for (const set of sets) set.add(faultSpecSchema.parse(spec));
    },
    lift() {
      for (const set of sets) set.lift(name);
    },
    strikes() {
      for (const set of sets) set.tellStrikes();
      const counted = [...told, ...fleet.of('fault.counted')];
      return counted.reduce((sum, fact) => sum + (fact.type === 'fault.counted' ? fact.strikes : 0), 0);
    },
  };
}
type TheFleet = Awaited<ReturnType<typeof theFleet>>;

/** What a test can do to the device that a fault is on. */
function inHand(fleet: TheFleet, id: DeviceId) {
  const { fleets, invoker } = fleet;
  const of: TheFleet['of'] = (type) =>
    fleet.of(type).filter((fact) => !('device' in fact) || fact.device === id) as ReturnType<
      typeof fleet.of<typeof type>
    >;
  const named = (fact: object) => 'faults' in fact && JSON.stringify(fact.faults) === JSON.stringify([name]);
  let target = 0;
  return {
    of,
    /** Waits for a fact of the device that names the fault. */
    tells: (type: Parameters<typeof of>[0]) =>
      until(
        () => of(type).some(named),
        () => of(type).slice(-3),
      ),
    call: (text = 'hello') => fleet.call(id, text),
    /** A call whose end nobody waits for: the hub may have stopped by then. */
    ask: () => void fleet.call(id, 'anybody').catch(() => {}),
    /** Whoever calls is kept waiting. */
    async calledInVain() {
      this.ask();
      await until(() => of('method.handled').at(-1)?.touches?.[0]?.fault === name);
      return of('method.handled').at(-1)?.outcome;
    },
    dialAnew() {
      fleets.stopDevices([id]);
      fleets.startDevices([id]);
    },
    /** Desires a value, of which the device is to be told, and which it then acknowledges. */
    async desire() {
      target += 1;
      await invoker.patchTwin(id, { properties: { desired: { target } } });
      return target;
    },
    acknowledged: () => fleets.snapshot(id)?.reported.target as { value: number; av: number } | undefined,
    desiredVersion: () => fleets.snapshot(id)?.desiredVersion ?? 0,
    state: () => fleets.snapshot(id)?.state,
    connects: () => fleets.snapshot(id)?.connects ?? 0,
    strikes: fleet.strikes,
    async works() {
      await until(
        async () => fleets.snapshot(id)?.state === 'online' && (await fleet.call(id, 'hello')).payload === '"hello"',
        () => of('link.changed').slice(-3),
      );
    },
  };
}
type InHand = ReturnType<typeof inHand>;

interface Case {
  readonly settings: FaultSettingsInput;
  /** Waits until it is felt; what it gives is asked once the fault is lifted. */
  readonly felt: (device: InHand) => Promise<(() => Promise<void>) | undefined>;
  /** It takes a fleet of its own: what the others show does not concern it, or it concerns them all. */
  readonly alone?: Partial<FleetSpecInput>;
}

const longTime = { kind: 'fixed', ms: 600_000 } as const;

/** A call that waits while the fault is on, and is answered once it is lifted. */
const held: Case['felt'] = async ({ call, of, strikes }) => {
  const ended = of('invocation.ended').length;
  const answer = call('held');
  await until(() => strikes() > 0);
  expect(of('invocation.ended')).toHaveLength(ended);
  return async () => expect(await answer).toMatchObject({ status: 200, payload: '"held"' });
};
const seen =
  (look: (device: InHand) => Promise<unknown>): Case['felt'] =>
  async (device) => {
    await look(device);
    return undefined;
  };
const answered = (expected: object) => seen(async ({ call }) => expect(await call()).toMatchObject(expected));
const unanswered = seen(async (device) => expect(await device.calledInVain()).toBe('silent'));
const cut = seen(async ({ call, tells }) => {
  expect((await call()).status).not.toBe(200);
  await tells('link.changed');
});
const refused = seen(async ({ dialAnew, of, tells }) => {
  dialAnew();
  await tells('link.changed');
  expect(of('device.refused').length).toBeGreaterThan(0);
});

const cases: { readonly [Kind in FaultKind]: Case } = {
  'reply.delay': { settings: { kind: 'reply.delay', delay: longTime }, felt: held },
  'reply.never': { settings: { kind: 'reply.never' }, felt: unanswered },
  'reply.unanswered': { settings: { kind: 'reply.unanswered' }, felt: unanswered },
  'reply.late': { settings: { kind: 'reply.late', by: longTime }, felt: held },
  'reply.status': {
    settings: { kind: 'reply.status', status: 418 },
    felt: answered({ status: 200, deviceStatus: 418 }),
  },
  'reply.body': { settings: { kind: 'reply.body', body: [1] }, felt: answered({ status: 200, payload: '[1]' }) },
  'reply.malformed': {
    settings: { kind: 'reply.malformed' },
    felt: answered({ status: 200, body: '{"status":200,"payload":"hel}' }),
  },
  'reply.oversize': {
    settings: { kind: 'reply.oversize', bytes: 100_000 },
    felt: answered({ status: 200, payload: `"${'x'.repeat(99_998)}"` }),
  },
  'reply.duplicate': {
    settings: { kind: 'reply.duplicate', after: 600_000 },
    felt: async ({ call, of }) => {
      expect((await call()).status).toBe(200);
      expect(of('answer.dropped')).toEqual([]);
      return async () => void (await until(() => of('answer.dropped').at(0)?.why === 'late'));
    },
  },
  'reply.wrong-rid': {
    settings: { kind: 'reply.wrong-rid' },
    felt: seen(async (device) => {
      expect(await device.calledInVain()).toBe('answered');
      await until(() => device.of('answer.dropped').at(0)?.why === 'unknown');
    }),
  },
  'link.drop': { settings: { kind: 'link.drop' }, felt: cut },
  'link.reset': { settings: { kind: 'link.reset' }, felt: cut },
  'link.flap': {
    settings: { kind: 'link.flap', up: { kind: 'fixed', ms: 20 }, down: { kind: 'fixed', ms: 20 } },
    felt: seen(({ connects }) => until(() => connects() >= 3)),
  },
  'link.refuse': {
    settings: { kind: 'link.refuse' },
    felt: seen(async ({ dialAnew, tells, of }) => {
      dialAnew();
      await tells('link.changed');
      expect(of('device.refused')).toEqual([]);
    }),
  },
  'link.half-open': { settings: { kind: 'link.half-open' }, felt: held },
  'link.latency': { settings: { kind: 'link.latency', delay: longTime }, felt: held },
  'link.bandwidth': { settings: { kind: 'link.bandwidth', bytesPerSecond: 1 }, felt: held },
  'link.offline': {
    settings: { kind: 'link.offline' },
    felt: seen(async ({ call, tells, of }) => {
      await tells('link.changed');
      await until(() => of('device.disconnected').length > 0);
      expect((await call()).status).toBe(404);
    }),
  },
  'link.skewed-clock': { settings: { kind: 'link.skewed-clock', by: -7_200_000 }, felt: refused },
  'link.expired-token': { settings: { kind: 'link.expired-token' }, felt: refused },
  'link.certificate': {
    settings: { kind: 'link.certificate' },
    alone: { authentication: 'x509-ca', count: 1 },
    felt: refused,
  },
  'link.storm': {
    settings: { kind: 'link.storm' },
    felt: seen(async ({ connects, tells }) => {
      await until(() => connects() === 2);
      await tells('link.changed');
    }),
  },
  'twin.report-lost': {
    settings: { kind: 'twin.report-lost' },
    felt: seen(async ({ desire, tells, acknowledged }) => {
      await desire();
      await tells('twin.lost');
      expect(acknowledged()).toBeUndefined();
    }),
  },
  'twin.report-late': {
    settings: { kind: 'twin.report-late', delay: longTime },
    felt: async ({ desire, strikes, acknowledged }) => {
      const target = await desire();
      await until(() => strikes() > 0);
      expect(acknowledged()).toBeUndefined();
      return async () => void (await until(() => acknowledged()?.value === target));
    },
  },
  'twin.report-rejected': {
    settings: { kind: 'twin.report-rejected' },
    felt: seen(async ({ desire, tells, acknowledged }) => {
      await desire();
      await tells('twin.refused');
      expect(acknowledged()).toBeUndefined();
    }),
  },
  'twin.get-unanswered': {
    settings: { kind: 'twin.get-unanswered' },
    felt: seen(async ({ dialAnew, tells }) => {
      dialAnew();
      await tells('twin.lost');
    }),
  },
  'twin.wrong-version': {
    settings: { kind: 'twin.wrong-version', off: 7 },
    felt: seen(async ({ desire, acknowledged, desiredVersion }) => {
      await desire();
      await until(() => acknowledged());
      expect(acknowledged()?.av).toBe(desiredVersion() + 7);
    }),
  },
  'hub.refuse': {
    settings: { kind: 'hub.refuse' },
    felt: seen(async ({ dialAnew, tells }) => {
      dialAnew();
      await tells('device.refused');
    }),
  },
  'hub.error': { settings: { kind: 'hub.error', status: 503 }, felt: answered({ status: 503 }) },
  'hub.throttle': {
    settings: { kind: 'hub.throttle', tier: 'F1' },
    alone: { count: 1 },
    felt: seen(async ({ desire, tells, of }) => {
      await until(async () => {
        await Promise.all(Array.from({ length: 20 }, desire));
        return of('throttle.hit').length > 0;
      });
      await tells('throttle.hit');
    }),
  },
  'hub.slow': { settings: { kind: 'hub.slow', delay: longTime }, felt: held },
  'hub.request-lost': {
    settings: { kind: 'hub.request-lost' },
    felt: seen(async ({ ask, strikes, of }) => {
      ask();
      await until(() => strikes() > 0);
      expect(of('method.handled')).toEqual([]);
    }),
  },
  'hub.request-twice': {
    settings: { kind: 'hub.request-twice' },
    felt: seen(async ({ call, of }) => {
      expect((await call()).status).toBe(200);
      await until(() => of('method.handled').length === 2);
      expect(new Set(of('method.handled').map(({ rid }) => rid)).size).toBe(1);
    }),
  },
  'hub.kick': {
    settings: { kind: 'hub.kick' },
    felt: seen(async ({ ask, tells }) => {
      ask();
      await tells('device.disconnected');
    }),
  },
  'hub.kill': {
    settings: { kind: 'hub.kill' },
    felt: seen(async ({ ask, tells }) => {
      ask();
      await tells('device.disconnected');
    }),
  },
  'hub.desired-lost': {
    settings: { kind: 'hub.desired-lost' },
    felt: seen(async ({ desire, tells, of }) => {
      await desire();
      await tells('twin.patched');
      expect(of('twin.patched').at(-1)?.delivered).toBe(false);
    }),
  },
};

/** Where a fault takes hold of what passes; none for one that takes hold of devices or of the hub, whose turns are counted in its own tests. */
const stagesOf = (kind: FaultKind): Stage[] => {
  const { settings } = faultSpecSchema.parse({ name, settings: cases[kind].settings });
  const tools: FaultTools = {
    ...{ name, clock: new VirtualClock(), randomOf: () => seeded(1), due: () => true, within: () => true },
    ...{ watch: () => () => {}, tell: () => {}, struck: () => {} },
  };
  const others = ['on', 'onHub', 'release', 'concerns'];
  return Object.keys(makeFault(settings, tools)).filter((step): step is Stage => !others.includes(step));
};

describe.each(faultKinds.flatMap((kind) => stagesOf(kind).map((stage) => ({ kind, stage }))))(
  '$kind at $stage',
  ({ kind, stage }) => {
    const { settings } = cases[kind];
    const changes = kind === 'twin.get-unanswered' ? { operation: 'get' } : {};
    test('is on its share of 5,000 devices within 1%', () => sharesHold(settings, stage, changes));
    test('keeps its schedule over 5,000 chances', () => schedulesHold(settings, stage, changes));
  },
);

describe.each(['mqtt', 'amqp'] as const)('over %s', (protocol) => {
  test.each(faultKinds.filter((kind) => cases[kind].alone !== undefined))(
    '%s is felt, and gone when it is lifted',
    async (kind) => {
      await feltAndGone(await theFleet({ ...cases[kind].alone, protocol }), kind, deviceId('pump-1'));
    },
  );

  test('each of the others is felt, and gone when it is lifted', { timeout: 60_000 }, async () => {
    const fleet = await theFleet({ protocol });
    const problems: string[] = [];
    for (const [place, kind] of faultKinds.entries()) {
      if (cases[kind].alone !== undefined) continue;
      await feltAndGone(fleet, kind, deviceId(`pump-${place + 1}`)).catch((error: Error) => {
        problems.push(`${kind}: ${error.message}`);
        if (fleet.fleets.faults.size > 0) fleet.lift();
      });
    }
    expect(problems).toEqual([]);
  });
});

async function feltAndGone(fleet: TheFleet, kind: FaultKind, id: DeviceId): Promise<void> {
  const device = inHand(fleet, id);
  const { settings, felt } = cases[kind];
  const before = fleet.strikes();
  const inHandNow = { ...device, strikes: () => fleet.strikes() - before };
  fleet.add({ name, settings, on: { device: id } });
  const once = await felt(inHandNow);
  expect(inHandNow.strikes(), 'strikes').toBeGreaterThan(0);
  fleet.lift();
  const struck = inHandNow.strikes();
  await once?.();
  await device.works();
  expect(inHandNow.strikes(), 'strikes after it was lifted').toBe(struck);
}
