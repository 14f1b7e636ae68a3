// The HTTPS API of devices, from real sockets: what they send is received, what waits for them is handed over and settled.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  issueDevice,
  issueServer,
  makeAuthority,
  selfSignedDevice,
} from '../../../../simulators/certificates/issue.ts';
import { systemClock } from '../../../../simulators/clock/system.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { aDeviceApi, headerOf, pump, valve } from './a-device-api.ts';

const events = '/messages/events?api-version=2020-05-31-preview';
const bound = '/messages/devicebound';
const batchType = { 'content-type': 'application/vnd.microsoft.iothub.json' };

const received = (facts: readonly HubFact[]) =>
  facts
    .filter((fact) => fact.type === 'message.received')
    .map(({ device, body, properties }) => ({ device, text: body.text, bytes: body.bytes, properties }));

describe('sending', () => {
  test('a message is 204 and is received with all its properties', async () => {
    const { device, facts } = await aDeviceApi();
    const answer = await device('POST', events, {
      body: '{"t":21}',
      headers: {
        'iothub-to': '/devices/pump/messages/events',
        'IoTHub-MessageId': 'm-1',
        'IoTHub-CorrelationId': 'c-1',
        'IoTHub-UserId': 'u-1',
        'IoTHub-Ack': 'full',
        'IoTHub-Expiry': '2026-01-01T00:00:00Z',
        'iothub-contenttype': 'application/json',
        'iothub-contentencoding': 'utf-8',
        'iothub-creation-time-utc': '2025-12-31T00:00:00Z',
        'iothub-interface-id': 'urn:i',
        'dt-subject': 'fan',
        'iothub-app-Colour': 'red',
        'iothub-app-escaped': 'a%20b%C3%BC',
        'content-type': 'text/plain',
      },
    });
    expect([answer.status, answer.body.length]).toEqual([204, 0]);
    expect(received(facts)).toEqual([
      {
        device: 'pump',
        text: '{"t":21}',
        bytes: 8,
        properties: {
          to: '/devices/pump/messages/events',
          messageId: 'm-1',
          correlationId: 'c-1',
          userId: 'u-1',
          ack: 'full',
          expiresAt: '2026-01-01T00:00:00.000Z',
          contentType: 'application/json',
          contentEncoding: 'utf-8',
          creationTime: '2025-12-31T00:00:00Z',
          interfaceId: 'urn:i',
          componentName: 'fan',
          Colour: 'red',
          escaped: 'a%20b%C3%BC',
        },
      },
    ]);
  });

  test('a module sends as itself, an empty body is a message, and words of the path may be in any case', async () => {
    const { module, say, tokenOf, facts } = await aDeviceApi();
    expect((await module('POST', '/messages/events', { body: 'x' })).status).toBe(204);
    const headers = { authorization: tokenOf('pump') };
    expect((await say('POST', '/Devices/pump/Messages/Events/', { headers })).status).toBe(204);
    expect(received(facts)).toMatchObject([
      { device: 'pump/valve', text: 'x' },
      { device: 'pump', text: '', bytes: 0 },
    ]);
  });

  test('256 KB go in one message, a byte more is 413001', async () => {
    const { device, facts } = await aDeviceApi();
    expect((await device('POST', events, { body: Buffer.alloc(262_144, 65) })).status).toBe(204);
    for (const body of [Buffer.alloc(262_145), Buffer.alloc(3_000_000)]) {
      const answer = await device('POST', events, { body }).catch(() => undefined);
      // The rest of a large body is not read, so that its sender may find the connection closed before it hears why.
      if (answer !== undefined) expect([answer.status, answer.error]).toEqual([413, 'MessageTooLarge']);
    }
    const more = await device('POST', events, { body: Buffer.alloc(262_144), headers: { 'iothub-app-a': '1' } });
    expect([more.status, more.error]).toEqual([413, 'MessageTooLarge']);
    expect(received(facts)).toHaveLength(1);
  });

  test('a batch is received message by message', async () => {
    const { device, facts } = await aDeviceApi();
    const batch = [
      { body: Buffer.from('one').toString('base64') },
      { body: 'dHdv', base64Encoded: true, properties: { 'iothub-app-k': 'v', 'iothub-messageid': 'm', other: 'o' } },
      { body: 'dHdv', base64Encoded: false },
      { body: 'not base64!', properties: null },
    ];
    const answer = await device('POST', events, { headers: batchType, body: JSON.stringify(batch) });
    expect(answer.status).toBe(204);
    expect(received(facts)).toEqual([
      { device: pump, text: 'one', bytes: 3, properties: undefined },
      { device: pump, text: 'two', bytes: 3, properties: { k: 'v', messageId: 'm', other: 'o' } },
      { device: pump, text: 'dHdv', bytes: 4, properties: undefined },
      { device: pump, text: 'not base64!', bytes: 11, properties: undefined },
    ]);
  });

  test.each([
    ['', 400, 'IotHubFormatError'],
    ['{}', 400, 'IotHubFormatError'],
    ['[]', 400, 'IotHubFormatError'],
    ['[1]', 400, 'IotHubFormatError'],
    ['[{"body":5}]', 400, 'IotHubFormatError'],
    ['[{"body":"x","base64Encoded":"no"}]', 400, 'IotHubFormatError'],
    ['[{"body":"x!","base64Encoded":true}]', 400, 'IotHubFormatError'],
    ['[{"body":"","properties":[]}]', 400, 'IotHubFormatError'],
    ['[{"body":"","properties":{"a":1}}]', 400, 'IotHubFormatError'],
    [`[{"body":""},{"body":"${'QUJD'.repeat(87_382)}"}]`, 413, 'MessageTooLarge'],
  ])('of the malformed batch no. %# nothing is received', async (body, status, error) => {
    const { device, facts } = await aDeviceApi();
    const answer = await device('POST', events, { headers: batchType, body });
    expect([answer.status, answer.error]).toEqual([status, error]);
    expect(received(facts)).toEqual([]);
  });
});

describe('receiving', () => {
  test('nothing waits: 204', async () => {
    const { device } = await aDeviceApi();
    expect((await device('GET', bound)).status).toBe(204);
  });

  test('a message comes with its bytes and every header', async () => {
    const { device, send } = await aDeviceApi();
    const body = Buffer.from([0, 200, 10, 255]);
    const expiresAt = Math.ceil(Date.now() / 1_000) * 1_000 + 60_000;
    const system = { messageId: 'm-1', correlationId: 'c', userId: 'u', contentType: 'a/b', contentEncoding: 'gzip' };
    send(body, { ...system, expiresAt, ack: 'positive' }, { colour: 'grün €', escaped: 'a%20b', 'two words': 'x\ny' });
    const answer = await device('GET', `${bound}?api-version=2021-04-12`);
    expect([answer.status, answer.body]).toEqual([200, body]);
    const names = ['messageid', 'to', 'correlationid', 'userid', 'contenttype', 'contentencoding', 'expiry', 'ack'];
    const others = ['sequencenumber', 'deliverycount', 'app-colour', 'app-escaped', 'app-two%20words'];
    expect([...names, ...others].map((name) => headerOf(answer, `iothub-${name}`))).toEqual([
      'm-1',
      '/devices/pump/messages/deviceBound',
      'c',
      'u',
      'a/b',
      'gzip',
      new Date(expiresAt).toISOString(),
      'positive',
      '1',
      '1',
      'grün €',
      'a%20b',
      'x%0Ay',
    ]);
    expect(answer.headers.etag).toMatch(/^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/);
    expect(headerOf(answer, 'iothub-enqueuedtime')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test('complete, reject and abandon settle it; a lost lock is 412002', async () => {
    const { device, send, facts } = await aDeviceApi();
    for (const text of ['a', 'b', 'c']) send(text);
    const next = async (): Promise<[string, string]> => {
      const { body, headers } = await device('GET', bound);
      return [body.toString(), headers.etag?.slice(1, -1) ?? ''];
    };
    const [a, lockA] = await next();
    // Node's client sends the bare token, others the quoted one.
    expect((await device('DELETE', `${bound}/${lockA}?api-version=1`, { headers: { 'if-match': lockA } })).status).toBe(
      204,
    );
    const [b, lockB] = await next();
    expect((await device('DELETE', `${bound}/${lockB}?api-version=1&reject`)).status).toBe(204);
    const [c, lockC] = await next();
    expect((await device('POST', `${bound}/${lockC}/abandon?api-version=1`)).status).toBe(204);
    const [again, lockAgain] = await next();
    expect([a, b, c, again]).toEqual(['a', 'b', 'c', 'c']);
    expect((await device('DELETE', `${bound}/%22${lockAgain}%22`)).status).toBe(204);
    for (const [method, path] of [
      ['DELETE', lockAgain],
      ['DELETE', `${lockA}?reject`],
      ['POST', `${lockC}/abandon`],
    ] as const) {
      const lost = await device(method, `${bound}/${path}`);
      expect([lost.status, lost.error]).toEqual([412, 'DeviceMessageLockLost']);
    }
    const outcomes = facts.filter((fact) => fact.type === 'message.settled').map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['completed', 'rejected', 'abandoned', 'completed']);
  });

  test('a module receives what is for it and settles only that', async () => {
    const { device, module, send, messages } = await aDeviceApi();
    send('for the device');
    send('for the module', { to: '/devices/pump/modules/valve/messages/devicebound' });
    const mine = await module('GET', bound);
    expect(mine.body.toString()).toBe('for the module');
    expect(headerOf(mine, 'iothub-to')).toBe('/devices/pump/modules/valve/messages/deviceBound');
    const lock = mine.headers.etag?.slice(1, -1);
    expect((await device('DELETE', `${bound}/${lock}`)).status).toBe(412);
    expect((await module('DELETE', `${bound}/${lock}`)).status).toBe(204);
    expect([messages.count(pump), messages.count(valve)]).toEqual([1, 0]);
  });

  test.each([
    ['5', 200],
    ['300', 200],
    ['4', 400],
    ['301', 400],
    ['x', 400],
  ])('IotHub-MessageLockTimeout: %s is %d', async (seconds, status) => {
    const { device, send } = await aDeviceApi();
    send('x');
    const answer = await device('GET', bound, { headers: { 'IotHub-MessageLockTimeout': seconds } });
    expect(answer.status).toBe(status);
  });

  test('text that latin1 holds is read right by clients that know nothing else; what looks like UTF-8 then is written twice', async () => {
    const { device, send } = await aDeviceApi();
    send('x', {}, { unit: '21 °C', odd: 'Ã¼', euro: '€' });
    const answer = await device('GET', bound);
    expect(['unit', 'odd', 'euro'].map((name) => answer.headers[`iothub-app-${name}`])).toEqual([
      '21 °C',
      Buffer.from('Ã¼').toString('latin1'),
      Buffer.from('€').toString('latin1'),
    ]);
    expect(['unit', 'odd', 'euro'].map((name) => headerOf(answer, `iothub-app-${name}`))).toEqual(['21 °C', 'Ã¼', '€']);
  });

  test('what a client writes in latin1 or in UTF-8 is received the same', async () => {
    const { say, tokenOf, facts } = await aDeviceApi();
    const authorization = tokenOf('pump');
    for (const value of ['21 °C', Buffer.from('21 °C').toString('latin1')]) {
      const headers = { authorization, 'iothub-app-unit': value };
      expect((await say('POST', '/devices/pump/messages/events', { headers })).status).toBe(204);
    }
    expect(received(facts).map(({ properties }) => properties?.unit)).toEqual(['21 °C', '21 °C']);
  });

  test('any text survives its way to a device as a header', async () => {
    const { device, send } = await aDeviceApi();
    const text = fc.string({ unit: 'grapheme', maxLength: 30 }).map((value) => value.trim());
    // biome-ignore lint/suspicious/noControlCharactersInRegex: headers cannot hold them
    const printable = text.filter((value) => !/[\0-\x1f\x7f]/.test(value) && !/^\s|\s$/.test(value));
    await fc.assert(
      fc.asyncProperty(printable, async (value) => {
        send('x', { messageId: value.slice(0, 100) }, { key: value });
        const answer = await device('GET', bound);
        await device('DELETE', `${bound}/${answer.headers.etag?.slice(1, -1)}`);
        expect([headerOf(answer, 'iothub-app-key'), headerOf(answer, 'iothub-messageid')]).toEqual([
          value,
          value.slice(0, 100).trim(),
        ]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('who may', () => {
  test.each([
    ['no token', {}],
    ['a token of nobody', { authorization: 'SharedAccessSignature sr=a&sig=b&se=1' }],
  ])('%s is 401', async (_title, headers) => {
    const { say } = await aDeviceApi();
    for (const [method, path] of [
      ['POST', '/devices/pump/messages/events'],
      ['GET', '/devices/pump/messages/devicebound'],
      ['GET', '/devices/nobody/messages/devicebound'],
      ['DELETE', '/devices/pump/messages/devicebound/x'],
    ] as const) {
      expect((await say(method, path, { headers })).status).toBe(401);
    }
  });

  test('a device’s token opens neither its module nor another device, a module’s not its device', async () => {
    const { say, tokenOf, registry, access } = await aDeviceApi();
    registry.put('other', {}, undefined);
    const by = (token: string) => async (path: string) =>
      (await say('GET', `/devices/${path}/messages/devicebound`, { headers: { authorization: token } })).status;
    const paths = ['pump', 'pump/modules/valve', 'other', 'nobody'];
    expect(await Promise.all(paths.map(by(tokenOf('pump'))))).toEqual([204, 401, 401, 401]);
    expect(await Promise.all(paths.map(by(tokenOf('pump/valve'))))).toEqual([401, 204, 401, 401]);
    expect(await Promise.all(paths.map(by(access.serviceToken('device', 60))))).toEqual([204, 204, 204, 401]);
    expect(await Promise.all(paths.map(by(access.serviceToken('service', 60))))).toEqual([401, 401, 401, 401]);
  });

  test('a disabled device is 401', async () => {
    const { device, registry } = await aDeviceApi();
    registry.put(pump, { status: 'disabled' }, '*');
    expect((await device('GET', bound)).status).toBe(401);
  });

  test('an escaped slash makes no module of a device', async () => {
    const { say, tokenOf } = await aDeviceApi();
    const headers = { authorization: tokenOf('pump/valve') };
    expect((await say('GET', '/devices/pump%2Fvalve/messages/devicebound', { headers })).status).toBe(404);
  });

  test('a certificate is as good as a token where the device is registered with one, and only that one', async () => {
    const tools = { now: systemClock().now(), randomBytes };
    const authority = await makeAuthority(tools);
    const server = await issueServer(authority, 'hub.localhost', tools);
    const { say, registry, facts } = await aDeviceApi({
      key: server.key,
      certificate: server.certificate,
      ca: authority.certificate,
    });
    const own = await selfSignedDevice({ id: 'printed' }, tools);
    const signed = await issueDevice(authority, { id: 'signed' }, tools);
    const primaryThumbprint = own.thumbprints.sha1;
    registry.put(
      'printed',
      { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } } },
      undefined,
    );
    registry.put('signed', { authentication: { type: 'certificateAuthority' } }, undefined);
    const status = async (id: string, pair: typeof own | undefined) =>
      (await say('POST', `/devices/${id}/messages/events`, { body: id, pair })).status;
    expect([
      await status('printed', own),
      await status('signed', signed),
      await status('printed', signed),
      await status('signed', own),
      await status('pump', own),
      await status('printed', undefined),
    ]).toEqual([204, 204, 401, 401, 401, 401]);
    expect(received(facts).map(({ text }) => text)).toEqual(['printed', 'signed']);
  });
});

describe('what is not there', () => {
  test.each([
    ['GET', events, 'POST'],
    ['POST', bound, 'GET'],
    ['PUT', `${bound}/x`, 'DELETE'],
    ['DELETE', `${bound}/x/abandon`, 'POST'],
  ])('%s %s is 405 and names %s', async (method, path, allow) => {
    const { device } = await aDeviceApi();
    const answer = await device(method, path);
    expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
  });

  test('a store that cannot be written is answered 500001 and the message is not lost', async () => {
    const { device, send, store, messages } = await aDeviceApi();
    send('x');
    const lock = (await device('GET', bound)).headers.etag?.slice(1, -1);
    store.close();
    const answer = await device('DELETE', `${bound}/${lock}`);
    expect([answer.status, answer.error, messages.count(pump)]).toEqual([500, 'ServerError', 1]);
  });
});

describe('the limits of a tier', () => {
  test('429001 for telemetry and for receiving, and the device is named', async () => {
    const { device, throttling, facts } = await aDeviceApi();
    throttling.set({ tier: 'S1', units: 1 });
    throttling.takeUpTo('cloud-to-device receives', 100_000);
    const got = await device('GET', bound);
    throttling.takeUpTo('telemetry', 100_000);
    const sent = await device('POST', events, { headers: batchType, body: '[{"body":""},{"body":""}]' });
    expect([got.status, got.error, sent.status, sent.error]).toEqual([
      429,
      'ThrottlingException',
      429,
      'ThrottlingException',
    ]);
    expect(facts).toContainEqual(
      expect.objectContaining({ type: 'throttle.hit', kind: 'cloud-to-device receives', device: pump }),
    );
  });
});

describe('nonsense', () => {
  test('random paths, headers and bodies are answered, and the next device is served', async () => {
    const { say, device, tokenOf } = await aDeviceApi();
    const authorization = tokenOf('pump');
    const word = fc.constantFrom(
      'devices',
      'pump',
      'modules',
      'valve',
      'messages',
      'events',
      'devicebound',
      'abandon',
      '%',
      '%00',
      '..',
      '',
    );
    const path = fc.array(word, { maxLength: 9 }).map((words) => `/devices/pump/${words.join('/')}`);
    const header = fc.constantFrom(
      'iothub-app-',
      'iothub-ack',
      'iothub-expiry',
      'iothub-messagelocktimeout',
      'iothub-app-__proto__',
    );
    const value = fc.string({ maxLength: 20 }).map((text) => Buffer.from(text).toString('latin1'));
    const body = fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc
        .jsonValue({ maxDepth: 2 })
        .map((item) => JSON.stringify([{ body: item, properties: item, base64Encoded: item }])),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'),
        path,
        fc.dictionary(header, value),
        fc.boolean(),
        body,
        async (method, url, odd, batch, text) => {
          const headers = { ...odd, ...(batch ? batchType : {}), authorization };
          const { status } = await say(method, url, { headers, ...(method === 'GET' ? {} : { body: text }) });
          expect(status).toBeGreaterThanOrEqual(200);
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 250 },
    );
    expect((await device('GET', bound)).status).toBe(204);
  });
});
