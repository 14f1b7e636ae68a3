// The sender of cloud-to-device messages against a small AMQP server that answers as the test says; then against a hub.
import type { AddressInfo, Server } from 'node:net';
import rhea, { type Connection, type EventContext, type Message, type Receiver } from 'rhea';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { type Feedback, type MessageClient, openMessages } from '../../../simulators/invoker/messages.ts';
import { parseToken, verifyToken } from '../../../simulators/tokens/sas-token.ts';
import { until } from '../../support/a-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const key = Buffer.from('a key of a policy').toString('base64');
const connectionString = `HostName=hub.test;SharedAccessKeyName=service;SharedAccessKey=${key}`;
const { types } = rhea;

interface Manner {
  /** What the server answers to a token. @default 200 */
  readonly tokenStatus?: number;
  /** What becomes of a message; undefined leaves it unsettled. @default accepts it */
  readonly settle?: (context: EventContext) => unknown;
  /** Closes the link of that address when it is opened. */
  readonly refuse?: string;
}

async function anAmqpHub({ tokenStatus = 200, settle, refuse }: Manner = {}) {
  const tokens: Message[] = [];
  const received: Message[] = [];
  const connections: Connection[] = [];
  const senders = new Map<string, NonNullable<EventContext['sender']>>();
  const container = rhea.create_container({ autoaccept: false, autosettle: true });
  container.on('error', () => {});
  container.on('connection_open', ({ connection }: EventContext) => void connections.push(connection));
  container.on('sender_open', ({ sender }) => {
    if (sender === undefined) return;
    senders.set(sender.source.address, sender);
    sender.set_source({ address: sender.source.address });
  });
  container.on('receiver_open', ({ receiver }) => {
    const address = (receiver as Receiver).target.address as string;
    receiver?.set_target({ address });
    if (address === refuse) {
      const description = '{"errorCode":401003,"trackingId":"x","message":"No."}';
      receiver?.close({ condition: 'amqp:unauthorized-access', description });
    }
  });
  container.on('message', (context: EventContext) => {
    const { message, receiver, delivery } = context;
    if (message === undefined) return;
    if (receiver?.target.address === '$cbs') {
      tokens.push(message);
      delivery?.accept();
      senders.get('$cbs')?.send({
        correlation_id: message.message_id,
        application_properties: { 'status-code': types.wrap_int(tokenStatus), 'status-description': 'as you like' },
        body: null,
      });
      return;
    }
    received.push(message);
    if (settle === undefined) delivery?.accept();
    else settle(context);
  });
  const server: Server = container.listen({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    for (const connection of connections) connection.close();
    server.close();
  });
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: false };
  return { address, tokens, received, connections, senders };
}

async function opened(
  address: { readonly host: string; readonly port: number; readonly tls: boolean },
  clock: VirtualClock | ReturnType<typeof systemClock> = systemClock(),
): Promise<MessageClient> {
  const client = await openMessages({ connectionString, clock, address });
  onTestFinished(() => client.close());
  return client;
}

const hello = { body: Buffer.from('hello') };

test('a token of the policy goes first, a message then, and the hub has taken it', async () => {
  const { address, tokens, received } = await anAmqpHub();
  const client = await opened(address);
  const sent = await client.send('dev#1/m', {
    body: Buffer.from('{"a":1}'),
    messageId: 'm-1',
    correlationId: 'c',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    ack: 'full',
    expiresAt: 1_800_000_000_000,
    properties: { colour: 'red' },
  });
  expect(sent).toEqual({});
  expect(tokens[0]?.application_properties).toEqual({
    operation: 'put-token',
    type: 'servicebus.windows.net:sastoken',
    name: 'hub.test',
  });
  const token = parseToken(tokens[0]?.body as string);
  expect(token).toMatchObject({ skn: 'service', sr: 'hub.test' });
  expect(token && verifyToken(token, key)).toBe(true);
  expect(received[0]).toMatchObject({
    to: '/devices/dev%231/modules/m/messages/devicebound',
    message_id: 'm-1',
    correlation_id: 'c',
    content_type: 'application/json',
    content_encoding: 'utf-8',
    application_properties: { 'iothub-ack': 'full', colour: 'red' },
  });
  expect(new Date(received[0]?.absolute_expiry_time ?? 0).getTime()).toBe(1_800_000_000_000);
  const body = received[0]?.body as { readonly typecode: number; readonly content: Buffer };
  expect(body.typecode).toBe(0x75);
  expect(body.content.toString()).toBe('{"a":1}');
});

test('each of many messages gets the outcome that is its own', async () => {
  // Each outcome in a turn of its own: the server of `rhea` puts two in one frame, even when they differ.
  let turn = 0;
  const { address } = await anAmqpHub({
    async settle({ delivery, message }) {
      turn += 1;
      for (let waited = 0; waited < turn; waited++) await new Promise((resolve) => setImmediate(resolve));
      if (message?.to?.includes('odd')) {
        delivery?.reject({
          condition: 'amqp:not-found',
          description: '{"errorCode":404001,"trackingId":"x","message":"Device not registered."}',
        });
      } else delivery?.accept();
    },
  });
  const client = await opened(address);
  const outcomes = await Promise.all(['even1', 'odd1', 'even2', 'odd2'].map((id) => client.send(id, hello)));
  const problem = { name: 'DeviceNotFound', number: 404_001, message: 'Device not registered.' };
  expect(outcomes).toMatchObject([{}, { problem }, {}, { problem }]);
});

test('thousands at once wait for room, and all of them are taken', async () => {
  const { address, received } = await anAmqpHub();
  const client = await opened(address);
  const outcomes = await Promise.all(Array.from({ length: 5_000 }, () => client.send('d', hello)));
  expect(outcomes.filter(({ problem }) => problem !== undefined)).toEqual([]);
  expect(received).toHaveLength(5_000);
});

test.each([
  ['released', { problem: { name: 'released' } }],
  ['modified', { problem: { name: 'released' } }],
] as const)('a message that is %s was not taken', async (how, outcome) => {
  const { address } = await anAmqpHub({
    settle: ({ delivery }) =>
      how === 'released' ? delivery?.release() : delivery?.modified({ delivery_failed: true }),
  });
  expect(await (await opened(address)).send('d', hello)).toMatchObject(outcome);
});

test('a link that the hub closes ends the messages on it, and the next message opens another', async () => {
  let times = 0;
  const { address, received } = await anAmqpHub({
    settle({ receiver, delivery }) {
      times += 1;
      if (times > 1) delivery?.accept();
      else
        receiver?.close({
          condition: 'amqp:resource-limit-exceeded',
          description: '{"errorCode":403004,"message":"Full."}',
        });
    },
  });
  const client = await opened(address);
  expect(await client.send('d', hello)).toMatchObject({
    problem: { name: 'DeviceMaximumQueueDepthExceeded', message: 'Full.' },
  });
  expect(await client.send('d', hello)).toEqual({});
  expect(received).toHaveLength(2);
});

test('a token that is not accepted is told with the words of the hub', async () => {
  const { address } = await anAmqpHub({ tokenStatus: 401 });
  await expect(openMessages({ connectionString, clock: systemClock(), address })).rejects.toMatchObject({
    code: 'hub.refused',
    message: expect.stringContaining('401 to the token of policy service: as you like'),
  });
});

test('a link that is refused is told with the words of the hub', async () => {
  const { address } = await anAmqpHub({ refuse: '/messages/devicebound' });
  await expect((await opened(address)).send('d', hello)).rejects.toMatchObject({
    code: 'hub.refused',
    message: 'the hub closed /messages/devicebound: 401003 IotHubUnauthorized: No.',
  });
});

test('a hub that goes away ends those who wait, and whoever comes later', async () => {
  const { address, connections, received } = await anAmqpHub({ settle: () => {} });
  const client = await opened(address);
  const sent = client.send('d', hello);
  await until(() => received.length === 1);
  for (const connection of connections) (connection as unknown as { socket: { destroy(): void } }).socket.destroy();
  await expect(sent).rejects.toMatchObject({ code: 'hub.unreachable' });
  await expect(client.send('d', hello)).rejects.toMatchObject({ code: 'hub.unreachable' });
});

test('a hub that is not there is told with its address', async () => {
  const address = { host: '127.0.0.1', port: 9, tls: false };
  await expect(openMessages({ connectionString, clock: systemClock(), address })).rejects.toMatchObject({
    code: 'hub.unreachable',
    message: expect.stringContaining('amqp://127.0.0.1:9'),
  });
});

test('waits in vain end after their patience and leave no timer', async () => {
  const clock = new VirtualClock();
  const { address, received } = await anAmqpHub({ settle: () => {} });
  const client = await opened(address, clock);
  const sent = client.send('d', hello);
  const failed = expect(sent).rejects.toMatchObject({
    code: 'hub.unreachable',
    message: expect.stringContaining('30 s'),
  });
  await until(() => received.length === 1);
  await clock.advance(30_000);
  await failed;
  await client.close();
  expect(clock.pending).toBe(0);
});

test('the token is renewed on the same links', async () => {
  const clock = new VirtualClock();
  const { address, tokens } = await anAmqpHub();
  await opened(address, clock);
  await clock.advance(45 * 60_000);
  await until(() => tokens.length === 2);
  expect(tokens[1]?.body).not.toBe(tokens[0]?.body);
});

test('feedback is handed on in batches', async () => {
  const { address, senders } = await anAmqpHub();
  const client = await opened(address);
  const taken: Feedback[] = [];
  await client.receiveFeedback((records) => taken.push(...records));
  const record = { originalMessageId: 'm-1', statusCode: 'Success', description: 'Success', deviceId: 'd' };
  const sender = senders.get('/messages/serviceBound/feedback');
  sender?.send({ body: rhea.message.data_section(Buffer.from('not json')) });
  sender?.send({ body: rhea.message.data_section(Buffer.from(JSON.stringify([record, record]))) });
  await until(() => taken.length === 2);
  expect(taken[0]).toEqual(record);
});
