// One live connection per identity, whatever it comes by, and what ends it: a newer one, or the end of its device.
import { connectAsync, type IClientOptions } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { until } from '../../../support/a-lab.ts';
import { AmqpClient } from '../doors-amqp/amqp-client.ts';
import { aHub, allShut } from './a-hub.ts';

const hostName = 'myhub.localhost';

/** A hub with the device `pump` and its module `valve`, and their ways in. */
async function aPump() {
  const bench = await aHub({ hostName, listen: { ...allShut, http: 0, mqtt: 0, amqp: 0 } });
  const { hub, ask, facts } = bench;
  const tokens = new Map<string, string>();
  for (const [id, path] of [
    ['pump', 'devices/pump'],
    ['pump/valve', 'devices/pump/modules/valve'],
  ] as const) {
    const { body } = await ask('PUT', `/${path}`, { body: {} });
    const { primaryKey: key } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication
      .symmetricKey;
    tokens.set(id, signToken({ resource: `${hostName}/${path}`, key, expiresAt: Date.now() + 3_600_000 }));
  }
  const { http, mqtt, amqp } = hub.status.doors;
  const mqttWith = async (id: string, options: IClientOptions) => {
    const client = await connectAsync({
      ...options,
      clientId: id,
      username: `${hostName}/${id}/?api-version=2021-04-12`,
      password: tokens.get(id) ?? '',
      reconnectPeriod: 0,
    });
    onTestFinished(() => void client.end(true));
    return client;
  };
  return {
    ...bench,
    overMqtt: (id: string) => mqttWith(id, { host: '127.0.0.1', port: mqtt?.port ?? 0, protocol: 'mqtt' }),
    overWebSocket: (id: string) =>
      mqttWith(id, { host: '127.0.0.1', port: http?.port ?? 0, protocol: 'ws', path: '/$iothub/websocket' }),
    async overAmqp(id: string) {
      const client = new AmqpClient(amqp?.port ?? 0, {});
      onTestFinished(() => client.stop());
      await client.opened;
      const path = `devices/${id.replace('/', '/modules/')}`;
      await client.putToken(tokens.get(id) ?? '', `${hostName}/${path}`);
      return client.receiver(`/${path}/methods/devicebound`);
    },
    ends: () => facts.flatMap((fact) => (fact.type === 'device.disconnected' ? [`${fact.device} ${fact.reason}`] : [])),
    comings: () =>
      facts.flatMap((fact) => (fact.type === 'device.connected' ? [`${fact.device} ${fact.protocol}`] : [])),
  };
}

test('the newest connection of an identity ends the one before it, on whatever transport; a module is another identity', async () => {
  const { hub, overMqtt, overWebSocket, overAmqp, ends, comings } = await aPump();
  await overMqtt('pump');
  await overMqtt('pump/valve');
  const amqp = await overAmqp('pump');
  expect(ends()).toEqual(['pump replaced']);
  await overWebSocket('pump');
  expect(await amqp.ended).toMatchObject({ errorCode: 400_027 });
  const again = await overAmqp('pump/valve');
  expect(ends()).toEqual(['pump replaced', 'pump replaced', 'pump/valve replaced']);
  await overMqtt('pump/valve');
  expect(await again.ended).toMatchObject({ errorCode: 400_027 });
  expect(comings()).toEqual([
    'pump mqtt',
    'pump/valve mqtt',
    'pump amqp',
    'pump mqtt-ws',
    'pump/valve amqp',
    'pump/valve mqtt',
  ]);
  expect(hub.counts().connected).toBe(2);
});

test.each([
  ['disabled', 'PUT', { status: 'disabled' }],
  ['deleted', 'DELETE', undefined],
] as const)(
  'a %s device takes its module along, each on a transport of its own, and neither comes back',
  async (reason, method, body) => {
    const { hub, ask, overWebSocket, overAmqp, overMqtt, ends } = await aPump();
    const amqp = await overAmqp('pump');
    const module = await overWebSocket('pump/valve');
    const gone = new Promise<void>((resolve) => void module.once('close', () => resolve()));
    await ask(method, '/devices/pump', { headers: { 'if-match': '*' }, ...(body === undefined ? {} : { body }) });
    await gone;
    expect((await amqp.ended).errorCode).toBe(reason === 'disabled' ? 401_003 : 404_001);
    await until(() => ends().length === 2, ends);
    expect(ends().sort()).toEqual([`pump ${reason}`, `pump/valve ${reason}`]);
    for (const id of ['pump', 'pump/valve']) {
      await expect(overMqtt(id)).rejects.toThrow('Not authorized');
      await expect(overWebSocket(id)).rejects.toThrow('Not authorized');
      await expect(overAmqp(id)).rejects.toThrow();
    }
    expect(hub.counts().connected).toBe(0);
  },
);
