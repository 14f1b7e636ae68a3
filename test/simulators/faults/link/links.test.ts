// Each fault on a device's link through real sockets: what the hub sees of it, what the device says, and that the device works once it is lifted.
import { describe, expect, test } from 'vitest';
import { until } from '../../../support/a-lab.ts';
import { theFault } from '../a-passage.ts';
import { aFaultedFleet, pump } from './a-faulted-fleet.ts';

const touch = { fault: theFault, leg: 'inDevice' };

describe.each(['mqtt', 'amqp', 'mqtt-ws', 'amqp-ws'] as const)('over %s', (protocol) => {
  describe.each([
    ['link.drop', 'dropped'],
    ['link.reset', 'reset'],
  ] as const)('%s', (kind, word) => {
    test('before a method is executed: the caller learns that the device is gone, and nothing was done', async () => {
      const { add, lift, call, of, blamed, works } = await aFaultedFleet({ protocol });
      add({ kind });
      const { status } = await call(pump, 'first');
      expect(status).not.toBe(200);
      expect(blamed()).toEqual([`waiting: connection ${word} before executing a method`]);
      expect(of('method.handled')).toMatchObject([{ outcome: 'lost', touches: [touch] }]);
      expect(of('device.disconnected')).toMatchObject([{ device: pump, reason: 'lost' }]);
      lift();
      await works();
    });

    test('in place of the reply: it was done, and the caller is told the same', async () => {
      const { add, lift, call, of, blamed, works } = await aFaultedFleet({ protocol });
      add({ kind, at: 'executed' });
      expect((await call(pump, 'first')).status).not.toBe(200);
      expect(blamed()).toEqual([`waiting: connection ${word} in place of a reply`]);
      expect(of('method.handled')).toMatchObject([{ outcome: 'lost', touches: [touch] }]);
      lift();
      await works();
    });

    test('once the reply has left: the caller has it, and the link goes down behind it', async () => {
      const { add, lift, call, of, blamed, works } = await aFaultedFleet({ protocol });
      add({ kind, at: 'replied' });
      expect((await call(pump, 'first')).status).toBe(200);
      expect(of('method.handled')).toMatchObject([{ outcome: 'answered', status: 200, touches: [touch] }]);
      await until(() => of('device.disconnected').length > 0);
      expect(blamed()).toEqual([`waiting: connection ${word} after a reply`]);
      expect(of('device.disconnected')).toMatchObject([{ device: pump, reason: 'lost' }]);
      lift();
      await works();
    });
  });
});

describe.each(['mqtt', 'amqp'] as const)('over %s', (protocol) => {
  test('link.refuse leaves a link that is up alone and refuses every other attempt; the hub hears of none', async () => {
    const { add, lift, call, of, blamed, works, restart } = await aFaultedFleet({ protocol });
    add({ kind: 'link.refuse' });
    expect((await call(pump, 'still up')).status).toBe(200);
    restart();
    await until(() => blamed().length >= 3);
    expect(new Set(blamed())).toEqual(new Set(['waiting: connection refused']));
    expect(of('device.connected')).toHaveLength(1);
    expect(of('device.refused')).toEqual([]);
    lift();
    await works();
  });

  test('link.offline takes the link away until it is lifted, and the device is back without waiting', async () => {
    const { add, lift, call, of, blamed, links, works, state, restart, fleets } = await aFaultedFleet({
      protocol,
      reconnect: { kind: 'none' },
    });
    add({ kind: 'link.offline' });
    expect(blamed()).toEqual(['waiting: offline']);
    await until(() => of('device.disconnected').length > 0);
    expect(of('device.disconnected')).toMatchObject([{ device: pump, reason: 'lost' }]);
    expect((await call(pump, 'anybody')).status).toBe(404);
    // Also one that is switched off and on, or power-cycled, stays off.
    restart();
    await until(() => blamed().length === 2);
    fleets.rebootDevices([pump]);
    expect(state()).toBe('dark');
    lift();
    fleets.stopDevices([pump]);
    fleets.startDevices([pump]);
    await works();
    expect(links().at(-1)).not.toHaveProperty('faults');
  });

  test('link.offline for a while ends by itself, once', async () => {
    const { add, blamed, works, strikes, links, lift } = await aFaultedFleet({ protocol });
    add({ kind: 'link.offline', lasting: 50 });
    await works();
    expect([blamed(), strikes()]).toEqual([['waiting: offline'], 1]);
    const before = links().length;
    lift();
    await works();
    expect(links()).toHaveLength(before);
  });

  test('link.flap goes up and down over and over, and leaves the device up', async () => {
    const { add, lift, blamed, works, connects, of } = await aFaultedFleet({ protocol });
    add({ kind: 'link.flap', up: { kind: 'fixed', ms: 20 }, down: { kind: 'uniform', low: 5, high: 20 } });
    await until(() => connects() >= 4);
    expect(blamed().length).toBeGreaterThanOrEqual(3);
    expect(new Set(blamed())).toEqual(new Set(['waiting: link down']));
    await until(() => of('device.disconnected').length >= 3);
    expect(of('device.disconnected').every(({ reason }) => reason === 'lost' || reason === 'replaced')).toBe(true);
    lift();
    await works();
    const after = connects();
    await works();
    expect(connects()).toBe(after);
  });

  test('link.storm makes every device dial anew at once, each one time', async () => {
    const { add, lift, identities, connects, allOnline, of, strikes } = await aFaultedFleet({ protocol, count: 20 });
    add({ kind: 'link.storm', within: 30 });
    const all = identities.map(({ id }) => id);
    await until(
      () => all.every((id) => connects(id) === 2),
      () => all.map((id) => connects(id)),
    );
    await allOnline();
    expect(strikes()).toBe(20);
    const struck = of('link.changed').filter(({ faults }) => faults?.includes(theFault));
    expect(new Set(struck.map(({ device }) => device)).size).toBe(20);
    expect(new Set(struck.map(({ detail }) => detail))).toEqual(
      new Set(['connection dropped, dialling again at once']),
    );
    // Dialling at once, a device may be back before the hub has noticed that it was gone.
    const reasons = of('device.disconnected').map(({ reason }) => reason);
    expect([reasons.length, reasons.filter((reason) => reason !== 'lost' && reason !== 'replaced')]).toEqual([20, []]);
    lift();
    await allOnline();
    expect(all.map((id) => connects(id))).toEqual(Array(20).fill(2));
  });

  test('link.storm comes again and again until it is lifted', async () => {
    const { add, lift, connects, works } = await aFaultedFleet({ protocol });
    add({ kind: 'link.storm', again: 50 });
    await until(() => connects() >= 4);
    lift();
    await works();
    const after = connects();
    await works();
    expect(connects()).toBe(after);
  });

  test.each([
    ['link.skewed-clock', { kind: 'link.skewed-clock', by: -7_200_000 }],
    ['link.expired-token', { kind: 'link.expired-token' }],
  ] as const)('%s: the hub does not let the device in, and both say so', async (_kind, settings) => {
    const { add, lift, of, blamed, works, restart, call } = await aFaultedFleet({ protocol });
    add(settings);
    expect((await call(pump, 'in already')).status).toBe(200);
    restart();
    await until(() => blamed().length >= 2);
    expect(blamed()[0]).toMatch(/^waiting: refused: /);
    expect(of('device.refused')[0]).toMatchObject({ device: pump });
    expect(of('device.refused')[0]?.detail).toMatch(/expired/);
    lift();
    await works();
  });

  test('a clock that is ahead harms nobody: its tokens only last longer', async () => {
    const { add, restart, works, blamed } = await aFaultedFleet({ protocol });
    add({ kind: 'link.skewed-clock', by: 7_200_000 });
    restart();
    await works();
    expect(blamed()).toEqual([]);
  });

  test.each([
    ['x509-ca', 'expired', /expired at/],
    ['x509-ca', 'wrong-name', /is of 'not-pump-1'/],
    ['x509-ca', 'wrong-ca', /does not know as a CA/],
    ['x509-self-signed', 'expired', /thumbprint/],
  ] as const)('link.certificate of a device with %s: %s', async (authentication, which, words) => {
    const { add, lift, of, blamed, works, restart, call } = await aFaultedFleet({ protocol, authentication });
    add({ kind: 'link.certificate', which });
    expect((await call(pump, 'in already')).status).toBe(200);
    restart();
    await until(
      () => blamed().length >= 2,
      () => [blamed(), of('link.changed').slice(-3)],
    );
    expect(blamed()[0]).toMatch(/^waiting: refused: /);
    expect(of('device.refused')[0]?.detail).toMatch(words);
    lift();
    await works();
  });

  test('link.certificate does not concern devices with tokens', async () => {
    const { add, restart, works, strikes } = await aFaultedFleet({ protocol });
    add({ kind: 'link.certificate' });
    restart();
    await works();
    expect(strikes()).toBe(0);
  });
});

test('link.reset on an AMQP connection that devices share is felt by all of them, and all come back', async () => {
  const { add, call, of, lift, allOnline, blamed } = await aFaultedFleet({
    ...{ protocol: 'amqp', count: 4, devicesPerConnection: 4 },
  });
  add({ kind: 'link.reset' }, { on: { device: pump } });
  await call(pump, 'first');
  await until(() => of('device.disconnected').length === 4);
  expect(blamed()).toEqual(['waiting: connection reset before executing a method']);
  const names = of('link.changed').filter(({ faults }) => faults?.includes(theFault));
  expect(new Set(names.map(({ device }) => device)).size).toBe(4);
  lift();
  await allOnline();
});

test('link.drop on an AMQP connection that devices share takes one of them off it, and leaves the others alone', async () => {
  const { add, call, of, lift, allOnline, works, identities } = await aFaultedFleet({
    ...{ protocol: 'amqp', count: 4, devicesPerConnection: 4 },
  });
  add({ kind: 'link.drop' }, { on: { device: pump } });
  expect((await call(pump, 'first')).status).toBe(404);
  lift();
  await works();
  expect(of('device.disconnected')).toMatchObject([{ device: pump }]);
  for (const { id } of identities) expect((await call(id, 'still there')).status).toBe(200);
  expect(of('link.changed').filter(({ state, device }) => state === 'waiting' && device !== pump)).toHaveLength(3);
  await allOnline();
});
