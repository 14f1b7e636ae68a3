// Entra tokens against a hub's access: signature, issuer, audience, time, and what each role allows.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Issuer, openIssuer, type TokenAsked } from '../../../../simulators/entra/issuer.ts';
import {
  type DataAction,
  defaultPolicies,
  type EntraOptions,
  openAccess,
  type Permission,
} from '../../../../simulators/hub/access/access.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { identity } from '../parts.ts';

const clock = new VirtualClock(Date.parse('2026-03-01T00:00:00Z'));
const policies = defaultPolicies(randomBytes);
let issuer: Issuer;
let stranger: Issuer;
beforeAll(async () => {
  [issuer, stranger] = await Promise.all([openIssuer({ clock, randomBytes }), openIssuer({ clock, randomBytes })]);
});
afterAll(async () => {
  await Promise.all([issuer.stop(), stranger.stop()]);
});

const accessWith = (entra: EntraOptions) =>
  openAccess({ clock, hostName: 'myhub.localhost', find: () => undefined, policies, entra });
const ours = () => accessWith({ issuer: issuer.issuer, keys: issuer.keys });
const readTwin: Permission = { right: 'ServiceConnect', action: 'twins/read' };
const codeOf = (answer: object): number => (answer instanceof Refusal ? answer.number : 200);

test.each<[string, () => EntraOptions]>([
  ['keys that are configured', () => ({ issuer: issuer.issuer, keys: issuer.keys })],
  ['keys that are found through the issuer', () => ({ issuer: `${issuer.issuer}/` })],
  [
    'keys at a known address',
    () => ({ issuer: issuer.issuer, keySetUrl: issuer.issuer.replace('/v2.0', '/discovery/v2.0/keys') }),
  ],
])('a token is verified by %s, and then at once', async (_, entra) => {
  const access = accessWith(entra());
  const text = `Bearer ${await issuer.token()}`;
  const grant = { expiresAt: clock.now() + 3_660_000 };
  expect(access.checkService(text, readTwin)).toBeInstanceOf(Promise);
  expect(await access.checkService(text, readTwin)).toEqual(grant);
  expect(access.checkService(text, readTwin)).toEqual(grant);
});

test.each<[string, TokenAsked, number, string]>([
  ['expired', { lifetimeSeconds: -61 }, 401003, 'it expired at 2026-02-28T23:58:59.000Z'],
  ['expired within the tolerance', { lifetimeSeconds: -30 }, 200, ''],
  ['of another issuer', { issuer: 'https://sts.example/' }, 401003, 'its issuer (iss) is not http://127.0.0.1'],
  ['for another audience', { audience: 'https://graph.example' }, 401003, 'its audience (aud) is not https://iothubs'],
  ['for the audience with a slash', { audience: 'https://iothubs.azure.net/' }, 200, ''],
])('a token %s', async (_, asked, code, text) => {
  const answer = await ours().checkService(`Bearer ${await issuer.token(asked)}`, readTwin);
  expect(codeOf(answer)).toBe(code);
  if (answer instanceof Refusal) expect(answer.message).toContain(text);
});

test('a token of a stranger with our name, one that was changed, and one without a signature', async () => {
  const access = ours();
  const check = async (jwt: string) => codeOf(await access.checkService(`Bearer ${jwt}`, readTwin));
  expect(await check(await stranger.token({ issuer: issuer.issuer }))).toBe(401002);
  const [head, body, signature] = (await issuer.token({ roles: [] })).split('.');
  const more = Buffer.from(body ?? '', 'base64url')
    .toString()
    .replace('[]', '["IoT Hub Data Contributor"]');
  expect(await check(`${head}.${Buffer.from(more).toString('base64url')}.${signature}`)).toBe(401002);
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  expect(await check(`${none}.${body}.`)).toBe(401003);
  expect(await check('a.b.c')).toBe(401003);
  expect(await check('x'.repeat(20_000))).toBe(401003);
});

test('a remembered token is asked again once its time is over', async () => {
  const later = new VirtualClock(clock.now());
  const access = openAccess({
    clock: later,
    hostName: 'h',
    find: () => undefined,
    policies,
    entra: { issuer: issuer.issuer, keys: issuer.keys },
  });
  const text = `Bearer ${await issuer.token({ lifetimeSeconds: 10 })}`;
  expect(codeOf(await access.checkService(text, readTwin))).toBe(200);
  await later.advance(70_000);
  expect(codeOf(await access.checkService(text, readTwin))).toBe(401003);
});

const actions: readonly DataAction[] = [
  'devices/read',
  'devices/write',
  'devices/delete',
  'twins/read',
  'twins/write',
  'jobs/read',
  'jobs/write',
  'jobs/delete',
  'cloudToDeviceMessages/send/action',
  'cloudToDeviceMessages/feedback/action',
  'cloudToDeviceMessages/queue/purge/action',
  'directMethods/invoke/action',
  'fileUpload/notifications/action',
  'statistics/read',
  'configurations/read',
  'configurations/write',
  'configurations/delete',
  'configurations/applyToEdgeDevice/action',
  'configurations/testQueries/action',
];
const reads = ['devices/read', 'twins/read', 'jobs/read', 'statistics/read', 'configurations/read'];

test.each<[readonly string[], readonly string[]]>([
  [['IoT Hub Data Contributor'], actions],
  [['iot hub data reader'], [...reads, 'fileUpload/notifications/action']],
  [['IoT Hub Registry Contributor'], ['devices/read', 'devices/write', 'devices/delete']],
  [['IoT Hub Twin Contributor'], ['twins/read', 'twins/write']],
  [
    ['IoT Hub Twin Contributor', 'IoT Hub Registry Contributor'],
    ['devices/read', 'devices/write', 'devices/delete', 'twins/read', 'twins/write'],
  ],
  [['Owner'], []],
  [[], []],
])('roles %j', async (roles, allowed) => {
  const opened = await ours().openToken(`bearer ${await issuer.token({ roles, subject: 'me' })}`);
  if (opened instanceof Refusal) throw new Error(opened.message);
  const right = 'ServiceConnect';
  const open = actions.filter((action) => opened.permits({ right, action }) === undefined);
  expect(open.sort()).toEqual([...allowed].sort());
  expect(opened.subject).toBe('me');
  expect(opened.admits(identity('pump'))?.message).toContain('opens the service API, not device');
});

test('what is not permitted is said with principal, verb and path', async () => {
  const text = `Bearer ${await issuer.token({ roles: ['IoT Hub Data Reader'], subject: 'me' })}`;
  const write: Permission = { right: 'ServiceConnect', action: 'twins/write' };
  expect(await ours().checkService(text, write, 'twins/pump', 'PATCH')).toMatchObject({
    name: 'IotHubUnauthorized',
    message: 'Principal me is not authorized for PATCH on /twins/pump due to no assigned permissions',
  });
});

test('an issuer that cannot be reached is 503, and asked again for the next token', async () => {
  let up = false;
  const server = createServer((request, response) => {
    if (!up) return response.writeHead(500).end();
    const { port } = server.address() as AddressInfo;
    const body = request.url?.endsWith('/keys') ? issuer.keys : { jwks_uri: `http://127.0.0.1:${port}/keys` };
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const name = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access = accessWith({ issuer: name });
  const text = `Bearer ${await issuer.token({ issuer: name })}`;
  expect(await access.checkService(text, readTwin)).toMatchObject({
    number: 503001,
    message: expect.stringMatching(/answered 500/),
  });
  up = true;
  expect(codeOf(await access.checkService(text, readTwin))).toBe(200);
});

test.each(['constructor', 'toString', '__proto__'])(
  "a role with the name of an object's own member, %s, allows nothing",
  async (role) => {
    const text = `Bearer ${await issuer.token({ roles: [role] })}`;
    expect(codeOf(await ours().checkService(text, readTwin))).toBe(401003);
  },
);

test('a device that shows an Entra token is told what such tokens are for', async () => {
  const text = `Bearer ${await issuer.token()}`;
  const configured = ours().checkDevice(text, identity('pump'));
  expect(configured).toMatchObject({ number: 401003, message: expect.stringContaining('not a device') });
  const options = { clock, hostName: 'myhub.localhost', find: () => undefined, policies };
  expect(openAccess(options).checkDevice(text, identity('pump'))).toMatchObject({
    number: 401003,
    message: expect.stringContaining('no issuer of such tokens is configured'),
  });
});
