// Each fault on replies through real sockets and the lab's threads, as whoever calls the service sees it: HTTP status, body, and whether the device
// went on with the method after its reply: a firmware update begins to download, and says so in the twin.
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { openInvoker } from '../../../../simulators/invoker/invoker.ts';
import type { Lab } from '../../../../simulators/lab/lab.ts';
import type { FaultSettingsInput } from '../../../../simulators/vocabulary/fault-specs.ts';
import { deviceId, faultName, fleetName } from '../../../../simulators/vocabulary/ids.ts';
import { addFault, addFleet, aLab, allOnline, until } from '../../../support/a-lab.ts';
import { theFault } from '../a-passage.ts';
import { aFaultedFleet, pump } from '../link/a-faulted-fleet.ts';

interface Seen {
  readonly status: number;
  readonly body: string;
  readonly executed: boolean;
}

const started = '{"status":202,"payload":{"message":"Update from 1.0.0 to 2.0.0 started"}}';
const done: Seen = { status: 200, body: started, executed: true };
const timedOut = { status: 504, body: 'GatewayTimeout' };

/** One device each. The service takes no response timeout below 5 s. */
const cases: Readonly<Record<string, { readonly settings: FaultSettingsInput; readonly seen: Seen }>> = {
  delay: { settings: { kind: 'reply.delay', delay: { kind: 'fixed', ms: 400 } }, seen: done },
  never: { settings: { kind: 'reply.never' }, seen: { ...timedOut, executed: false } },
  unanswered: { settings: { kind: 'reply.unanswered' }, seen: { ...timedOut, executed: true } },
  late: { settings: { kind: 'reply.late', by: { kind: 'fixed', ms: 200 } }, seen: { ...timedOut, executed: true } },
  status: { settings: { kind: 'reply.status', status: 418 }, seen: { ...done, body: started.replace('202', '418') } },
  body: {
    settings: { kind: 'reply.body', body: { stuck: [true] } },
    seen: { ...done, body: '{"status":202,"payload":{"stuck":[true]}}' },
  },
  malformed: {
    settings: { kind: 'reply.malformed' },
    seen: { ...done, body: '{"status":202,"payload":{"message":"Update from }' },
  },
  oversize: { settings: { kind: 'reply.oversize' }, seen: { ...timedOut, executed: true } },
  duplicate: { settings: { kind: 'reply.duplicate', copies: 3, after: 20 }, seen: done },
  'wrong-rid': { settings: { kind: 'reply.wrong-rid' }, seen: { ...timedOut, executed: true } },
};

function caller(lab: Lab) {
  const { http } = lab.status.doors;
  const connectionString = lab.status.connectionStrings.iothubowner;
  if (http === undefined || connectionString === undefined) throw new Error('the plain http door is shut');
  const invoker = openInvoker({ clock: systemClock(), connectionString, address: { ...http, tls: false } });
  onTestFinished(() => invoker.close());
  const executed = async (id: string) => {
    const { body } = await invoker.getTwin(id);
    return body.includes('"phase":"downloading"');
  };
  return {
    executed,
    async update(id: string): Promise<{ status: number; body: string; duration: number }> {
      const begun = performance.now();
      const { status, body, problem } = await invoker.invoke(id, {
        ...{ method: 'firmwareUpdate', payload: '{"version":"2.0.0"}', responseTimeout: 5 },
      });
      return { status, body: problem?.name ?? body, duration: performance.now() - begun };
    },
  };
}

async function aFaultyFleet(protocol: 'mqtt' | 'amqp') {
  const lab = await aLab();
  const names = Object.keys(cases);
  // Longer at it than the test: a reboot would end a call that is still pending.
  const behaviour = { kind: 'firmwareUpdate', download: 600_000 } as const;
  await addFleet(lab, { name: 'pumps', count: names.length, id: 'pump-{index}', protocol, behaviour });
  await allOnline(lab, names.length);
  const idOf = (name: string) => deviceId(`pump-${names.indexOf(name) + 1}`);
  for (const name of names) {
    const { settings } = cases[name] as (typeof cases)[string];
    await addFault(lab, { name, settings, on: { device: idOf(name) } });
  }
  return { lab, names, idOf, ...caller(lab) };
}

test.each(['mqtt', 'amqp'] as const)('over %s each does what it says', async (protocol) => {
  const { lab, names, idOf, update, executed } = await aFaultyFleet(protocol);
  const durations = new Map<string, number>();
  const seen = await Promise.all(
    names.map(async (name) => {
      const { status, body, duration } = await update(idOf(name));
      durations.set(name, duration);
      // Reported after the reply has left: given time where it is expected, looked at once, after 5 s, where it is not.
      const expected = cases[name]?.seen.executed === true;
      const done = expected ? await until(() => executed(idOf(name))) : await executed(idOf(name));
      return [name, { status, body, executed: done }];
    }),
  );
  expect(Object.fromEntries(seen)).toEqual(
    Object.fromEntries(Object.entries(cases).map(([name, each]) => [name, each.seen])),
  );
  // A timer may ring a fraction of a millisecond early.
  expect(durations.get('delay')).toBeGreaterThanOrEqual(399);

  // Each struck its one call and no other.
  await until(() => lab.views.totals().faults.every(({ strikes }) => strikes === 1));
});

test.each(['mqtt', 'amqp'] as const)(
  'over %s a reply that is held leaves when its fault is lifted',
  async (protocol) => {
    const { lab, idOf, update } = await aFaultyFleet(protocol);
    for (const [name, settings] of [
      ['delay', { kind: 'reply.delay', delay: { kind: 'fixed', ms: 60_000 } }],
      ['late', { kind: 'reply.late', by: { kind: 'fixed', ms: 60_000 } }],
    ] as const) {
      const fault = faultName(name);
      await lab.liftFault(fault);
      await addFault(lab, { name, settings, on: { device: idOf(name) } });
      const answer = update(idOf(name));
      await until(() => lab.views.totals().faults.some((each) => each.spec.name === fault && each.strikes === 1));
      await lab.liftFault(fault);
      expect(await answer).toMatchObject({ status: 200, body: started });
    }
  },
);

test.each(['mqtt', 'amqp'] as const)(
  'over %s a reply that is held when its fleet is removed is lost, told once, and strikes nothing more',
  async (protocol) => {
    const fleet = await aFaultedFleet({ protocol });
    fleet.add({ kind: 'reply.delay', delay: { kind: 'fixed', ms: 600_000 } });
    fleet.add({ kind: 'reply.status', status: 418 }, { name: 'behind' });
    const answer = fleet.call(pump, 'held');
    await until(() => fleet.strikes() === 1);
    fleet.fleets.removeFleet(fleetName('pumps'));
    expect((await answer).status).toBe(404);
    fleet.lift();
    expect(fleet.of('method.handled')).toMatchObject([{ outcome: 'lost', touches: [{ fault: theFault }] }]);
    expect(fleet.strikes()).toBe(1);
  },
);

test.each(['mqtt', 'amqp'] as const)(
  'over %s the hub drops copies, and an answer to what it never asked',
  async (protocol) => {
    const fleet = await aFaultedFleet({ protocol });
    fleet.add({ kind: 'reply.duplicate', copies: 3, after: 20 });
    expect(await fleet.call(pump, 'first')).toMatchObject({ status: 200, payload: '"first"' });
    const dropped = () => fleet.of('answer.dropped').map(({ why }) => why);
    await until(() => dropped().length === 3, dropped);
    fleet.lift();
    fleet.add({ kind: 'reply.wrong-rid' });
    const lost = fleet.call(pump, 'second');
    await until(() => dropped().length === 4, dropped);
    expect(dropped()).toEqual(['late', 'late', 'late', 'unknown']);
    expect(fleet.of('answer.dropped').at(-1)?.rid).toMatch(/-wrong$/);
    // Its caller would wait 30 s for nothing.
    fleet.fleets.stop();
    expect(await lost).toMatchObject({ status: 404 });
  },
);
