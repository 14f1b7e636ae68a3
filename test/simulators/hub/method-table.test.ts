// Direct methods and twins from outside: a hub with its plain doors, devices over MQTT, requests as bytes over HTTP. Every row says what
// the service answers (status, `iothub-errorcode`, number in the body) and how long that may take.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { type Hub, openHub } from '../../../simulators/hub/hub.ts';
import { parseConnectionString } from '../../../simulators/tokens/connection-string.ts';
import { signToken } from '../../../simulators/tokens/sas-token.ts';
import { type ServiceErrorName, serviceErrors } from '../../../simulators/vocabulary/service-errors.ts';
import { Facts } from './parts.ts';

const hostName = 'myhub.localhost';
const facts = new Facts();
const clients: MqttClient[] = [];
let hub: Hub;

interface Answer {
  readonly status: number;
  readonly error: string | undefined;
  /** The number in an error body of either form; undefined on success. */
  readonly number: number | undefined;
  readonly text: string;
  readonly message: string;
  readonly info: Record<string, string> | undefined;
  readonly ms: number;
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | object | undefined;
  /** The whole Authorization header; undefined sends the service policy's token, null none. */
  readonly authorization?: string | null;
  readonly headers?: Record<string, string>;
}

function ask({ method = 'POST', path = '/', body, authorization, headers }: Asked): Promise<Answer> {
  const begun = performance.now();
  const sent = authorization === undefined ? hub.serviceToken('iothubowner', 600) : authorization;
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: hub.status.doors.http?.port,
        method,
        path,
        headers: { ...(sent === null ? {} : { authorization: sent }), ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          const error = response.headers['iothub-errorcode'] as string | undefined;
          resolve({ status, error, ms: performance.now() - begun, text, ...problemOf(status, text) });
        });
      },
    );
    asked.on('error', reject);
    asked.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
}

/** Both error forms of the service: JSON inside a string, and `ErrorCode:<Name>;<text>`, whose number is that of its name. */
function problemOf(status: number, text: string): Pick<Answer, 'number' | 'message' | 'info'> {
  if (status < 400) return { number: undefined, message: '', info: undefined };
  const { Message } = JSON.parse(text) as { Message: string };
  const named = /^ErrorCode:(\w+);(.*)$/s.exec(Message);
  if (named) {
    return { number: serviceErrors[named[1] as ServiceErrorName][0], message: named[2] ?? '', info: undefined };
  }
  const { errorCode, message, info } = JSON.parse(Message);
  return { number: errorCode, message, info };
}

const call = (device: string, fields: object | string = {}, more: Asked = {}): Promise<Answer> =>
  ask({
    path: `/twins/${encodeURIComponent(device)}/methods?api-version=2021-04-12`,
    body: typeof fields === 'string' ? fields : { methodName: 'm', responseTimeoutInSeconds: 5, ...fields },
    ...more,
  });

/** The key of a new device. */
async function register(id: string, status = 'enabled'): Promise<string> {
  const { text } = await ask({ method: 'PUT', path: `/devices/${id}`, body: { deviceId: id, status } });
  return JSON.parse(text).authentication.symmetricKey.primaryKey;
}

type Reply = (status: number | string, body: string | Buffer, rid?: string) => void;
type Handler = (payload: Buffer, reply: Reply, client: MqttClient) => void;

async function dial(id: string, key: string): Promise<MqttClient> {
  const client = await connectAsync({
    host: '127.0.0.1',
    port: hub.status.doors.mqtt?.port ?? 0,
    clientId: id,
    username: `${hostName}/${id}/?api-version=2021-04-12`,
    password: signToken({ resource: `${hostName}/devices/${id}`, key, expiresAt: Date.now() + 600_000 }),
    reconnectPeriod: 0,
  });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

async function listen(client: MqttClient, handle: Handler): Promise<void> {
  client.on('message', (topic, payload) => {
    const rid = topic.split('$rid=')[1] ?? '';
    handle(
      payload,
      (status, body, as = rid) => client.publish(`$iothub/methods/res/${status}/?$rid=${as}`, body),
      client,
    );
  });
  await client.subscribeAsync('$iothub/methods/POST/#');
}

/** A registered device that is connected and handles its calls. */
async function device(id: string, handle: Handler): Promise<MqttClient> {
  const client = await dial(id, await register(id));
  await listen(client, handle);
  return client;
}

const echo: Handler = (payload, reply) => reply(200, payload);
const silent: Handler = () => {};

const tokenOf = (policy: string, more: { key?: string; policy?: string; seconds?: number; resource?: string } = {}) => {
  const { sharedAccessKey } = parseConnectionString(hub.status.connectionStrings[policy] ?? '');
  return signToken({
    resource: more.resource ?? hostName,
    key: more.key ?? sharedAccessKey ?? '',
    policy: more.policy ?? policy,
    expiresAt: Date.now() + (more.seconds ?? 600) * 1_000,
  });
};

const twin = (id: string, method = 'GET', body?: object | string, headers?: Record<string, string>) =>
  ask({ method, path: `/twins/${id}?api-version=2021-04-12`, body, ...(headers ? { headers } : {}) });
/** A patch of a fresh twin's tags or desired properties. */
const patched = async (id: string, body: object | string, headers?: Record<string, string>) => {
  await register(id);
  return twin(id, 'PATCH', body, headers);
};
const nested = (levels: number): object => (levels === 0 ? { leaf: 1 } : { level: nested(levels - 1) });
const large = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'x'.repeat(1_000)]));

interface Row {
  readonly name: string;
  readonly run: () => Promise<Answer>;
  /** `200`, or the error's name; number and status belong to it. */
  readonly gives: 200 | ServiceErrorName;
  /** Milliseconds: at least, at most. */
  readonly within?: readonly [number, number];
  /** What else holds: a text that the answer contains, or a check of its own. */
  readonly and?: string | ((answer: Answer) => void);
}

// Never sooner than documented; later only by what a busy machine takes, and far below the 30 s of a default timeout.
const lateness = 10_000;
const atOnce = [0, lateness] as const;
const after = (seconds: number) => [seconds * 1_000 - 20, seconds * 1_000 + lateness] as const;
const responseRange = 'responseTimeoutInSeconds must be within [5; 300].';
const connectRange = 'connectTimeoutInSeconds must be within [0; 300].';
const span = (text: string) => (answer: Answer) => expect(answer.info).toEqual({ timeout: text });

const methodRows: Row[] = [
  {
    name: 'a device that answers',
    run: () => call('echo', { payload: { a: 1 } }),
    gives: 200,
    and: '{"status":200,"payload":{"a":1}}',
  },
  {
    name: 'a device that answers 404 of its own',
    run: () => call('chooser', { payload: [404, '"no"'] }),
    gives: 200,
    and: '{"status":404,"payload":"no"}',
  },
  {
    name: 'a device that answers 500 of its own',
    run: () => call('chooser', { payload: [500, 'null'] }),
    gives: 200,
    and: '{"status":500,"payload":null}',
  },
  {
    name: 'a device status below zero',
    run: () => call('chooser', { payload: [-1, '{}'] }),
    gives: 200,
    and: '{"status":-1,"payload":{}}',
  },
  {
    name: 'a device that answers what is no JSON',
    run: () => call('chooser', { payload: [200, 'oops'] }),
    gives: 200,
    and: '{"status":200,"payload":oops}',
  },
  {
    name: 'a device that answers nothing',
    run: () => call('chooser', { payload: [200, ''] }),
    gives: 200,
    and: '{"status":200,"payload":null}',
  },
  { name: 'a null payload', run: () => call('measure', { payload: null }), gives: 200, and: '"payload":4}' },
  { name: 'no payload', run: () => call('measure', {}), gives: 200, and: '"payload":0}' },
  {
    name: 'big integers, key order and spaces',
    run: () => call('echo', '{"methodName":"m","payload":{"z": 12345678901234567890123,"a":1.0}}'),
    gives: 200,
    and: '"payload":{"z": 12345678901234567890123,"a":1.0}}',
  },
  {
    name: 'characters beyond ASCII',
    run: () => call('echo', { payload: 'é€😀' }),
    gives: 200,
    and: '"payload":"é€😀"}',
  },
  {
    name: 'a payload of 128 KB',
    run: () => call('measure', { payload: 'x'.repeat(131_070) }),
    gives: 200,
    and: '"payload":131072}',
  },
  {
    name: 'a payload of 128 KB and a byte',
    run: () => call('measure', { payload: 'x'.repeat(131_071) }),
    gives: 'MessageTooLarge',
    and: '131073 bytes',
  },
  { name: 'an answer of 128 KB', run: () => call('sized', { payload: 131_072 }), gives: 200 },
  {
    name: 'an answer of 128 KB and a byte',
    run: () => call('sized', { payload: 131_073 }),
    gives: 'GatewayTimeout',
    within: after(5),
  },

  {
    name: 'a response timeout of 4 s',
    run: () => call('echo', { responseTimeoutInSeconds: 4 }),
    gives: 'ArgumentInvalid',
    and: responseRange,
  },
  {
    name: 'a response timeout of 301 s',
    run: () => call('echo', { responseTimeoutInSeconds: 301 }),
    gives: 'ArgumentInvalid',
    and: responseRange,
  },
  {
    name: 'a response timeout of 0 s',
    run: () => call('echo', { responseTimeoutInSeconds: 0 }),
    gives: 'ArgumentInvalid',
    and: responseRange,
  },
  {
    name: 'a response timeout of 5.5 s',
    run: () => call('echo', { responseTimeoutInSeconds: 5.5 }),
    gives: 'ArgumentInvalid',
    and: responseRange,
  },
  {
    name: 'a response timeout in words',
    run: () => call('echo', { responseTimeoutInSeconds: 'five' }),
    gives: 'ArgumentInvalid',
    and: responseRange,
  },
  {
    name: 'a connect timeout of -1 s',
    run: () => call('echo', { connectTimeoutInSeconds: -1 }),
    gives: 'ArgumentInvalid',
    and: connectRange,
  },
  {
    name: 'a connect timeout of 301 s',
    run: () => call('echo', { connectTimeoutInSeconds: 301 }),
    gives: 'ArgumentInvalid',
    and: connectRange,
  },
  {
    name: 'both timeouts at their most',
    run: () => call('echo', { responseTimeoutInSeconds: 300, connectTimeoutInSeconds: 300 }),
    gives: 200,
  },
  { name: 'no timeouts at all', run: () => call('echo', '{"methodName":"m"}'), gives: 200 },
  {
    name: 'a range error, for a device nobody knows',
    run: () => call('nobody', { responseTimeoutInSeconds: 4 }),
    gives: 'ArgumentInvalid',
    and: responseRange,
  },
  { name: 'timeoutInSeconds, which the service ignores', run: () => call('echo', { timeoutInSeconds: 1 }), gives: 200 },

  { name: 'a body that is no JSON', run: () => call('echo', '{"methodName":'), gives: 'IotHubFormatError' },
  { name: 'no body', run: () => call('echo', ''), gives: 'IotHubFormatError' },
  { name: 'a body that is a list', run: () => call('echo', '[]'), gives: 'IotHubFormatError' },
  { name: 'no method name', run: () => call('echo', '{}'), gives: 'ArgumentInvalid', and: 'methodName is missing' },
  {
    name: 'an empty method name',
    run: () => call('echo', { methodName: '' }),
    gives: 'ArgumentInvalid',
    and: 'methodName is empty',
  },
  { name: 'null for a method name', run: () => call('echo', { methodName: null }), gives: 'ArgumentNull' },
  {
    name: 'a method name with a space',
    run: () => call('echo', { methodName: 'a b' }),
    gives: 'ArgumentInvalid',
    and: "'a b'",
  },
  { name: 'a method name with a slash', run: () => call('echo', { methodName: 'a/b' }), gives: 'ArgumentInvalid' },
  {
    name: 'a method name of 101 characters',
    run: () => call('echo', { methodName: 'm'.repeat(101) }),
    gives: 'ArgumentInvalid',
  },

  {
    name: 'a device nobody knows',
    run: () => call('nobody', { connectTimeoutInSeconds: 30 }),
    gives: 'DeviceNotFound',
  },
  { name: 'a device id in another case', run: () => call('ECHO'), gives: 'DeviceNotFound' },
  { name: 'a disabled device', run: () => call('disabled', { connectTimeoutInSeconds: 30 }), gives: 'DeviceNotFound' },
  {
    name: 'a module nobody knows',
    run: () => ask({ path: '/twins/echo/modules/m/methods', body: { methodName: 'm' } }),
    gives: 'ModuleNotFound',
  },
  { name: 'a device that is offline', run: () => call('offline'), gives: 'DeviceNotOnline', and: span('00:00:00') },
  { name: 'a device that does not listen', run: () => call('deaf'), gives: 'DeviceNotOnline', and: span('00:00:00') },
  {
    name: 'a device that stays offline for the connect timeout',
    run: () => call('offline', { connectTimeoutInSeconds: 2 }),
    gives: 'DeviceNotOnline',
    within: after(2),
    and: span('00:00:02'),
  },
  {
    name: 'a device that does not listen for the connect timeout',
    run: () => call('deaf', { connectTimeoutInSeconds: 3 }),
    gives: 'DeviceNotOnline',
    within: after(3),
    and: span('00:00:03'),
  },
  {
    name: 'a device that comes within the connect timeout',
    run: () => comesLater('comer', 1_000, echo, { connectTimeoutInSeconds: 20 }),
    gives: 200,
    within: after(1),
  },
  {
    name: 'a device that comes and stays silent',
    run: () => comesLater('mute-comer', 1_000, silent, { connectTimeoutInSeconds: 20 }),
    gives: 'GatewayTimeout',
    within: after(6),
    and: span('00:00:05'),
  },

  {
    name: 'a silent device',
    run: () => call('silent'),
    gives: 'GatewayTimeout',
    within: after(5),
    and: (answer) => {
      span('00:00:05')(answer);
      expect(answer.message).toBe('Timed out waiting for the response from device.');
    },
  },
  {
    name: 'a silent device and a response timeout of 6 s',
    run: () => call('silent', { responseTimeoutInSeconds: 6 }),
    gives: 'GatewayTimeout',
    within: after(6),
    and: span('00:00:06'),
  },
  {
    name: 'a silent device that is online: the connect timeout does not count',
    run: () => call('silent', { connectTimeoutInSeconds: 60 }),
    gives: 'GatewayTimeout',
    within: after(5),
  },
  {
    name: 'a device that answers under another request id',
    run: () => call('liar'),
    gives: 'GatewayTimeout',
    within: after(5),
  },
  { name: 'a device that answers twice', run: () => call('twice'), gives: 200, and: '"payload":1}' },
  { name: 'a device that answers in its last second', run: () => call('slow'), gives: 200, within: after(4) },
  { name: 'a device that answers too late', run: () => call('late'), gives: 'GatewayTimeout', within: after(5) },
  { name: 'a device that hangs up', run: () => call('leaver'), gives: 'DeviceConnectionClosedRemotely' },
  {
    name: 'a device that connects again',
    run: () => call('again'),
    gives: 'ConnectionForcefullyClosedOnNewConnection',
  },
  {
    name: 'a device that publishes where it may not',
    run: () => call('rude'),
    gives: 'DeviceConnectionClosedRemotely',
  },

  { name: 'no token', run: () => call('echo', {}, { authorization: null }), gives: 'IotHubUnauthorized' },
  {
    name: 'a token that is none',
    run: () => call('echo', {}, { authorization: 'Bearer x' }),
    gives: 'IotHubUnauthorized',
  },
  {
    name: 'a token signed with a wrong key',
    run: () => call('echo', {}, { authorization: tokenOf('service', { key: 'AAAA' }) }),
    gives: 'IotHubUnauthorizedAccess',
  },
  {
    name: 'a token of an unknown policy',
    run: () => call('echo', {}, { authorization: tokenOf('service', { policy: 'mine' }) }),
    gives: 'IotHubUnauthorizedAccess',
  },
  {
    name: 'a token that has expired',
    run: () => call('echo', {}, { authorization: tokenOf('service', { seconds: -1 }) }),
    gives: 'IotHubUnauthorized',
    and: 'expired',
  },
  {
    name: 'a token for another hub',
    run: () => call('echo', {}, { authorization: tokenOf('service', { resource: 'other.localhost' }) }),
    gives: 'IotHubUnauthorized',
  },
  {
    name: 'a policy without service connect',
    run: () => call('echo', {}, { authorization: tokenOf('registryReadWrite') }),
    gives: 'IotHubUnauthorized',
    and: "Authorization rule 'registryReadWrite' does not allow access for",
  },
  {
    name: 'a policy with service connect alone',
    run: () => call('echo', {}, { authorization: tokenOf('service') }),
    gives: 200,
  },
  { name: 'no api-version', run: () => ask({ path: '/twins/echo/methods', body: { methodName: 'm' } }), gives: 200 },
];

const twinRows: Row[] = [
  {
    name: 'reading a twin',
    run: async () => patched('t1', { tags: { a: 1 } }).then(() => twin('t1')),
    gives: 200,
    and: '"tags":{"a":1}',
  },
  { name: 'reading the twin of a device nobody knows', run: () => twin('nobody'), gives: 'DeviceNotFound' },
  {
    name: 'patching the twin of a device nobody knows',
    run: () => twin('nobody', 'PATCH', { tags: {} }),
    gives: 'DeviceNotFound',
  },
  {
    name: 'patching desired properties',
    run: () => patched('t2', { properties: { desired: { a: { b: 1 } } } }),
    gives: 200,
    and: '"desired":{"a":{"b":1}',
  },
  { name: 'a patch that is no JSON', run: () => patched('t3', '{'), gives: 'IotHubFormatError' },
  {
    name: 'an etag that is not the current one',
    run: () => patched('t4', { tags: {} }, { 'if-match': '"AAAAAAAAAAk="' }),
    gives: 'PreconditionFailed',
  },
  { name: 'any etag', run: () => patched('t5', { tags: { a: 1 } }, { 'if-match': '*' }), gives: 200 },
  {
    name: 'a key with a dot',
    run: () => patched('t6', { properties: { desired: { 'a.b': 1 } } }),
    gives: 'ArgumentInvalid',
  },
  { name: 'a key with a space', run: () => patched('t7', { tags: { 'a b': 1 } }), gives: 'ArgumentInvalid' },
  { name: 'ten levels', run: () => patched('t8', { properties: { desired: nested(9) } }), gives: 200 },
  {
    name: 'twelve levels',
    run: () => patched('t9', { properties: { desired: nested(12) } }),
    gives: 'ArgumentInvalid',
  },
  {
    name: 'a string above 4 KB',
    run: () => patched('t10', { tags: { a: 'x'.repeat(4_097) } }),
    gives: 'ArgumentInvalid',
  },
  {
    name: 'an integer beyond the range',
    run: () => patched('t11', { tags: { a: 4_503_599_627_370_496 } }),
    gives: 'ArgumentInvalid',
  },
  { name: 'tags above 8 KB', run: () => patched('t12', { tags: large(9) }), gives: 'ArgumentInvalid' },
  {
    name: 'desired properties above 32 KB',
    run: () => patched('t13', { properties: { desired: large(33) } }),
    gives: 'ArgumentInvalid',
  },
  {
    name: 'replacing a twin',
    run: () => register('t14').then(() => twin('t14', 'PUT', { tags: { a: 1 }, properties: { desired: { b: 2 } } })),
    gives: 200,
    and: '"b":2',
  },
  {
    name: 'a token without service connect',
    run: () => ask({ method: 'GET', path: '/twins/echo', authorization: tokenOf('registryRead') }),
    gives: 'IotHubUnauthorized',
  },
];

/** A call to a device that connects and begins to listen only after a while. */
async function comesLater(id: string, ms: number, handle: Handler, fields: object): Promise<Answer> {
  const key = await register(id);
  const answer = call(id, fields);
  await new Promise((resolve) => setTimeout(resolve, ms));
  await listen(await dial(id, key), handle);
  return answer;
}

const answers = new Map<Row, Promise<Answer>>();

beforeAll(async () => {
  hub = await openHub({
    clock: systemClock(),
    randomBytes,
    emit: facts.emit,
    folder: undefined,
    hostName,
    listen: { host: '127.0.0.1', https: false, http: 0, mqtts: false, mqtt: 0, amqps: false, amqp: false },
  });
  await register('offline');
  await register('disabled', 'disabled');
  await dial('deaf', await register('deaf'));
  await device('echo', echo);
  await device('silent', silent);
  await device('measure', (payload, reply) => reply(200, String(payload.length)));
  await device('sized', (payload, reply) => reply(200, Buffer.alloc(Number(payload), '1')));
  await device('chooser', (payload, reply) => {
    const [status, body] = JSON.parse(payload.toString());
    reply(status, body);
  });
  await device('liar', (_, reply) => reply(200, '1', 'ffffff'));
  await device('twice', (_, reply) => {
    reply(200, '1');
    reply(200, '2');
  });
  await device('slow', (_, reply) => setTimeout(() => reply(200, '1'), 4_000));
  await device('late', (_, reply) => setTimeout(() => reply(200, '1'), 5_300));
  await device('leaver', (_payload, _reply, client) => client.stream.destroy());
  await device('rude', (_payload, _reply, client) => client.publish('a/b', ''));
  const key = await register('again');
  await listen(await dial('again', key), () => void dial('again', key));
  // All at once, so that the long ones wait side by side.
  for (const row of [...methodRows, ...twinRows]) {
    const answer = row.run();
    answer.catch(() => {}); // shown by the row's own test
    answers.set(row, answer);
  }
});

afterAll(async () => {
  for (const client of clients) client.end(true);
  await hub.stop();
});

const check = async (row: Row): Promise<void> => {
  const answer = await answers.get(row);
  if (answer === undefined) throw new Error('was not asked');
  const [number, status] = row.gives === 200 ? [undefined, 200] : serviceErrors[row.gives];
  expect({ status: answer.status, error: answer.error, number: answer.number }).toEqual({
    status,
    error: row.gives === 200 ? undefined : row.gives,
    number,
  });
  const [least, most] = row.within ?? atOnce;
  expect(answer.ms).toBeGreaterThanOrEqual(least);
  expect(answer.ms).toBeLessThanOrEqual(most);
  if (typeof row.and === 'string')
    expect(answer.text.length > 0 && `${answer.message}${answer.text}`).toContain(row.and);
  else row.and?.(answer);
};

describe('direct methods', () => {
  test.each(methodRows)('$name: $gives', check);

  test('every call was told of from its begin to its end, once', async () => {
    await Promise.all(answers.values());
    const numbers = (type: 'invocation.begun' | 'invocation.ended') => facts.of(type).map((fact) => fact.call);
    expect(new Set(numbers('invocation.ended')).size).toBe(numbers('invocation.ended').length);
    expect(numbers('invocation.ended').sort((a, b) => a - b)).toEqual(
      numbers('invocation.begun').sort((a, b) => a - b),
    );
    expect(hub.counts().inFlight).toBe(0);
  });

  test('a late answer, a second one and one under another id were dropped, and said so', async () => {
    const dropped = async (device: string) =>
      (await facts.next('answer.dropped', (fact) => fact.device === device)).why;
    expect(await Promise.all(['late', 'twice', 'liar'].map(dropped))).toEqual(['late', 'late', 'unknown']);
  });

  test('the ignored field was pointed out', async () => {
    expect(await facts.next('hint.given', ({ text }) => text.startsWith('timeoutInSeconds'))).toMatchObject({
      device: 'echo',
      text: 'timeoutInSeconds is not a field the service knows; it is ignored. Use responseTimeoutInSeconds.',
    });
  });
});

describe('twins', () => {
  test.each(twinRows)('$name: $gives', check);
});
