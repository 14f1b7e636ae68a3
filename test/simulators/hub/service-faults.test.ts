// Faults of the hub as those see them who call it and those who are called: over the service API, MQTT and AMQP, with real sockets.
import { describe, expect, test } from 'vitest';
import type { FaultTouch } from '../../../simulators/vocabulary/facts.ts';
import type { FaultSettingsInput } from '../../../simulators/vocabulary/fault-specs.ts';
import { deviceId, faultName } from '../../../simulators/vocabulary/ids.ts';
import { soon } from './doors-mqtt/door-bench.ts';
import { aFaultyHub, protocols, refusalOf } from './faulty-hub.ts';

const forLong = { kind: 'fixed', ms: 600_000 } as const;
const touched = (leg: FaultTouch['leg'], held?: unknown) => [{ fault: 'fault', leg, ...(held ? { held } : {}) }];
const some = expect.any(Number) as unknown;

describe.each(protocols)('over %s', (protocol) => {
  test('a device is refused while hub.refuse is on, and one that is in stays in', async () => {
    const { add, lift, device, call, facts } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'hub.refuse', connack: 4, condition: 'com.microsoft:iot-hub-suspended' });
    const code = protocol === 'mqtt' ? 4 : 'com.microsoft:iot-hub-suspended';
    expect(await refusalOf(device(protocol, 'two'))).toBe(code);
    expect(await facts.next('device.refused')).toMatchObject({ device: 'two', protocol, code, faults: ['fault'] });
    const called = call('one');
    await soon(() => one.calls.length).toBe(1);
    one.calls[0]?.answer(200);
    expect((await called).status).toBe(200);
    lift();
    await device(protocol, 'two');
  });

  test('a lost request never reaches the device, its caller gets 504, and lifting the fault brings nothing back', async () => {
    const { add, lift, device, call, facts } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'hub.request-lost' }, { when: { first: 1 } });
    const lost = call('one', { responseTimeoutInSeconds: 5 });
    await facts.next('invocation.begun');
    lift();
    const called = call('one', { methodName: 'second' });
    await soon(() => one.calls.map(({ name }) => name)).toEqual(['second']);
    one.calls[0]?.answer(200);
    expect((await called).status).toBe(200);
    expect(await lost).toMatchObject({ status: 504, error: { name: 'GatewayTimeout', number: 504101 } });
    const ended = await facts.next('invocation.ended', ({ httpStatus }) => httpStatus === 504);
    expect(ended).toMatchObject({ touches: touched('toDevice') });
    expect(ended.sentAt).toBeUndefined();
    expect(one.calls).toHaveLength(1);
  });

  test('a request sent twice is executed twice, and of its two answers the second is dropped', async () => {
    const { add, device, call, facts } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'hub.request-twice' });
    const called = call('one');
    await soon(() => one.calls.length).toBe(2);
    expect(one.calls[1]?.id).toBe(one.calls[0]?.id);
    for (const [index, each] of one.calls.entries()) each.answer(200 + index);
    expect((await called).body).toMatchObject({ status: 200 });
    expect(await facts.next('answer.dropped')).toMatchObject({ device: 'one', deviceStatus: 201, why: 'late' });
    expect(await facts.next('invocation.ended')).toMatchObject({ touches: touched('toDevice') });
  });

  test('a call that hub.slow holds goes out when the fault is lifted, and its response timeout begins then', async () => {
    const { add, lift, device, call, facts, hub } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'hub.slow', delay: forLong });
    const called = call('one', { responseTimeoutInSeconds: 5 });
    const begun = await facts.next('invocation.begun');
    expect(hub.counts().inFlight).toBe(1);
    expect(one.calls).toEqual([]);
    lift();
    await soon(() => one.calls.length).toBe(1);
    one.calls[0]?.answer(200);
    expect((await called).status).toBe(200);
    const ended = await facts.next('invocation.ended');
    expect(ended).toMatchObject({ begunAt: begun.at, touches: touched('hub', some) });
    expect(ended.touches?.[0]?.held).toBeGreaterThan(0);
    expect(ended.touches?.[0]?.held).toBeLessThanOrEqual((ended.sentAt ?? 0) - begun.at + 1);
  });

  test('a desired change is not told while hub.desired-lost is on, and the device finds out when it reads its twin', async () => {
    const { add, lift, device, ask, facts } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'hub.desired-lost' });
    const patch = (a: number) => ask('PATCH', '/twins/one', { body: { properties: { desired: { a } } } });
    await patch(1);
    lift();
    await patch(2);
    await soon(() => one.desired.map((text) => JSON.parse(text))).toEqual([{ a: 2, $version: 3 }]);
    const told = facts.of('twin.patched').map(({ delivered, faults }) => ({ delivered, faults }));
    expect(told).toEqual([
      { delivered: false, faults: ['fault'] },
      { delivered: true, faults: undefined },
    ]);
    expect(JSON.parse((await one.get()).body)).toMatchObject({ desired: { a: 2 } });
  });

  test('a notification to a device that does not listen is no chance for a fault', async () => {
    const { add, create, ask, strikes, facts } = await aFaultyHub();
    await create('one');
    add({ kind: 'hub.desired-lost' });
    await ask('PATCH', '/twins/one', { body: { properties: { desired: { a: 1 } } } });
    expect(strikes()).toBe(0);
    expect(await facts.next('twin.patched')).toMatchObject({ delivered: false });
  });

  test('a lost report reaches no twin and gets no answer; a get goes on as before', async () => {
    const { add, lift, device, facts } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'twin.report-lost' });
    let answered = false;
    void one.report({ a: 1 }).then(() => {
      answered = true;
    });
    expect(await facts.next('twin.lost')).toMatchObject({ device: 'one', operation: 'report', faults: ['fault'] });
    lift();
    expect(JSON.parse((await one.get()).body)).toMatchObject({ reported: { $version: 1 } });
    expect(await one.report({ b: 1 })).toMatchObject({ status: 204 });
    expect(JSON.parse((await one.get()).body)).toMatchObject({ reported: { b: 1, $version: 2 } });
    expect(answered).toBe(false);
  });

  test('a late report is applied and answered late, at the latest when the fault is lifted', async () => {
    const { add, lift, device, facts, strikes } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'twin.report-late', delay: forLong });
    const late = one.report({ a: 1 });
    await soon(strikes).toBe(1);
    expect(JSON.parse((await one.get()).body)).toMatchObject({ reported: { $version: 1 } });
    lift();
    expect(await late).toMatchObject({ status: 204 });
    expect(JSON.parse((await one.get()).body)).toMatchObject({ reported: { a: 1, $version: 2 } });
    expect(await facts.next('twin.patched')).toMatchObject({ section: 'reported', faults: ['fault'] });
  });

  test('a report that is held while its device is deleted and made anew is lost', async () => {
    const { add, lift, create, ask, device, facts, strikes } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'twin.report-late', delay: forLong });
    void one.report({ a: 1 }).catch(() => {});
    await soon(strikes).toBe(1);
    expect((await ask('DELETE', '/devices/one', { headers: { 'if-match': '*' } })).status).toBe(204);
    await create('one');
    lift();
    expect(await facts.next('twin.lost')).toMatchObject({ device: 'one', operation: 'report', faults: ['fault'] });
    expect((await ask('GET', '/twins/one')).body).toMatchObject({ properties: { reported: { $version: 1 } } });
  });

  test('a report that is held when the hub stops is dropped without a word', async () => {
    const { add, lift, device, facts, hub, strikes } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'twin.report-late', delay: forLong });
    void one.report({ a: 1 }).catch(() => {});
    await soon(strikes).toBe(1);
    await hub.stop();
    lift();
    expect(facts.of('twin.patched')).toEqual([]);
    expect(facts.all.at(-1)?.type).toBe('hub.closed');
  });

  test.each([
    [400, 400004],
    [413, 413001],
    [429, 429001],
    [500, 500001],
    [503, 503001],
  ] as const)('a report is rejected with %i', async (status, number) => {
    const { add, device, facts } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'twin.report-rejected', status });
    const reply = await one.report({ a: 1 });
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toMatchObject({ errorCode: number });
    expect(await facts.next('twin.refused')).toMatchObject({ section: 'reported', faults: ['fault'] });
    expect(JSON.parse((await one.get()).body)).toMatchObject({ reported: { $version: 1 } });
  });

  test('a twin that is asked for is not answered; a report goes on as before', async () => {
    const { add, lift, device, facts } = await aFaultyHub();
    const one = await device(protocol, 'one');
    add({ kind: 'twin.get-unanswered' });
    let answered = false;
    void one.get().then(() => {
      answered = true;
    });
    expect(await facts.next('twin.lost')).toMatchObject({ device: 'one', operation: 'get', faults: ['fault'] });
    expect(await one.report({ a: 1 })).toMatchObject({ status: 204 });
    lift();
    expect(await one.get()).toMatchObject({ status: 200 });
    expect(answered).toBe(false);
    expect(facts.of('twin.fetched')).toHaveLength(1);
  });
});

const slow: FaultSettingsInput = { kind: 'hub.slow', delay: forLong };
const broken: FaultSettingsInput = { kind: 'hub.error', status: 503 };
const operations = [
  ['methods', 'POST', '/twins/one/methods', { methodName: 'm' }, 404],
  ['twins', 'GET', '/twins/one', undefined, 200],
  ['registry', 'GET', '/devices/one', undefined, 200],
  ['registry', 'GET', '/statistics/devices', undefined, 200],
  ['queries', 'POST', '/devices/query', { query: 'SELECT * FROM devices' }, 200],
  ['jobs', 'GET', '/jobs/v2/query', undefined, 200],
  ['messages', 'DELETE', '/devices/one/commands', undefined, 200],
] as const;

describe('the service API', () => {
  test.each([
    [429, 'ThrottlingException', 429001],
    [500, 'ServerError', 500001],
    [502, 'GenericBadGateway', 502000],
    [503, 'ServiceUnavailable', 503001],
    [504, 'GenericGatewayTimeout', 504000],
  ] as const)('answers %i as the service does, for methods and for all else', async (status, name, number) => {
    const { add, create, call, ask, facts } = await aFaultyHub();
    await create('one');
    add({ kind: 'hub.error', status });
    expect(await call('one')).toMatchObject({ status, error: { name, number } });
    expect(await facts.next('invocation.ended')).toMatchObject({
      ...{ device: 'one', httpStatus: status, error: name },
      touches: touched('hub'),
    });
    expect(await ask('GET', '/twins/one')).toMatchObject({ status, error: { name, number } });
    const plain = await ask('GET', '/devices/one');
    expect(plain).toMatchObject({ status, error: { name } });
    expect(plain.error.message).toMatch(`ErrorCode:${name};`);
  });

  test.each(operations)('%s: %s %s fails where the fault is for them, and only there', async (operation, ...asked) => {
    const [method, path, body, status] = asked;
    const { add, lift, create, ask, strikes } = await aFaultyHub();
    await create('one');
    add({ ...broken, operations: [operation] });
    expect((await ask(method, path, { body })).status).toBe(503);
    lift();
    const others = operations.map(([name]) => name).filter((name) => name !== operation);
    add({ ...broken, operations: others });
    const before = strikes();
    expect((await ask(method, path, { body })).status).toBe(status);
    expect(strikes()).toBe(before);
  });

  test.each(operations)('%s: %s %s is held by hub.slow and goes on when it is lifted', async (_operation, ...asked) => {
    const [method, path, body, status] = asked;
    const { add, lift, create, ask, strikes } = await aFaultyHub();
    await create('one');
    add(slow);
    const answered = ask(method, path, { body });
    await soon(strikes).toBe(1);
    lift();
    expect((await answered).status).toBe(status);
  });

  test('the calls of a job are method calls: each fails alone, and the job runs to its end', async () => {
    const { add, create, ask, facts } = await aFaultyHub();
    await Promise.all(['one', 'two'].map((id) => create(id)));
    add({ ...broken, operations: ['methods'] }, { on: { device: deviceId('one') } });
    const asked = { type: 'scheduleDeviceMethod', queryCondition: '*', cloudToDeviceMethod: { methodName: 'm' } };
    expect((await ask('PUT', '/jobs/v2/j', { body: asked })).status).toBe(200);
    await facts.next('job.changed', ({ status }) => status === 'completed');
    const ended = facts.of('invocation.ended').map(({ device, httpStatus }) => `${device} ${httpStatus}`);
    expect(ended.sort()).toEqual(['one 503', 'two 404']);
  });

  test('messages that a service sends over AMQP are rejected by hub.error', async () => {
    const { add, create, service, ask } = await aFaultyHub();
    await create('one');
    const client = await service();
    const sender = await client.sender('/messages/devicebound');
    const message = { to: '/devices/one/messages/devicebound', body: 'x' };
    add(broken, { on: { device: deviceId('one') }, when: { first: 1 } });
    expect(await client.send(sender, message)).toBe('rejected amqp:link:detach-forced 503001');
    expect(await client.send(sender, message)).toBe('accepted');
    expect((await ask('GET', '/devices/one')).body).toMatchObject({ cloudToDeviceMessageCount: 1 });
  });

  test('messages that a service sends over AMQP are held by hub.slow, as many as the link has credit for', async () => {
    const { add, lift, create, service, ask, strikes } = await aFaultyHub();
    // A queue takes 50.
    const ids = Array.from({ length: 5 }, (_, index) => `many-${index}`);
    for (const id of ids) await create(id);
    const client = await service();
    const sender = await client.sender('/messages/devicebound');
    add({ ...slow, operations: ['messages'] });
    const sent = Array.from({ length: 250 }, (_, index) =>
      client.send(sender, { to: `/devices/${ids[index % ids.length]}/messages/devicebound`, body: 'x' }),
    );
    const waiting = async () => {
      const answers = await Promise.all(ids.map((id) => ask('GET', `/devices/${id}`)));
      return answers.reduce(
        (sum, { body }) => sum + (body as { cloudToDeviceMessageCount: number }).cloudToDeviceMessageCount,
        0,
      );
    };
    await soon(strikes).toBe(200);
    expect(await waiting()).toBe(0);
    lift();
    expect(new Set(await Promise.all(sent))).toEqual(new Set(['accepted']));
    expect(await waiting()).toBe(250);
  });

  test('what is for one device fails alone, and a caller without a right hears that first', async () => {
    const { add, create, ask, strikes } = await aFaultyHub();
    await create('one');
    await create('two');
    add(broken, { on: { device: deviceId('two') } });
    expect((await ask('GET', '/twins/one')).status).toBe(200);
    expect((await ask('GET', '/twins/two')).status).toBe(503);
    expect((await ask('GET', '/twins/two/modules/m')).status).toBe(404);
    expect((await ask('GET', '/statistics/devices')).status).toBe(200);
    expect((await ask('GET', '/twins/two', { policy: null })).status).toBe(401);
    expect(strikes()).toBe(1);
  });

  test('a hub that stops answers those whom a fault holds, and carries out nothing of it', async () => {
    const { add, lift, create, call, ask, hub, strikes, facts } = await aFaultyHub();
    await create('one');
    add(slow);
    const called = call('one');
    const others = [
      ask('PATCH', '/twins/one', { body: { tags: { floor: 3 } } }),
      ask('GET', '/devices/one'),
      ask('POST', '/devices/query', { body: { query: 'SELECT * FROM devices' } }),
    ];
    await soon(strikes).toBe(4);
    await hub.stop();
    expect(await called).toMatchObject({ status: 503, error: { name: 'ServiceUnavailable' } });
    for (const answer of others)
      expect(await answer).toMatchObject({ status: 503, error: { name: 'ServiceUnavailable' } });
    lift();
    expect(facts.of('invocation.ended')).toHaveLength(1);
    expect(facts.of('twin.patched')).toEqual([]);
    expect(facts.all.at(-1)?.type).toBe('hub.closed');
  });

  test('a message held when the hub stops is never sent', async () => {
    const { add, lift, create, service, hub, strikes, facts } = await aFaultyHub();
    await create('one');
    const client = await service();
    const sender = await client.sender('/messages/devicebound');
    add(slow);
    void client.send(sender, { to: '/devices/one/messages/devicebound', body: 'x' }).catch(() => {});
    await soon(strikes).toBe(1);
    await hub.stop();
    lift();
    expect(facts.of('message.queued')).toEqual([]);
    expect(facts.all.at(-1)?.type).toBe('hub.closed');
  });
});

test('a fault on a share hits devices that are not of ours, by their ids alone', async () => {
  const { add, create, ask, faults } = await aFaultyHub();
  const ids = Array.from({ length: 40 }, (_, index) => `sdk-${index}`);
  await Promise.all(ids.map((id) => create(id)));
  add(broken, { on: { share: 0.5 } });
  const hit: string[] = [];
  for (const id of ids) if ((await ask('GET', `/twins/${id}`)).status === 503) hit.push(id);
  const meant = ids.filter((id) => faults.devicesOf(faultName('fault'), [[deviceId(id), 'none' as never]]) > 0);
  expect(hit).toEqual(meant);
  expect(hit.length).toBeGreaterThan(5);
  expect(hit.length).toBeLessThan(35);
});

test('the limits of a tier hold while hub.throttle is on, and the hub tells which are in use', async () => {
  const { add, lift, hub, ask, facts, strikes } = await aFaultyHub();
  hub.setThrottle({ tier: 'S2', units: 1 });
  add({ kind: 'hub.throttle', tier: 'F1' });
  expect(hub.usage().throttle).toEqual({ tier: 'F1', units: 1 });
  const statuses = new Set<number>();
  while (!statuses.has(429)) {
    statuses.add((await ask('POST', '/devices/query', { body: { query: 'SELECT * FROM devices' } })).status);
  }
  expect(facts.of('throttle.hit')).toMatchObject([{ kind: 'queries', faults: ['fault'] }]);
  expect(strikes()).toBe(1);
  lift();
  expect(hub.usage().throttle).toEqual({ tier: 'S2', units: 1 });
  expect((await ask('POST', '/devices/query', { body: { query: 'SELECT * FROM devices' } })).status).toBe(200);
});
