// The service API from outside, over a real socket: every route's success, its refusals, and who may call it.
import { describe, expect, test } from 'vitest';
import { aHub } from '../hub/a-hub.ts';

const registryRead = ['iothubowner', 'registryRead', 'registryReadWrite'];
const registryWrite = ['iothubowner', 'registryReadWrite'];
const serviceConnect = ['iothubowner', 'service'];
const policies = ['iothubowner', 'service', 'device', 'registryRead', 'registryReadWrite'];

describe('who may call', () => {
  test.each([
    ['GET', '/devices/pump', undefined, registryRead],
    ['PUT', '/devices/pump', {}, registryWrite],
    ['DELETE', '/devices/nobody', undefined, registryWrite],
    ['GET', '/devices', undefined, registryRead],
    ['GET', '/devices/?top=5', undefined, registryRead],
    ['POST', '/devices', [], registryWrite],
    ['GET', '/devices/pump/modules', undefined, registryRead],
    ['GET', '/statistics/devices', undefined, registryRead],
    ['GET', '/statistics/service', undefined, registryRead],
    ['GET', '/twins/pump', undefined, serviceConnect],
    ['PATCH', '/twins/pump', { tags: {} }, serviceConnect],
    ['PUT', '/twins/pump', { tags: {} }, serviceConnect],
    ['POST', '/twins/pump/methods', { methodName: 'reboot' }, serviceConnect],
    ['POST', '/twins/pump/modules/m/methods', { methodName: 'reboot' }, serviceConnect],
    ['GET', '/twins/pump/modules/m', undefined, serviceConnect],
    ['POST', '/devices/query', { query: 'SELECT * FROM devices' }, serviceConnect],
  ] as const)('%s %s', async (method, path, body, allowed) => {
    const { ask, create } = await aHub();
    await create('pump');
    const withBody = body === undefined ? {} : { body };
    const admitted: string[] = [];
    for (const policy of policies) {
      const { status, headers, error } = await ask(method, path, { policy, ...withBody });
      if (status !== 401) admitted.push(policy);
      else {
        expect(headers['iothub-errorcode']).toBe('IotHubUnauthorized');
        expect(error.message).toContain(`Authorization rule '${policy}' does not allow access for`);
      }
    }
    expect(admitted).toEqual(allowed);
    const stranger = await ask(method, path, { policy: null, ...withBody });
    expect([stranger.status, stranger.error.name]).toEqual([401, 'IotHubUnauthorized']);
    expect(stranger.text).toMatch(
      /^\{"Message":"ErrorCode:IotHubUnauthorized;.+","ExceptionMessage":"Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d"\}$/,
    );
  });
});

describe('identities', () => {
  test('PUT without If-Match creates a device with fresh keys where they are empty', async () => {
    const { ask } = await aHub();
    const keys = { primaryKey: '', secondaryKey: '' };
    const made = await ask('PUT', '/devices/pump?api-version=2021-04-12', {
      body: { deviceId: 'pump', status: 'enabled', authentication: { type: 'sas', symmetricKey: keys } },
    });
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({
      deviceId: 'pump',
      connectionState: 'Disconnected',
      status: 'enabled',
      connectionStateUpdatedTime: '0001-01-01T00:00:00',
      lastActivityTime: '0001-01-01T00:00:00',
      cloudToDeviceMessageCount: 0,
      capabilities: { iotEdge: false },
      authentication: {
        type: 'sas',
        symmetricKey: {
          primaryKey: expect.stringMatching(/^.{43}=$/),
          secondaryKey: expect.stringMatching(/^.{43}=$/),
        },
      },
    });
    expect(made.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      vary: 'Origin',
      'x-ms-request-id': expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      etag: `"${(made.body as { etag: string }).etag}"`,
    });
    expect(await ask('GET', '/devices/pump')).toMatchObject({ status: 200, body: made.body });
  });

  test('creating what is there is 409, and a registry error reads as the older form', async () => {
    const { ask, create } = await aHub();
    await create('pump');
    const again = await ask('PUT', '/devices/pump', { body: {} });
    expect([again.status, again.error.name]).toEqual([409, 'DeviceAlreadyExists']);
    expect(again.error.message).toBe("ErrorCode:DeviceAlreadyExists;A device with ID 'pump' is already registered.");
  });

  test.each([
    ['"*"', 200],
    ['*', 200],
    ['"<etag>"', 200],
    ['<etag>', 200],
    ['W/"<etag>"', 200],
    ['"other"', 412],
    ['', 412],
  ])('PUT with If-Match %s answers %i', async (ifMatch, status) => {
    const { ask, create } = await aHub();
    const { etag } = (await create('pump')).body as { etag: string };
    const update = await ask('PUT', '/devices/pump', {
      headers: { 'if-match': ifMatch.replace('<etag>', etag) },
      body: { status: 'disabled', statusReason: 'in repair' },
    });
    expect(update.status).toBe(status);
    if (status === 412) expect(update.error.name).toBe('PreconditionFailed');
    else {
      expect(update.body).toMatchObject({ status: 'disabled', statusReason: 'in repair' });
      expect((update.body as { etag: string }).etag).not.toBe(etag);
    }
  });

  test('DELETE answers 204 without a body, and the device and its twin are gone', async () => {
    const { ask, create } = await aHub();
    await create('pump');
    const stale = await ask('DELETE', '/devices/pump', { headers: { 'if-match': '"other"' } });
    expect(stale.status).toBe(412);
    expect(await ask('DELETE', '/devices/pump', { headers: { 'if-match': '"*"' } })).toMatchObject({
      status: 204,
      text: '',
    });
    for (const path of ['/devices/pump', '/twins/pump']) {
      const gone = await ask('GET', path);
      expect([gone.status, gone.error.name]).toEqual([404, 'DeviceNotFound']);
    }
    expect((await ask('DELETE', '/devices/pump')).error.name).toBe('DeviceNotFound');
  });

  test.each([
    ['an id with a space', '/devices/a%20b', {}, /deviceId: 'a b' must have 1 to 128 characters/],
    ['an id of 129 characters', `/devices/${'a'.repeat(129)}`, {}, /1 to 128 characters/],
    ['another id in the body', '/devices/a', { deviceId: 'b' }, /deviceId: 'b' in the body is not the 'a'/],
    ['a body that is a list', '/devices/a', [], /must be a JSON object/],
    ['an unknown status', '/devices/a', { status: 'asleep' }, /status: "asleep" must be 'enabled' or 'disabled'/],
    [
      'a key that is not base64',
      '/devices/a',
      { authentication: { symmetricKey: { primaryKey: '???' } } },
      /primaryKey: must be base64/,
    ],
    [
      'an unknown kind of authentication',
      '/devices/a',
      { authentication: { type: 'magic' } },
      /authentication.type: "magic" must be one of/,
    ],
    [
      'a thumbprint that is none',
      '/devices/a',
      { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'xyz' } } },
      /hexadecimal/,
    ],
  ])('%s is 400 with a sentence', async (_title, path, body, sentence) => {
    const { ask } = await aHub();
    const answer = await ask('PUT', path, { body });
    expect([answer.status, answer.error.name]).toEqual([400, 'ArgumentInvalid']);
    expect(answer.error.message).toMatch(sentence);
  });

  test('ids with every odd character survive the path', async () => {
    const { ask, create } = await aHub();
    for (const id of ["a-:.+%_#*?!(),=@;$'z", 'a%41', 'x'.repeat(128), '%'.repeat(128)]) {
      expect((await create(id)).status).toBe(200);
      const twin = await ask('GET', `/twins/${encodeURIComponent(id)}`);
      expect(twin.body).toMatchObject({ deviceId: id });
      const call = await ask('POST', `/twins/${encodeURIComponent(id)}/methods`, { body: { methodName: 'm' } });
      expect(call.error.number).toBe(404103);
    }
    expect((await ask('GET', '/devices')).body).toHaveLength(4);
  });

  test('lists come in order of id, at most top of them, with and without a slash at the end', async () => {
    const { ask, create } = await aHub();
    for (const id of ['b', 'a', 'B', 'c']) await create(id);
    const ids = async (path: string) =>
      ((await ask('GET', path)).body as { deviceId: string }[]).map((one) => one.deviceId);
    expect(await ids('/devices/')).toEqual(['B', 'a', 'b', 'c']);
    expect(await ids('/devices?top=2&api-version=2016-11-14')).toEqual(['B', 'a']);
    for (const top of ['0', '1001', 'x', '1.5'])
      expect((await ask('GET', `/devices?top=${top}`)).error.message).toContain('[1; 1000]');
  });

  test('statistics count', async () => {
    const { ask, create } = await aHub();
    await create('a');
    await create('b', { status: 'disabled' });
    expect((await ask('GET', '/statistics/devices')).body).toEqual({
      totalDeviceCount: 2,
      enabledDeviceCount: 1,
      disabledDeviceCount: 1,
    });
    expect((await ask('GET', '/statistics/service')).body).toEqual({ connectedDeviceCount: 0 });
  });

  test('modules are made, listed, changed and deleted under their device', async () => {
    const { ask, create } = await aHub();
    await create('a');
    const path = '/devices/a/modules/%24m%231';
    const made = await ask('PUT', path, { body: { deviceId: 'a', moduleId: '$m#1' } });
    expect(made).toMatchObject({ status: 200, body: { deviceId: 'a', moduleId: '$m#1', managedBy: null } });
    const { etag } = made.body as { etag: string };
    expect(made.headers.etag).toBe(`"${etag}"`);
    expect((await ask('GET', path)).body).toEqual(made.body);
    expect((await ask('GET', '/devices/a/modules')).body).toEqual([made.body]);
    expect((await ask('PUT', path, { body: {} })).error.name).toBe('ModuleAlreadyExistsOnDevice');
    const update = { headers: { 'if-match': `"${etag}"` }, body: { managedBy: 'me' } };
    expect((await ask('PUT', path, update)).body).toMatchObject({ managedBy: 'me' });
    expect((await ask('DELETE', path, { headers: { 'if-match': `"${etag}"` } })).status).toBe(412);
    expect((await ask('DELETE', path, { headers: { 'if-match': '"*"' } })).status).toBe(204);
    expect((await ask('GET', path)).error.name).toBe('ModuleNotFound');
    expect((await ask('PUT', '/devices/a%2Fb', { body: {} })).error.name).toBe('ArgumentInvalid');
  });

  test('modules that are not there', async () => {
    const { ask, create } = await aHub();
    await create('a');
    expect((await ask('GET', '/devices/a/modules')).body).toEqual([]);
    expect((await ask('GET', '/devices/b/modules')).error.name).toBe('DeviceNotFound');
    const call = await ask('POST', '/twins/a/modules/m/methods', { body: { methodName: 'x' } });
    expect(call.error).toMatchObject({ name: 'ModuleNotFound', number: 404010 });
    expect((await ask('GET', '/twins/a/modules/m')).error.number).toBe(404010);
    expect((await ask('DELETE', '/devices/a/modules/m')).error.name).toBe('ModuleNotFound');
  });
});

describe('bulk', () => {
  test('runs entries of every mode, in any case', async () => {
    const { ask } = await aHub();
    const run = (...entries: object[]) => ask('POST', '/devices', { body: entries });
    const done = { isSuccessful: true, errors: [], warnings: [] };
    const made = await run(
      { id: 'a', importMode: 'create', tags: { site: 'north' }, properties: { desired: { rate: 5 } } },
      { id: 'b', importMode: 'Create' },
    );
    expect([made.status, made.body]).toEqual([200, done]);
    const twin = (await ask('GET', '/twins/a')).body as { etag: string; deviceEtag: string };
    expect(twin).toMatchObject({ tags: { site: 'north' }, properties: { desired: { rate: 5, $version: 1 } } });

    expect(
      (
        await run(
          { id: 'a', importMode: 'UpdateTwin', tags: { floor: 2 } },
          { id: 'b', importMode: 'Update', status: 'disabled' },
        )
      ).body,
    ).toEqual(done);
    expect((await ask('GET', '/twins/a')).body).toMatchObject({ tags: { site: 'north', floor: 2 } });
    const stale = await run({ id: 'a', importMode: 'updateTwinIfMatchETag', twinETag: twin.etag, tags: {} });
    expect([stale.status, stale.body]).toMatchObject([
      400,
      {
        isSuccessful: false,
        errors: [{ deviceId: 'a', errorCode: 'PreconditionFailed', operation: 'updateTwinIfMatchETag' }],
      },
    ]);
    expect(
      (await run({ id: 'a', importMode: 'UpdateIfMatchETag', eTag: twin.deviceEtag, status: 'disabled' })).body,
    ).toEqual(done);
    expect((await run({ id: 'a', importMode: 'DeleteIfMatchETag', eTag: twin.deviceEtag })).body).toMatchObject({
      isSuccessful: false,
    });
    expect((await run({ id: 'a', importMode: 'Delete' }, { id: 'b', importMode: 'delete' })).body).toEqual(done);
    expect((await ask('GET', '/devices')).body).toEqual([]);
  });

  test('a refused entry is named and the others stand', async () => {
    const { ask, create } = await aHub();
    await create('there');
    const answer = await ask('POST', '/devices', {
      body: [
        { id: 'there', importMode: 'create' },
        { id: 'new', importMode: 'create' },
        { id: 'bad twin', importMode: 'create' },
        { id: 'tagged', importMode: 'create', tags: { 'a.b': 1 } },
        { id: 'odd', importMode: 'teleport' },
        { importMode: 'create' },
        { id: 'm', moduleId: 'm', importMode: 'create' },
      ],
    });
    expect(answer.status).toBe(400);
    expect(
      (answer.body as { errors: { deviceId: string; errorCode: string }[] }).errors.map((one) => [
        one.deviceId,
        one.errorCode,
      ]),
    ).toEqual([
      ['there', 'DeviceAlreadyExists'],
      ['bad twin', 'ArgumentInvalid'],
      ['tagged', 'ArgumentInvalid'],
      ['odd', 'ArgumentInvalid'],
      ['', 'ArgumentInvalid'],
      ['m', 'DeviceNotFound'],
    ]);
    expect((await ask('GET', '/devices')).body).toMatchObject([{ deviceId: 'new' }, { deviceId: 'there' }]);
  });

  test('an empty list, more than 100 and the same device twice are refused whole', async () => {
    const { ask } = await aHub();
    const many = Array.from({ length: 101 }, (_, index) => ({ id: `d${index}`, importMode: 'create' }));
    expect((await ask('POST', '/devices', { body: many })).error.message).toContain('holds 101 devices; 1 to 100');
    expect((await ask('POST', '/devices', { body: [] })).error.message).toContain('holds 0 devices');
    expect((await ask('POST', '/devices', { body: {} })).error.message).toContain('must be a list');
    const twice = await ask('POST', '/devices', { body: [many[0], many[0]] });
    expect([twice.status, twice.error.name]).toEqual([400, 'DeviceDefinedMultipleTimes']);
    expect((await ask('GET', '/devices')).body).toEqual([]);
  });

  test('ten thousand devices are created within seconds', async () => {
    const { ask, hub } = await aHub();
    const begun = performance.now();
    for (let first = 0; first < 10_000; first += 100) {
      const body = Array.from({ length: 100 }, (_, index) => ({ id: `d${first + index}`, importMode: 'create' }));
      expect((await ask('POST', '/devices', { body })).status).toBe(200);
    }
    expect(hub.counts().devices).toBe(10_000);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

describe('twins', () => {
  test('a fresh twin has both sections at version 1', async () => {
    const { ask, create } = await aHub();
    await create('pump');
    const { body, headers, status } = await ask('GET', '/twins/pump');
    expect(status).toBe(200);
    const stamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    expect(body).toMatchObject({
      deviceId: 'pump',
      etag: 'AAAAAAAAAAE=',
      status: 'enabled',
      connectionState: 'Disconnected',
      authenticationType: 'sas',
      version: 2,
      tags: {},
      properties: {
        desired: { $metadata: { $lastUpdated: stamp, $lastUpdatedVersion: 1 }, $version: 1 },
        reported: { $metadata: { $lastUpdated: stamp }, $version: 1 },
      },
    });
    expect(headers.etag).toBe('"AAAAAAAAAAE="');
  });

  test('PATCH merges, PUT replaces, and both count', async () => {
    const { ask, create, facts } = await aHub();
    await create('pump');
    const first = await ask('PATCH', '/twins/pump', {
      headers: { 'if-match': '"*"' },
      body: {
        deviceId: 'other',
        version: 99,
        tags: { site: 'n' },
        properties: { desired: { a: { b: 1, c: 2 }, list: [1] } },
      },
    });
    expect(first.body).toMatchObject({ deviceId: 'pump', etag: 'AAAAAAAAAAI=', version: 3 });
    await ask('PATCH', '/twins/pump', {
      body: { properties: { desired: { a: { b: null, d: 'x' }, $version: 7, $metadata: {} } } },
    });
    const { properties } = (await ask('GET', '/twins/pump')).body as { properties: { desired: object } };
    expect(properties.desired).toMatchObject({ a: { c: 2, d: 'x' }, list: [1], $version: 3 });
    expect(properties.desired).toHaveProperty('$metadata.a.d.$lastUpdatedVersion', 3);
    expect(properties.desired).toHaveProperty('$metadata.a.c.$lastUpdatedVersion', 2);
    expect(properties.desired).not.toHaveProperty('a.b');

    const put = await ask('PUT', '/twins/pump', { body: { properties: { desired: { list: [2] } } } });
    expect(put.body).toMatchObject({ tags: { site: 'n' }, version: 5 });
    expect(facts.filter((fact) => fact.type === 'twin.patched').at(-1)).toMatchObject({
      section: 'desired',
      version: 4,
      delivered: false,
      patch: { text: '{"list":[2],"a":null,"$version":4}' },
    });
  });

  test.each([
    [
      'PATCH',
      { properties: { desired: null } },
      400004,
      'properties.desired: must be an object, not null. A whole section is emptied with PUT.',
    ],
    ['PATCH', { tags: null }, 400004, 'tags: must be an object, not null. A whole section is emptied with PUT.'],
    ['PATCH', { tags: [] }, 400004, 'tags: must be an object, not a list.'],
    ['PATCH', [], 400004, 'The request body must be a JSON object.'],
    [
      'PUT',
      { properties: { desired: { 'a b': 1 } } },
      400004,
      `properties.desired: the key "a b" must not contain '.', '$', a space or a control character.`,
    ],
    [
      'PATCH',
      { properties: { desired: { n: 4503599627370496 } } },
      400004,
      'properties.desired.n: 4503599627370496 is out of range; integers must be within [-4503599627370496; 4503599627370495].',
    ],
    [
      'PATCH',
      { tags: { s: 'x'.repeat(4097) } },
      400004,
      'tags.s: a text of 4097 bytes is too long; at most 4096 are allowed.',
    ],
    [
      'PATCH',
      { tags: { a: 'x'.repeat(4096), b: 'x'.repeat(4095) } },
      400004,
      'tags: a size of 8193 bytes is too large; at most 8192 are allowed.',
    ],
    ['PATCH', '{"tags":', 400006, 'The request body is not JSON: '],
    ['PATCH', '', 400006, 'The request body is missing.'],
    ['PATCH', Buffer.from([0x7b, 0xff, 0x7d]), 400006, 'The request body is not UTF-8 text.'],
  ] as const)('%s %j is %i', async (method, body, number, message) => {
    const { ask, create } = await aHub();
    await create('pump');
    const before = (await ask('GET', '/twins/pump')).text;
    const answer = await ask(method, '/twins/pump', { body });
    expect([answer.status, answer.error.number]).toEqual([400, number]);
    expect(answer.error.message).toContain(message);
    expect((await ask('GET', '/twins/pump')).text).toBe(before);
  });

  test.each([
    ['"*"', 200],
    ['AAAAAAAAAAE=', 200],
    ['"AAAAAAAAAAE="', 200],
    ['"AAAAAAAAAAI="', 412],
  ])('PATCH with If-Match %s answers %i', async (ifMatch, status) => {
    const { ask, create, facts } = await aHub();
    await create('pump');
    const answer = await ask('PATCH', '/twins/pump', { headers: { 'if-match': ifMatch }, body: { tags: { a: 1 } } });
    expect(answer.status).toBe(status);
    if (status === 412) {
      expect(answer.error.number).toBe(412001);
      expect(facts.at(-1)).toMatchObject({ type: 'twin.refused', section: 'tags', error: 'PreconditionFailed' });
    }
  });

  test('an unknown device is 404001 in the newer form', async () => {
    const { ask } = await aHub();
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', {}],
      ['PUT', {}],
    ] as const) {
      const answer = await ask(method, '/twins/nobody', body === undefined ? {} : { body });
      expect([answer.status, answer.error]).toMatchObject([404, { name: 'DeviceNotFound', number: 404001 }]);
      expect(JSON.parse((answer.body as { Message: string }).Message)).toMatchObject({
        errorCode: 404001,
        trackingId: expect.stringMatching(/^[0-9a-f]{32}-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/),
        timestampUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/),
      });
    }
  });

  test('a hint says that reported is not for services to write', async () => {
    const { ask, create, facts } = await aHub();
    await create('pump');
    const answer = await ask('PATCH', '/twins/pump', { body: { properties: { reported: { a: 1 } } } });
    expect(answer.body).toMatchObject({ version: 2, properties: { reported: { $version: 1 } } });
    expect(answer.body).not.toHaveProperty('properties.reported.a');
    expect(facts.at(-1)).toMatchObject({ type: 'hint.given', device: 'pump' });
  });

  test('members named like parts of JavaScript are members like any other', async () => {
    const { ask, create } = await aHub();
    await create('pump');
    await ask('PATCH', '/twins/pump', { body: '{"tags":{"__proto__":{"x":1},"constructor":{"y":2},"refusal":3}}' });
    expect((await ask('GET', '/twins/pump')).text).toContain(
      '"tags":{"__proto__":{"x":1},"constructor":{"y":2},"refusal":3}',
    );
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe('methods', () => {
  test('an offline device is 404103 with the timeout it was given', async () => {
    const { ask, create } = await aHub();
    await create('pump');
    const answer = await ask('POST', '/twins/pump/methods?api-version=2021-04-12', { body: { methodName: 'reboot' } });
    expect([answer.status, answer.error.name, answer.error.number]).toEqual([404, 'DeviceNotOnline', 404103]);
    expect(JSON.parse((answer.body as { Message: string }).Message)).toMatchObject({ info: { timeout: '00:00:00' } });
    expect(answer.body).toMatchObject({ ExceptionMessage: '' });
  });

  test('an unknown device, a malformed body and a body without end are refused', async () => {
    const { ask, create, facts } = await aHub();
    await create('pump');
    expect((await ask('POST', '/twins/nobody/methods', { body: { methodName: 'x' } })).error.number).toBe(404001);
    expect((await ask('POST', '/twins/pump/methods', { body: '{' })).error.number).toBe(400006);
    expect((await ask('POST', '/twins/pump/methods')).error.number).toBe(400006);
    const large = await ask('POST', '/twins/pump/methods', {
      body: `{"methodName":"x","payload":"${'x'.repeat(600_000)}"}`,
    });
    expect([large.status, large.error.number]).toEqual([413, 413001]);
    expect(facts.at(-1)).toMatchObject({
      type: 'input.refused',
      door: 'http',
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
  });
});

describe('everything else', () => {
  test('GET / says what this is, without a token', async () => {
    const { ask } = await aHub();
    expect(await ask('GET', '/', { policy: null })).toMatchObject({
      status: 200,
      body: { name: 'hubfleet', hostName: 'hub.localhost' },
    });
  });

  test.each([
    ['GET', '/nothing'],
    ['GET', '/twins/'],
    ['GET', '/twins/a/methods/b'],
    ['PUT', '/jobs/v3/x'],
  ])('%s %s is 404000 with a sentence', async (method, path) => {
    const { ask } = await aHub();
    const answer = await ask(method, path, { body: '{}' });
    expect(answer.error).toEqual({
      name: 'GenericNotFound',
      number: 404000,
      message: `${method} ${path} is not part of this hub's API.`,
    });
  });

  test.each([
    ['GET', '/twins/a/methods?api-version=2021-04-12', 'POST'],
    ['PUT', '/twins/a/methods/', 'POST'],
    ['POST', '/twins/a', 'GET, PATCH, PUT'],
    ['PATCH', '/devices/a', 'GET, PUT, DELETE'],
    ['OPTIONS', '/statistics/devices', 'GET'],
  ])('%s %s is 405000 and names the methods there are', async (method, path, allow) => {
    const { ask } = await aHub();
    const answer = await ask(method, path);
    expect([answer.status, answer.error.name, answer.headers.allow]).toEqual([405, 'GenericMethodNotAllowed', allow]);
    expect(answer.error.message).toContain(`${path.split('?')[0]} has ${allow}, not ${method}.`);
  });

  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  test.each([
    ['PUT', '/devices/pump', `{"status":${deep}}`, 'status: a list'],
    ['PUT', '/devices/pump', `{"authentication":{"type":${deep}}}`, 'authentication.type: a list'],
    ['PUT', '/devices/pump', `{"deviceId":${deep}}`, 'deviceId: a list'],
    ['PUT', '/devices/pump', '{"deviceId":{"toString":1}}', 'deviceId: an object'],
  ])(
    '%s %s with a value deeper than the stack, or without a text, is 400 and not 500',
    async (method, path, body, text) => {
      const { ask } = await aHub();
      const answer = await ask(method, path, { body });
      expect([answer.status, answer.error.name]).toEqual([400, 'ArgumentInvalid']);
      expect(answer.error.message).toContain(text);
    },
  );

  test('an importMode deeper than the stack is refused like any other', async () => {
    const { ask } = await aHub();
    const answer = await ask('POST', '/devices', { body: `[{"id":"pump","importMode":${deep}}]` });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ deviceId: 'pump', errorCode: 'ArgumentInvalid' }] });
  });

  test('a path that cannot be decoded is 400', async () => {
    const { ask } = await aHub();
    for (const path of ['/twins/%zz', '/twins/%zz/methods', '/devices/%ff']) {
      const answer = await ask(path.endsWith('methods') ? 'POST' : 'GET', path);
      expect([answer.status, answer.error.name]).toEqual([400, 'ArgumentInvalid']);
    }
  });

  test('any content type will do', async () => {
    const { ask, create } = await aHub();
    await create('pump');
    for (const type of ['text/plain', 'application/octet-stream', 'nonsense']) {
      const answer = await ask('PATCH', '/twins/pump', { headers: { 'content-type': type }, body: { tags: { a: 1 } } });
      expect(answer.status).toBe(200);
    }
  });
});

describe('query', () => {
  test('pages in order of id and leaves the continuation out on the last page', async () => {
    const { ask } = await aHub();
    const body = Array.from({ length: 7 }, (_, index) => ({
      id: `d${index}`,
      importMode: 'create',
      tags: { even: index % 2 === 0 },
    }));
    await ask('POST', '/devices', { body });
    const pages: string[][] = [];
    let more: string | undefined;
    do {
      const page = await ask('POST', '/devices/query', {
        policy: 'service',
        headers: { 'x-ms-max-item-count': '2', ...(more === undefined ? {} : { 'x-ms-continuation': more }) },
        body: { query: 'SELECT * FROM devices WHERE tags.even = true' },
      });
      expect(page.headers['x-ms-item-type']).toBe('Twin');
      pages.push((page.body as { deviceId: string }[]).map((twin) => twin.deviceId));
      more = page.headers['x-ms-continuation'];
    } while (more !== undefined);
    expect(pages).toEqual([
      ['d0', 'd2'],
      ['d4', 'd6'],
    ]);
  });

  test.each([
    [{ query: 'SELECT * FROM devices WHERE' }, {}, 'query, line 1, column 28: Expected'],
    [{ query: 'SELECT * FROM devices WHERE LOUD(a)' }, {}, 'query, line 1, column 29: LOUD is not a function'],
    [{ query: 'SELECT deviceId FROM devices.jobs' }, {}, 'query, line 1, column 8: FROM devices.jobs gives whole rows'],
    [{ query: 5 }, {}, 'query: is missing'],
    [{}, {}, 'query: is missing'],
    [
      { query: 'SELECT * FROM devices' },
      { 'x-ms-max-item-count': '0' },
      "x-ms-max-item-count: '0' must be a whole number within [1; 1000]",
    ],
    [{ query: 'SELECT * FROM devices' }, { 'x-ms-max-item-count': '2.5' }, '[1; 1000]'],
    [
      { query: 'SELECT * FROM devices' },
      { 'x-ms-continuation': 'zzz' },
      'x-ms-continuation: is not one that this hub gave',
    ],
  ])('%j %j is 400004', async (body, headers, message) => {
    const { ask } = await aHub();
    const answer = await ask('POST', '/devices/query', { headers: headers as Record<string, string>, body });
    expect([answer.status, answer.error.number]).toEqual([400, 400004]);
    expect(answer.error.message).toContain(message);
  });
});

test('an escaped slash makes no module of a device, on any path', async () => {
  const { ask, create } = await aHub();
  await create('a');
  await ask('PUT', '/devices/a/modules/m', { body: {} });
  const paths: readonly (readonly [string, string, unknown])[] = [
    ['GET', '/twins/a%2Fm', undefined],
    ['PATCH', '/twins/a%2fm', { tags: { x: 1 } }],
    ['PUT', '/twins/a%2Fm', { tags: { x: 1 } }],
    ['POST', '/twins/a%2Fm/methods', { methodName: 'x' }],
    ['DELETE', '/devices/a%2Fm/commands', undefined],
    ['GET', '/devices/a%2Fm', undefined],
    ['POST', '/devices/a%2Fm/applyConfigurationContent', { moduleContent: { 'properties.desired.a': 1 } }],
  ];
  for (const [method, path, body] of paths) {
    const { status, error } = await ask(method, path, { body });
    expect([path, status, error.name]).toEqual([
      path,
      expect.toSatisfy((is) => is === 400 || is === 404),
      expect.stringMatching(/^(ArgumentInvalid|DeviceNotFound)$/),
    ]);
  }
  expect((await ask('GET', '/twins/a/modules/m')).body).toMatchObject({ tags: {} });
});

test('a job nested deeper than any answer could show is refused, not left without an answer', async () => {
  const { ask } = await aHub();
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const body = `{"type":"scheduleDeviceMethod","queryCondition":"*","cloudToDeviceMethod":{"methodName":"m","payload":${deep}}}`;
  const { status, error } = await ask('PUT', '/jobs/v2/deep', { body });
  expect([status, error.name, error.message]).toEqual([400, 'ArgumentInvalid', expect.stringContaining('nested')]);
});

test('import and export, which a local hub has not, are refused with a sentence, and their list is empty', async () => {
  const { ask } = await aHub();
  expect(await ask('GET', '/jobs?api-version=2021-04-12')).toMatchObject({ status: 200, body: [] });
  for (const path of ['/jobs', '/jobs/create']) {
    expect((await ask('POST', path, { body: { type: 'export' } })).error).toMatchObject({
      name: 'FeatureNotSupported',
      message: expect.stringContaining('blob'),
    });
  }
  for (const method of ['GET', 'DELETE']) {
    expect((await ask(method, '/jobs/some')).error).toMatchObject({
      name: 'JobNotFound',
      message: expect.stringContaining('/jobs/v2/'),
    });
  }
});
