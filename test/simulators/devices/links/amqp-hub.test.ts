// Devices over AMQP on our own hub: what one side writes the other must read.
import { describe, expect, it } from 'vitest';
import { fleetSpecSchema } from '../../../../simulators/vocabulary/specs.ts';
import { aFleet } from '../../../support/a-fleet.ts';
import { until } from '../../../support/a-lab.ts';

const oddDevice = "a:b.c+%41_#*?!(),=@;$'-{index}";

async function deleteDevice(hub: Awaited<ReturnType<typeof aFleet>>['hub'], id: string): Promise<void> {
  const { http } = hub.status.doors;
  const url = `http://${http?.host}:${http?.port}/devices/${encodeURIComponent(id)}?api-version=2021-04-12`;
  const headers = { authorization: hub.serviceToken('iothubowner', 60), 'if-match': '*' };
  expect((await fetch(url, { method: 'DELETE', headers })).status).toBe(204);
}

describe.each(['amqp', 'amqp-ws'] as const)('devices over %s on our hub', (protocol) => {
  it('come online with odd ids and modules, several on one connection, and answer under the request id the hub knows', async () => {
    const spec = fleetSpecSchema.parse({
      ...{ name: 'pumps', count: 3, id: oddDevice, modules: ['$edgeAgent', 'valve+1'], protocol },
      ...{ devicesPerConnection: 4, behaviour: { kind: 'echo' }, connect: { perSecond: 1_000, jitter: 0 } },
    });
    const { identities, allOnline, call, of } = await aFleet(spec);
    expect(identities).toHaveLength(9);
    await allOnline();
    const answers = await Promise.all(identities.map(({ id }) => call(id, `for ${id}`)));
    for (const { status, payload, text } of answers) expect([status, payload]).toEqual([200, JSON.stringify(text)]);
    const known = of('invocation.ended').map(({ device, rid }) => `${device} ${rid}`);
    const handled = of('method.handled').map(({ device, rid }) => `${device} ${rid}`);
    expect(handled.sort()).toEqual(known.sort());
    expect(of('twin.fetched')).toHaveLength(9);
    expect(of('device.connected').every((fact) => fact.protocol === protocol)).toBe(true);
    expect(of('device.failed')).toEqual([]);
    expect(of('input.refused')).toEqual([]);
  });

  it('lose one of them to the registry, and only that one', async () => {
    const spec = fleetSpecSchema.parse({
      ...{ name: 'pumps', count: 5, id: 'pump-{index}', protocol, devicesPerConnection: 5 },
      ...{ behaviour: { kind: 'echo' }, reconnect: { kind: 'none' } },
    });
    const { hub, identities, allOnline, call, of, fleets } = await aFleet(spec);
    await allOnline();
    const [gone, ...others] = identities.map(({ id }) => id);
    if (gone === undefined) throw new Error('no identity');
    await deleteDevice(hub, gone);
    await until(
      () => fleets.snapshot(gone)?.state === 'failed',
      () => `${gone} is ${fleets.snapshot(gone)?.state}`,
    );
    expect(await Promise.all(others.map(async (id) => (await call(id, id)).status))).toEqual([200, 200, 200, 200]);
    expect(of('link.changed').filter(({ state }) => state === 'failed')).toHaveLength(1);
    expect(fleets.snapshot(gone)?.detail).toMatch(/\(amqp:|\(\d{3}\)/);
  });

  it('send telemetry that the hub takes', async () => {
    const spec = fleetSpecSchema.parse({
      ...{ name: 'pumps', count: 2, id: 'pump-{index}', protocol, devicesPerConnection: 2 },
      telemetry: { intervalMs: 100 },
    });
    const { allOnline, of } = await aFleet(spec);
    await allOnline();
    await until(
      () => of('message.received').length >= 4 && of('telemetry.sent').length >= 4,
      () => `${of('message.received').length} received, ${of('telemetry.sent').length} sent`,
    );
    expect(of('telemetry.sent').every(({ outcome }) => outcome === 'taken')).toBe(true);
  });
});
