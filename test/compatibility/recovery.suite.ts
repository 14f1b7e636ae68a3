// Unmodified official Node device clients under each fault of the hub: what their own retry policy (ExponentialBackOffWithJitter) promises. It
// comes again after what it takes for passing trouble, and the application hears nothing but `connect`; at other errors it gives up and says
// `disconnect`. Then the next operation connects again, but methods stay off until one is listened for anew.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandNames } from '../../simulators/hub/fault-injection/commands.ts';
import { type KillTarget, killTargets } from '../../simulators/vocabulary/fault-specs.ts';
import { type FaultyHub, openFaultyHub, type SdkDevice, type Transport } from './faulty-hub.ts';
import { portsProblem } from './support.ts';

const problem = await portsProblem();
if (problem !== undefined) {
  process.stderr.write(
    `\nSKIPPED: the official SDK under faults of the hub. It needs ports 443, 8883 and 5671 on 127.0.0.1, and ${problem}.\n\n`,
  );
}

const amqpLinks = killTargets.filter((what) => what.endsWith('-link'));

describe.skipIf(problem !== undefined).concurrent('official Node device client', { timeout: 30_000 }, () => {
  let hub: FaultyHub;
  beforeAll(async () => {
    hub = await openFaultyHub();
  });
  afterAll(() => hub.stop());

  /** A device with everything on: methods, twin, messages and telemetry. */
  async function device(id: string, transport: Transport): Promise<SdkDevice> {
    const member = await hub.device(`${id}-${transport}`, transport);
    await member.order('twin');
    await member.order('messages');
    await member.order('telemetry');
    expect((await member.call({ connectTimeoutInSeconds: 10 })).status).toBe(200);
    return member;
  }

  async function recovers(member: SdkDevice): Promise<void> {
    await member.sees('connect');
    expect((await member.call({ connectTimeoutInSeconds: 10 })).status).toBe(200);
    expect([member.count('disconnect'), member.count('error')]).toEqual([0, 0]);
  }

  async function givesUp(member: SdkDevice, name: string): Promise<void> {
    await member.sees('disconnect', ({ error }) => error?.name === name);
    expect((await member.call()).error.number).toBe(404_103);
    await member.order('telemetry');
    await member.sees('connect');
    await member.order('listen', { method: 'other' });
    expect((await member.call({ connectTimeoutInSeconds: 10 })).status).toBe(200);
  }

  const cut = async (member: SdkDevice, what: KillTarget | 'kick'): Promise<void> => {
    member.fault(what === 'kick' ? { kind: 'hub.kick', at: 'answered' } : { kind: 'hub.kill', what, at: 'answered' }, {
      first: 1,
    });
    expect((await member.call()).status).toBe(200);
  };

  describe('comes again by itself, methods and all, after', () => {
    test.each<[KillTarget | 'kick', Transport]>([
      ...(['mqtt', 'mqtt-ws'] as const).flatMap((transport) => [
        ['kick', transport] as [KillTarget | 'kick', Transport],
        ['connection', transport] as [KillTarget | 'kick', Transport],
      ]),
      ['tcp', 'mqtt-ws'],
      ...(['amqp', 'amqp-ws'] as const).flatMap((transport) => [
        ['tcp', transport] as [KillTarget | 'kick', Transport],
        ['session', transport] as [KillTarget | 'kick', Transport],
      ]),
      ...amqpLinks.map((what) => [what, 'amqp'] as [KillTarget | 'kick', Transport]),
    ])('%s over %s', async (what, transport) => {
      const member = await device(`back-${what}`, transport);
      await cut(member, what);
      await recovers(member);
      if (amqpLinks.some((link) => link === what)) await member.fact('fault.struck');
      else expect(await member.fact('device.disconnected')).toMatchObject({ reason: 'fault' });
    });
  });

  describe('gives up, says so, and works again when it is used, after', () => {
    test.each<[KillTarget | 'kick', Transport, string]>([
      ['tcp', 'mqtt', 'Error'],
      ['kick', 'amqp', 'Error'],
      ['kick', 'amqp-ws', 'Error'],
      ['connection', 'amqp', 'Error'],
      ['connection', 'amqp-ws', 'Error'],
    ])('%s over %s', async (what, transport, name) => {
      const member = await device(`gone-${what}`, transport);
      await cut(member, what);
      await givesUp(member, name);
      expect(await member.fact('device.disconnected')).toMatchObject({ reason: 'fault' });
    });
  });

  describe('refused by the hub when it comes again', () => {
    test.each([3, 5])('with CONNACK %i over MQTT, it tries until it is let in', async (connack) => {
      const member = await device(`refused-${connack}`, 'mqtt');
      member.fault({ kind: 'hub.refuse', connack }, { first: 3 });
      await cut(member, 'connection');
      await recovers(member);
      expect(member.facts('device.refused').map(({ code }) => code)).toEqual([connack, connack, connack]);
    });

    // Each attempt takes it 45 s; it says `disconnect` every time, and goes on all the same.
    test('for passing trouble over AMQP, it tries until it is let in', async () => {
      const member = await hub.device('refused-amqp', 'amqp');
      expect((await member.call({ connectTimeoutInSeconds: 10 })).status).toBe(200);
      member.fault({ kind: 'hub.refuse', condition: 'amqp:internal-error' }, { first: 2 });
      await cut(member, 'tcp');
      await member.sees('connect');
      expect((await member.call({ connectTimeoutInSeconds: 10 })).status).toBe(200);
      expect(member.facts('device.refused')).toHaveLength(2);
    });

    test('for its rights over AMQP, it gives up at once', async () => {
      const member = await hub.device('barred-amqp', 'amqp');
      expect((await member.call({ connectTimeoutInSeconds: 10 })).status).toBe(200);
      member.fault({ kind: 'hub.refuse', condition: 'amqp:unauthorized-access' }, { first: 1 });
      await cut(member, 'tcp');
      await givesUp(member, 'UnauthorizedError');
    });
  });

  describe('asks the hub for a fault by telemetry', () => {
    const order = (member: SdkDevice, type: string, more: Partial<Record<keyof typeof commandNames, string>> = {}) =>
      member.order('telemetry', {
        properties: Object.fromEntries(
          Object.entries({ type, reason: 'boom', ...more }).map(([key, value]) => [
            commandNames[key as keyof typeof commandNames],
            value,
          ]),
        ),
      });

    test.each<[string, Transport]>([
      ['KillTcp', 'amqp'],
      ['KillTcp', 'mqtt-ws'],
      ['ShutDownMqtt', 'mqtt'],
      ['KillAmqpSession', 'amqp'],
      ['KillAmqpCBSLinkReq', 'amqp'],
      ['KillAmqpCBSLinkResp', 'amqp'],
      ['KillAmqpD2CLink', 'amqp'],
      ['KillAmqpC2DLink', 'amqp'],
      ['KillAmqpTwinLinkReq', 'amqp'],
      ['KillAmqpTwinLinkResp', 'amqp'],
      ['KillAmqpMethodReqLink', 'amqp'],
      ['KillAmqpMethodRespLink', 'amqp'],
    ])('%s over %s: it is acknowledged, cut and back', async (type, transport) => {
      const member = await device(type, transport);
      await order(member, type, { delay: '0.1', duration: '20' });
      await recovers(member);
    });

    test.each<[string, Transport, string]>([
      ['KillTcp', 'mqtt', 'Error'],
      ['KillAmqpConnection', 'amqp', 'Error'],
      ['ShutDownAmqp', 'amqp', 'Error'],
    ])('%s over %s: it gives up', async (type, transport, name) => {
      const member = await device(type, transport);
      // A reset at once could overtake the acknowledgement, for which the client then comes again.
      await order(member, type, { delay: '0.2' });
      await givesUp(member, name);
    });

    test.each([
      ['InvokeMaxMessageQuota', 'IotHubQuotaExceededError'],
      ['InvokeAuthError', 'UnauthorizedError'],
    ])('%s over AMQP: telemetry fails with %s, and passes when it is over', async (type, name) => {
      const member = await device(type, 'amqp');
      await order(member, type, { duration: '1' });
      await expect(member.order('telemetry')).rejects.toMatchObject({ name });
      await expect
        .poll(() =>
          member.order('telemetry').then(
            () => 'taken',
            () => 'refused',
          ),
        )
        .toBe('taken');
    });

    test('InvokeThrottling over AMQP: telemetry waits in the client until it is over, and is not lost', async () => {
      const member = await device('InvokeThrottling', 'amqp');
      await order(member, 'InvokeThrottling', { duration: '1' });
      await member.order('telemetry');
      expect(member.facts('throttle.hit').length).toBeGreaterThan(0);
      expect(member.facts('message.received')).toHaveLength(3);
    });

    test('InvokeThrottling over MQTT: the hub ends the connection, and the client sends again until it is over', async () => {
      const member = await device('InvokeThrottling', 'mqtt');
      await order(member, 'InvokeThrottling', { duration: '1' });
      await member.order('telemetry');
      expect(member.facts('throttle.hit').length).toBeGreaterThan(0);
      expect((await member.call({ connectTimeoutInSeconds: 10 })).status).toBe(200);
    });
  });

  describe('reports properties that the hub refuses', () => {
    test.each<[Transport, 400 | 429 | 500 | 503]>([
      ['mqtt', 429],
      ['mqtt', 503],
      ['amqp', 400],
      ['amqp', 503],
    ])('and is told at once, whatever the status: %s, %i', async (transport, status) => {
      const member = await device(`report-${status}`, transport);
      member.fault({ kind: 'twin.report-rejected', status }, { first: 1 });
      await expect(member.order('report', { patch: { a: 1 } })).rejects.toMatchObject({ name: 'Error' });
      await member.order('report', { patch: { a: 2 } });
      expect(member.facts('twin.patched').map(({ patch }) => patch.text)).toEqual(['{"a":2}']);
    });
  });

  describe('hears nothing of', () => {
    test.each<Transport>(['mqtt', 'amqp'])('a request that was lost, and answers the next: %s', async (transport) => {
      const member = await device('lost', transport);
      member.fault({ kind: 'hub.request-lost' }, { first: 1 });
      expect((await member.call()).status).toBe(504);
      expect(member.count('call')).toBe(1);
      expect((await member.call()).status).toBe(200);
      expect(member.count('connect')).toBe(1);
    });

    test.each<Transport>(['mqtt', 'amqp'])('desired properties whose notification was lost: %s', async (transport) => {
      const member = await device('undesired', transport);
      await member.sees('desired', ({ delta }) => delta?.$version === 1);
      member.fault({ kind: 'hub.desired-lost' }, { first: 1 });
      expect(await member.patch({ colour: 'red' })).toBe(200);
      expect(await member.patch({ size: 2 })).toBe(200);
      expect((await member.sees('desired')).delta).toEqual({ size: 2, $version: 3 });
      await member.order('twin');
      expect((await member.sees('desired')).delta).toEqual({ colour: 'red', size: 2, $version: 3 });
    });
  });

  test.each<Transport>(['mqtt', 'amqp'])(
    'executes twice what it is asked twice, and one answer counts: %s',
    async (transport) => {
      const member = await device('twice', transport);
      member.fault({ kind: 'hub.request-twice' }, { first: 1 });
      expect((await member.call()).status).toBe(200);
      await member.fact('answer.dropped');
      expect(member.count('call')).toBe(3);
    },
  );

  test.sequential('waits in the client, and loses nothing, above the telemetry limit of a tier', async () => {
    const member = await device('throttled', 'amqp');
    const lift = hub.fault({ kind: 'hub.throttle', tier: 'F1' });
    await member.order('telemetry', { count: 600 });
    lift();
    expect(member.facts('throttle.hit').length).toBeGreaterThan(0);
    expect(member.facts('message.received')).toHaveLength(601);
    expect([member.count('disconnect'), member.count('error')]).toEqual([0, 0]);
  });
});
