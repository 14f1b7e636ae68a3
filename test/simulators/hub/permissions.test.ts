// Who may do what: every policy, key and Entra role against every operation of the hub over HTTP. The table is written from the documents
// (reference 1.3, 1.4, 4.2, 4.5), not from the code; a route that is not in it fails the last test.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { type Issuer, openIssuer } from '../../../simulators/entra/issuer.ts';
import { routesOf } from '../../../simulators/hub/doors/http/route-table.ts';
import { type Hub, openHub } from '../../../simulators/hub/hub.ts';
import { signToken } from '../../../simulators/tokens/sas-token.ts';
import { httpParts } from './doors-http/door-parts.ts';
import { type Answer, asker, hubOptions } from './hub/a-hub.ts';

/** One letter each, as the table names them. */
const policies = { o: 'iothubowner', s: 'service', d: 'device', r: 'registryRead', w: 'registryReadWrite' } as const;
const keys = { k: 'devices/pump', m: 'devices/pump/modules/m' } as const;
const roles = {
  C: 'IoT Hub Data Contributor',
  R: 'IoT Hub Data Reader',
  G: 'IoT Hub Registry Contributor',
  T: 'IoT Hub Twin Contributor',
} as const;

const call = { methodName: 'reboot' };
const job = { type: 'scheduleUpdateTwin', updateTwin: { etag: '*', tags: {} }, queryCondition: "deviceId = 'nobody'" };
const content = { moduleContent: { 'properties.desired.a': 1 } };
const query = { query: 'SELECT * FROM devices' };

/** Method, path, body, and the letters of all that are let in. What is deleted is not there, so that rows stay apart. */
const table: readonly (readonly [string, string, unknown, string])[] = [
  ['GET', '/devices', undefined, 'orw CRG'],
  ['POST', '/devices', [{ id: 'pump', importMode: 'update' }], 'ow CG'],
  ['GET', '/devices/pump', undefined, 'orw CRG'],
  ['PUT', '/devices/pump', {}, 'ow CG'],
  ['DELETE', '/devices/nobody', undefined, 'ow CG'],
  ['GET', '/devices/pump/modules', undefined, 'orw CRG'],
  ['GET', '/devices/pump/modules/m', undefined, 'orw CRG'],
  ['PUT', '/devices/pump/modules/m', {}, 'ow CG'],
  ['DELETE', '/devices/pump/modules/nobody', undefined, 'ow CG'],
  ['GET', '/statistics/devices', undefined, 'orw CR'],
  ['GET', '/statistics/service', undefined, 'orw CR'],

  ['GET', '/twins/pump', undefined, 'os CRT'],
  ['PATCH', '/twins/pump', { tags: {} }, 'os CT'],
  ['PUT', '/twins/pump', { tags: {} }, 'os CT'],
  ['GET', '/twins/pump/modules/m', undefined, 'os CRT'],
  ['PATCH', '/twins/pump/modules/m', { tags: {} }, 'os CT'],
  ['PUT', '/twins/pump/modules/m', { tags: {} }, 'os CT'],
  ['POST', '/devices/query', query, 'os CRT'],

  ['POST', '/twins/pump/methods', call, 'os C'],
  ['POST', '/twins/pump/modules/m/methods', call, 'os C'],

  ['PUT', '/jobs/v2/one', job, 'os C'],
  ['GET', '/jobs/v2/one', undefined, 'os CR'],
  ['GET', '/jobs/v2/query', undefined, 'os CR'],
  ['POST', '/jobs/v2/one/cancel', undefined, 'os C'],

  ['GET', '/jobs', undefined, 'orw CRG'],
  ['GET', '/jobs/one', undefined, 'orw CRG'],
  ['POST', '/jobs', {}, 'ow CG'],
  ['POST', '/jobs/create', {}, 'ow CG'],
  ['DELETE', '/jobs/one', undefined, 'ow CG'],

  ['GET', '/configurations', undefined, 'orw CR'],
  ['GET', '/configurations/one', undefined, 'orw CR'],
  ['PUT', '/configurations/one', { content }, 'ow C'],
  ['DELETE', '/configurations/nobody', undefined, 'ow C'],
  ['POST', '/configurations/testQueries', {}, 'orw C'],
  ['POST', '/devices/pump/applyConfigurationContent', content, 'ow C'],

  ['DELETE', '/devices/pump/commands', undefined, 'os C'],
  ['DELETE', '/devices/pump/modules/m/commands', undefined, 'os C'],
  ['GET', '/messages/serviceBound/feedback', undefined, 'os C'],
  ['DELETE', '/messages/serviceBound/feedback/lock', undefined, 'os C'],
  ['POST', '/messages/serviceBound/feedback/lock/abandon', undefined, 'os C'],
  ['GET', '/messages/servicebound/feedback', undefined, 'os C'],
  ['DELETE', '/messages/servicebound/feedback/lock', undefined, 'os C'],
  ['POST', '/messages/servicebound/feedback/lock/abandon', undefined, 'os C'],

  ['POST', '/devices/pump/messages/events', {}, 'od k'],
  ['GET', '/devices/pump/messages/devicebound', undefined, 'od k'],
  ['DELETE', '/devices/pump/messages/devicebound/lock', undefined, 'od k'],
  ['DELETE', '/devices/pump/messages/devicebound/lock?reject', undefined, 'od k'],
  ['POST', '/devices/pump/messages/devicebound/lock/abandon', undefined, 'od k'],
  ['POST', '/devices/pump/modules/m/messages/events', {}, 'od m'],
];

let hub: Hub;
let issuer: Issuer;
let ask: (method: string, path: string, body: unknown, authorization?: string) => Promise<Answer>;
let close: () => Promise<void>;
/** Letter -> the header of whoever it stands for. */
const headers = new Map<string, string>();

beforeAll(async () => {
  issuer = await openIssuer({ clock: systemClock(), randomBytes });
  hub = await openHub(hubOptions([], { entra: { issuer: issuer.issuer, keys: issuer.keys } }));
  const asking = asker(hub);
  close = asking.close;
  ask = (method, path, body, authorization) =>
    asking.send(method, path, {
      policy: null,
      ...(body === undefined ? {} : { body }),
      headers: authorization === undefined ? {} : { authorization },
    });
  for (const [letter, policy] of Object.entries(policies)) headers.set(letter, hub.serviceToken(policy, 3_600));
  for (const [letter, path] of Object.entries(keys)) {
    const made = await ask('PUT', `/${path}`, {}, headers.get('o'));
    const { authentication } = made.body as { authentication: { symmetricKey: { primaryKey: string } } };
    const key = authentication.symmetricKey.primaryKey;
    const resource = `${hub.status.hostName}/${path}`;
    headers.set(letter, signToken({ resource, key, expiresAt: Date.now() + 3_600_000 }));
  }
  for (const [letter, role] of Object.entries(roles)) {
    headers.set(letter, `Bearer ${await issuer.token({ roles: [role], subject: 'somebody' })}`);
  }
});
afterAll(async () => {
  await close();
  await Promise.all([hub.stop(), issuer.stop()]);
});

describe('is let in', () => {
  test.each(table)('%s %s', async (method, path, body, expected) => {
    const letIn: string[] = [];
    for (const [letter, authorization] of headers) {
      const { status, error } = await ask(method, path, body, authorization);
      if (status !== 401) letIn.push(letter);
      else expect([letter, error.name]).toEqual([letter, expect.stringMatching(/^IotHubUnauthorized(Access)?$/)]);
      const [bare] = path.split('?');
      if (letter in roles && status === 401 && !path.includes('/messages/')) {
        expect(error.message).toContain(
          `Principal somebody is not authorized for ${method} on ${bare} due to no assigned permissions`,
        );
      }
    }
    expect(letIn.sort().join('')).toBe([...expected.replace(' ', '')].sort().join(''));
    const stranger = await ask(method, path, body);
    expect([stranger.status, stranger.error.name]).toEqual([401, 'IotHubUnauthorized']);
  });
});

test('a device key opens no service path below its own device, and no other device', async () => {
  const own = headers.get('k');
  await ask('PUT', '/devices/other', {}, headers.get('o'));
  const statuses = [];
  for (const path of ['/devices/other/messages/devicebound', '/devices/pump/modules/m/messages/devicebound']) {
    statuses.push((await ask('GET', path, undefined, own)).status);
  }
  expect(statuses).toEqual([401, 401]);
});

test('the table above holds every route that the hub has', () => {
  const covered = table.map(([method, path]) => ({ method, path: path.split('?')[0] ?? '' }));
  const { parts, store } = httpParts();
  onTestFinished(() => {
    parts.messages.stop();
    store.close();
  });
  const missing = routesOf(parts).filter(({ method, path }) => {
    const pattern = new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`);
    return !covered.some((row) => row.method === method && pattern.test(row.path));
  });
  expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});
