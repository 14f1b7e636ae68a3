// The sender of messages against a whole hub, over TLS and in plain text: taken, refused, handed to the device, reported back.
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../simulators/clock/clock.ts';
import { systemClock } from '../../../simulators/clock/system.ts';
import { type Feedback, openMessages } from '../../../simulators/invoker/messages.ts';
import { signToken } from '../../../simulators/tokens/sas-token.ts';
import { until } from '../../support/a-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { aHub, allShut } from '../hub/hub/a-hub.ts';

const listen = { ...allShut, http: 0, mqtt: 0, amqp: 0, amqps: 0 };

interface Sending {
  readonly policy?: string;
  readonly key?: string;
  /** The hub's. */
  readonly clock?: Clock;
}

async function aSender(door: 'amqp' | 'amqps', { policy = 'service', key, clock = systemClock() }: Sending = {}) {
  const { hub, ask, create } = await aHub({ listen, clock });
  const address = hub.status.doors[door];
  if (address === undefined) throw new Error(`the ${door} door is shut`);
  const tls = door === 'amqps';
  const own = hub.status.connectionStrings[policy] ?? '';
  const connectionString = key === undefined ? own : own.replace(/SharedAccessKey=.*/, `SharedAccessKey=${key}`);
  const opening = openMessages({
    connectionString,
    clock: systemClock(),
    address: { ...address, tls },
    ...(tls ? { ca: hub.status.ca.pem } : {}),
  });
  onTestFinished(() =>
    opening.then(
      (client) => client.close(),
      () => {},
    ),
  );
  return { hub, ask, create, opening };
}

test.each(['amqp', 'amqps'] as const)('a message sent over %s reaches the device with its properties', async (door) => {
  const { hub, create, opening } = await aSender(door);
  const { body } = await create('pump');
  const { primaryKey: key } = (body as { authentication: { symmetricKey: { primaryKey: string } } }).authentication
    .symmetricKey;
  const heard: string[] = [];
  const device = await connectAsync({
    host: '127.0.0.1',
    port: hub.status.doors.mqtt?.port ?? 0,
    clientId: 'pump',
    username: 'hub.localhost/pump/?api-version=2021-04-12',
    password: signToken({ resource: 'hub.localhost/devices/pump', key, expiresAt: Date.now() + 600_000 }),
    reconnectPeriod: 0,
  });
  onTestFinished(() => void device.end(true));
  device.on('message', (topic, payload) => void heard.push(`${decodeURIComponent(topic)} ${payload}`));
  await device.subscribeAsync('devices/pump/messages/devicebound/#', { qos: 1 });

  const messages = await opening;
  const message = { body: Buffer.from('hello'), messageId: 'm-1', properties: { colour: 'red' } };
  expect(await messages.send('pump', message)).toEqual({});
  await until(() => heard.length === 1);
  expect(heard[0]).toMatch(/^devices\/pump\/messages\/devicebound\/.*colour=red.* hello$/);
  expect(heard[0]).toContain('$.mid=m-1');
});

describe('what the hub says', () => {
  test('of a device it does not have', async () => {
    const { opening } = await aSender('amqp');
    expect(await (await opening).send('nobody', { body: Buffer.from('x') })).toMatchObject({
      problem: { name: 'DeviceNotFound', number: 404_001 },
    });
  });

  test('of a queue that is full', async () => {
    const { opening, create } = await aSender('amqp');
    await create('pump');
    const messages = await opening;
    const outcomes = await Promise.all(
      Array.from({ length: 52 }, () => messages.send('pump', { body: Buffer.from('x') })),
    );
    expect(outcomes.filter(({ problem }) => problem === undefined)).toHaveLength(50);
    expect(outcomes.at(-1)).toMatchObject({ problem: { name: 'DeviceMaximumQueueDepthExceeded', number: 403_004 } });
  });

  test('of a key that is wrong, and of a policy that may not send', async () => {
    const wrong = await aSender('amqp', { key: Buffer.from('wrong').toString('base64') });
    await expect(wrong.opening).rejects.toMatchObject({ code: 'hub.refused' });
    const { opening, create } = await aSender('amqp', { policy: 'registryRead' });
    await create('pump');
    const sent = opening.then((client) => client.send('pump', { body: Buffer.from('x') }));
    const outcome = await sent.then(
      ({ problem }) => problem?.message ?? 'it was taken',
      (error: Error) => error.message,
    );
    expect(outcome).not.toBe('it was taken');
    expect(outcome).toMatch(/ServiceConnect|not allow|unauthorized|registryRead/i);
  });
});

test('feedback on a purged message comes to whoever asked for it', async () => {
  const clock = new VirtualClock(Date.now());
  const { opening, create, ask } = await aSender('amqps', { clock });
  await create('pump');
  const messages = await opening;
  const taken: Feedback[] = [];
  await messages.receiveFeedback((records) => taken.push(...records));
  await messages.send('pump', { body: Buffer.from('x'), messageId: 'm-2', ack: 'full' });
  expect(await ask('DELETE', '/devices/pump/commands')).toMatchObject({ body: { totalMessagesPurged: 1 } });
  await clock.advance(15_000); // the hub gathers records for so long
  await until(() => taken.length === 1);
  expect(taken[0]).toMatchObject({ originalMessageId: 'm-2', statusCode: 'Purged', deviceId: 'pump' });
});
