// Configurations over the store, and over the HTTP door as services use them.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openConfigurations } from '../../../../simulators/hub/configurations/configurations.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { aFolder, aHub } from '../hub/a-hub.ts';

const content = { deviceContent: { 'properties.desired.firmware': { version: 2 } } };
const body = {
  id: 'firmware-2',
  content,
  targetCondition: "tags.building = '43'",
  priority: 10,
  labels: { App: 'pump' },
  metrics: { queries: { done: "SELECT deviceId FROM devices WHERE properties.reported.firmware.version = '2'" } },
};

describe('over HTTP', () => {
  test('one is made, read, listed, changed and deleted', async () => {
    const { ask } = await aHub();
    const path = '/configurations/firmware-2';
    const made = await ask('PUT', path, { body });
    const { createdTimeUtc, etag } = made.body as { createdTimeUtc: string; etag: string };
    expect(made).toMatchObject({ status: 200, headers: { etag: `"${etag}"` } });
    expect(made.body).toEqual({
      id: 'firmware-2',
      schemaVersion: '1.0',
      labels: { App: 'pump' },
      content,
      targetCondition: "tags.building = '43'",
      createdTimeUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      lastUpdatedTimeUtc: createdTimeUtc,
      priority: 10,
      systemMetrics: { results: {}, queries: {} },
      metrics: { results: {}, queries: body.metrics.queries },
      etag,
    });
    expect((await ask('GET', path)).body).toEqual(made.body);
    await ask('PUT', '/configurations/another', { body: { content } });
    const ids = async (query: string) =>
      ((await ask('GET', `/configurations${query}`)).body as { id: string }[]).map(({ id }) => id);
    expect([await ids(''), await ids('?top=1')]).toEqual([['another', 'firmware-2'], ['another']]);
    // As clients do: what was read, with one thing changed.
    const whole = { ...(made.body as object), priority: 11 };
    const changed = await ask('PUT', path, { headers: { 'if-match': `"${etag}"` }, body: whole });
    expect(changed.body).toMatchObject({ priority: 11, createdTimeUtc, metrics: { queries: body.metrics.queries } });
    expect((await ask('PUT', path, { headers: { 'if-match': `"${etag}"` }, body: whole })).status).toBe(412);
    expect((await ask('DELETE', path, { headers: { 'if-match': etag } })).status).toBe(412);
    expect(await ask('DELETE', path, { headers: { 'if-match': '"*"' } })).toMatchObject({ status: 204, text: '' });
    expect((await ask('GET', path)).error.message).toContain('ErrorCode:ConfigurationNotFound;');
  });

  test.each([
    ['one that is there', 'there', { content }, undefined, 'ConfigurationAlreadyExists'],
    ['an update of one that is not', 'new', { content }, '*', 'ConfigurationNotFound'],
    ['no content', 'new', {}, undefined, 'InvalidConfigurationContent'],
    ['empty content', 'new', { content: {} }, undefined, 'InvalidConfigurationContent'],
    ['other content later', 'there', { content: { moduleContent: {} } }, '*', 'InvalidConfigurationContent'],
    [
      'a condition that is none',
      'new',
      { content, targetCondition: 'WHERE a =' },
      undefined,
      'InvalidConfigurationTargetCondition',
    ],
    [
      'a metric that is no query',
      'new',
      { content, metrics: { queries: { a: 'SELECT' } } },
      undefined,
      'ArgumentInvalid',
    ],
    ['labels that are numbers', 'new', { content, labels: { a: 1 } }, undefined, 'ArgumentInvalid'],
    ['a priority below zero', 'new', { content, priority: -1 }, undefined, 'ArgumentInvalid'],
    ['another schema', 'new', { content, schemaVersion: '2.0' }, undefined, 'ArgumentInvalid'],
    ['another id in the body', 'new', { id: 'other', content }, undefined, 'ArgumentInvalid'],
    ['an id with a space', 'a%20b', { content }, undefined, 'ArgumentInvalid'],
    ['a body that is a list', 'new', [], undefined, 'ArgumentInvalid'],
  ])('%s is refused', async (_, id, given, ifMatch, name) => {
    const { ask } = await aHub();
    await ask('PUT', '/configurations/there', { body: { content } });
    const headers: Record<string, string> = ifMatch === undefined ? {} : { 'if-match': ifMatch };
    expect((await ask('PUT', `/configurations/${id}`, { headers, body: given })).error.name).toBe(name);
  });

  test('conditions and metric queries are tested without being kept', async () => {
    const { ask } = await aHub();
    const good = 'SELECT deviceId FROM devices';
    const tested = await ask('POST', '/configurations/testQueries', {
      body: {
        targetCondition: "FROM devices.modules WHERE moduleId = 'camera'",
        customMetricQueries: { good, bad: 'SELECT' },
      },
    });
    expect(tested).toMatchObject({
      status: 200,
      body: { targetConditionError: null, customMetricQueryErrors: { bad: expect.stringContaining('line 1, column') } },
    });
    expect(Object.keys((tested.body as { customMetricQueryErrors: object }).customMetricQueryErrors)).toEqual(['bad']);
    const wrong = await ask('POST', '/configurations/testQueries', { body: { targetCondition: 'tags.a =' } });
    expect(wrong.body).toMatchObject({ targetConditionError: expect.stringContaining('line 1, column') });
  });

  test('content applied to a device lands in its twin and its modules, which are made', async () => {
    const { ask, create } = await aHub();
    await create('edge', { capabilities: { iotEdge: true } });
    const agent = { runtime: 'docker', modules: { camera: { image: 'a' }, idle: { image: 'b' } } };
    const applied = await ask('POST', '/devices/edge/applyConfigurationContent', {
      body: {
        deviceContent: { 'properties.desired.firmware.version': 2, 'properties.desired.firmware.url': 'u' },
        modulesContent: {
          $edgeAgent: { 'properties.desired': agent },
          camera: { 'properties.desired': { rate: 5 } },
        },
      },
    });
    expect(applied).toMatchObject({ status: 204, text: '' });
    const desired = async (path: string) =>
      ((await ask('GET', path)).body as { properties: { desired: object } }).properties.desired;
    expect(await desired('/twins/edge')).toMatchObject({ firmware: { version: 2, url: 'u' } });
    expect(await desired('/twins/edge/modules/$edgeAgent')).toMatchObject(agent);
    expect(await desired('/twins/edge/modules/camera')).toMatchObject({ rate: 5 });
    expect((await ask('GET', '/devices/edge/modules/idle')).body).toMatchObject({ managedBy: 'IotEdge' });
  });

  test('content of which a part is refused leaves everything as it was', async () => {
    const { ask, create } = await aHub();
    await create('edge');
    const modulesContent = { good: { 'properties.desired': { a: 1 } }, bad: { 'properties.desired': { 'a.b': 1 } } };
    const refused = await ask('POST', '/devices/edge/applyConfigurationContent', { body: { modulesContent } });
    expect(refused.error.name).toBe('ArgumentInvalid');
    expect((await ask('GET', '/devices/edge/modules')).body).toEqual([]);
    const path = { modulesContent: { good: { 'properties.reported.a': 1 } } };
    expect((await ask('POST', '/devices/edge/applyConfigurationContent', { body: path })).error.message).toContain(
      "'properties.reported.a' must be 'properties.desired' or a path below it",
    );
    expect((await ask('POST', '/devices/nobody/applyConfigurationContent', { body: content })).error.name).toBe(
      'DeviceNotFound',
    );
    expect((await ask('POST', '/devices/edge/applyConfigurationContent', { body: {} })).error.name).toBe(
      'InvalidConfigurationContent',
    );
  });
});

test('what was kept is there after the store was opened anew', () => {
  const folder = aFolder();
  const clock = new VirtualClock();
  const never = () => {
    throw new Error('not asked for in this test');
  };
  const open = () => {
    const store = openStore(folder, clock.now());
    const registry = { find: () => undefined, put: never };
    const twins = { patch: never, replace: never };
    return { store, configurations: openConfigurations({ clock, store, randomBytes, registry, twins }) };
  };
  const first = open();
  const made = first.configurations.put('a', { content }, undefined);
  first.configurations.put('b', { content }, undefined);
  first.configurations.delete('b', undefined);
  first.store.close();
  const second = open();
  expect(second.configurations.list(10)).toEqual([made]);
  second.store.close();
});
