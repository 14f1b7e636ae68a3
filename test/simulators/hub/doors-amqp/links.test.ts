import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ThrottleKind } from '../../../../simulators/hub/throttling/throttling.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { AmqpProblem, dataOf } from './amqp-client.ts';
import { type Bench, hostName, oddId, openDoor } from './door-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openDoor();
});
afterEach(() => bench.stop());

const address = (id: string, node: string) => `/devices/${id.replace('/', '/modules/')}/${node}`;

/** Uses up what a limit of the tier leaves; it fills again with time. */
function drain(kind: ThrottleKind): void {
  while (bench.throttling.take(kind) === undefined);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

/** A device that answers its method calls with what it was sent. */
async function echo(id: string, client: Awaited<ReturnType<Bench['client']>>) {
  const sender = await client.sender(address(id, 'methods/devicebound'));
  const { inbox, receiver } = await client.receiver(address(id, 'methods/devicebound'));
  receiver.on('message', ({ message }) => {
    sender.send({
      correlation_id: message?.correlation_id,
      application_properties: { 'IoThub-status': 200 },
      body: message?.body,
    } as never);
  });
  return { sender, receiver, inbox };
}

describe('methods', () => {
  test('a call goes to the device with a GUID and its name, and the answer comes back with its status', async () => {
    const client = await bench.device('d');
    const { inbox } = await echo('d', client);
    const answer = await bench.invoke('d', { payload: { a: [1, 'ü'] } });
    expect(answer).toMatchObject({ status: 200 });
    expect((answer as { payload: Buffer }).payload.toString()).toBe('{"a":[1,"ü"]}');
    const { message } = await inbox.next();
    expect(message.correlation_id).toHaveLength(16);
    expect(message.application_properties).toEqual({ 'IoThub-methodname': 'm' });
  });

  test('a device listens once both halves are attached, and no longer when one is gone', async () => {
    const client = await bench.device('d');
    const receiving = await client.receiver(address('d', 'methods/deviceBound'));
    expect(bench.connections.find(deviceId('d'))?.listensForMethods).toBe(false);
    expect(await bench.invoke('d')).toMatchObject({ name: 'DeviceNotOnline' });
    const waiting = bench.invoke('d', { connectTimeoutInSeconds: 10, responseTimeoutInSeconds: 10, payload: 1 });
    const sender = await client.sender(address('d', 'methods/devicebound'));
    const { message } = await receiving.inbox.next();
    sender.send({
      correlation_id: message.correlation_id,
      application_properties: { 'IoThub-status': 7 },
      body: message.body,
    } as never);
    expect(await waiting).toMatchObject({ status: 7 });
    sender.close();
    await new Promise((resolve) => sender.once('sender_close', resolve));
    expect(bench.connections.find(deviceId('d'))?.listensForMethods).toBe(false);
  });

  test('without credit a request waits until there is some', async () => {
    const client = await bench.device('d');
    const sender = await client.sender(address('d', 'methods/devicebound'));
    const { inbox, receiver } = await client.receiver(address('d', 'methods/devicebound'), { credit_window: 0 });
    const called = bench.invoke('d', { payload: 'x' });
    await bench.facts.next('invocation.begun');
    // Another link of the same session is not held up by it.
    const twin = await client.receiver(address('d', 'twin'));
    const ask = await client.sender(address('d', 'twin'));
    ask.send({ correlation_id: 'x', message_annotations: { operation: 'GET' }, body: ' ' } as never);
    expect(dataOf((await twin.inbox.next()).message)).toContain('desired');
    expect(inbox.all).toHaveLength(0);
    receiver.add_credit(1);
    const { message } = await inbox.next();
    sender.send({ correlation_id: message.correlation_id, application_properties: { 'IoThub-status': 1 } } as never);
    expect(await called).toMatchObject({ status: 1 });
  });

  test('answers nobody asked for, without an id or without a status are dropped and told', async () => {
    const client = await bench.device('d');
    const { sender } = await echo('d', client);
    const status = { 'IoThub-status': 200 };
    sender.send({ correlation_id: 'nobody', application_properties: status } as never);
    expect(await bench.facts.next('answer.dropped')).toMatchObject({ rid: 'nobody', why: 'unknown' });
    sender.send({ application_properties: status } as never);
    await bench.facts.next('hint.given', ({ text }) => text.includes('correlation id'));
    sender.send({ correlation_id: 'x', application_properties: { 'IoThub-status': 'fine' } } as never);
    await bench.facts.next('hint.given', ({ text }) => text.includes('IoThub-status'));
  });
});

describe('twins', () => {
  async function twinOf(id: string) {
    const client = await bench.device(id);
    const sender = await client.sender(address(id, 'twin'));
    const { inbox } = await client.receiver(address(id, 'twin'));
    const ask = async (annotations: object, body = ' ') => {
      sender.send({ correlation_id: 'c', message_annotations: annotations, body: Buffer.from(body) } as never);
      return (await inbox.next()).message;
    };
    return { client, inbox, ask };
  }

  test('get, report, subscribe, be notified, unsubscribe', async () => {
    const { ask, inbox } = await twinOf('d');
    const got = await ask({ operation: 'GET' });
    expect(JSON.parse(dataOf(got))).toEqual({ desired: { $version: 1 }, reported: { $version: 1 } });
    expect(got).toMatchObject({ correlation_id: 'c', message_annotations: { status: 200 } });
    const reported = await ask({ operation: 'PATCH', resource: '/properties/reported', version: null }, '{"a":1}');
    expect(reported.message_annotations).toEqual({ status: 204, version: 2 });
    expect(bench.twins.reports.get('d')).toEqual(['{"a":1}']);
    const connection = bench.connections.find(deviceId('d'));
    expect(connection?.sendDesired('{"x":1,"$version":2}', 2)).toBe(false);
    const feed = '/notifications/twin/properties/desired';
    expect((await ask({ operation: 'PUT', resource: feed })).message_annotations).toEqual({ status: 200 });
    expect(connection?.sendDesired('{"x":1,"$version":2}', 2)).toBe(true);
    const { message } = await inbox.next();
    expect(message.correlation_id).toBeUndefined();
    expect(message.message_annotations).toEqual({ resource: '/properties/desired', version: 2 });
    expect(dataOf(message)).toBe('{"x":1,"$version":2}');
    expect((await ask({ operation: 'DELETE', resource: feed })).message_annotations).toEqual({ status: 200 });
    expect(connection?.sendDesired('{}', 3)).toBe(false);
  });

  test.each([
    ['a patch that is refused', { operation: 'PATCH', resource: '/properties/reported' }, '"bad"', 400, 400004],
    ['a patch that cannot be kept', { operation: 'PATCH', resource: '/properties/reported' }, '"full"', 500, 500001],
    ['an unknown operation', { operation: 'POST' }, '', 400, 400004],
    ['an unknown resource', { operation: 'PATCH', resource: '/tags' }, '{}', 400, 400004],
    ['nothing that says what is wanted', {}, '', 400, 400004],
  ])('%s is answered with an error in JSON', async (_title, annotations, body, status, errorCode) => {
    const { ask } = await twinOf('d');
    const answer = await ask(annotations, body);
    expect(answer.message_annotations).toEqual({ status });
    expect(JSON.parse(dataOf(answer))).toMatchObject({ errorCode });
  });

  test('reads and updates over the limit of the tier are answered with 429', async () => {
    const { ask } = await twinOf('d');
    bench.throttling.set({ tier: 'S1', units: 1 });
    const statuses = async (annotations: object, kind: 'twin reads' | 'twin updates') => {
      drain(kind);
      return (await ask(annotations, '{}')).message_annotations?.status;
    };
    await until(async () => (await statuses({ operation: 'GET' }, 'twin reads')) === 429);
    const report = { operation: 'PATCH', resource: '/properties/reported' };
    await until(async () => (await statuses(report, 'twin updates')) === 429);
  });
});

describe('telemetry', () => {
  test('a message arrives with its properties, and is accepted', async () => {
    const client = await bench.device('d/m');
    const sender = await client.sender(address('d/m', 'messages/events'));
    const outcome = await client.send(sender, {
      message_id: '11111111-1111-4111-8111-111111111111',
      correlation_id: 'c',
      content_type: 'application/json',
      content_encoding: 'utf-8',
      user_id: Buffer.from('me'),
      application_properties: { colour: 'red', count: 3, 'iothub-outputname': 'out' },
      message_annotations: { 'dt-subject': 'thermostat' },
      body: Buffer.from('{}'),
    });
    expect(outcome).toBe('accepted');
    const fact = await bench.facts.next('message.received');
    expect(fact).toMatchObject({ device: 'd/m', body: { text: '{}', bytes: 2 } });
    expect(fact.properties).toMatchObject({
      messageId: '11111111-1111-4111-8111-111111111111',
      correlationId: 'c',
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      userId: 'me',
      outputName: 'out',
      componentName: 'thermostat',
      colour: 'red',
      count: '3',
    });
  });

  test('too large a message is rejected and the link goes on', async () => {
    const client = await bench.device('d');
    const sender = await client.sender(address('d', 'messages/events'));
    const large = (bytes: number) => client.send(sender, { body: Buffer.alloc(bytes) });
    expect(await large(262_145)).toBe('rejected amqp:link:message-size-exceeded 413001');
    // So large that the hub does not even keep it.
    expect(await large(3_000_000)).toBe('rejected amqp:link:message-size-exceeded 413001');
    expect(await large(200_000)).toBe('accepted');
  });

  test('over the limit of the tier it is rejected as throttled', async () => {
    const client = await bench.device('d');
    const sender = await client.sender(address('d', 'messages/events'));
    bench.throttling.set({ tier: 'S1', units: 1 });
    await until(async () => {
      drain('telemetry');
      const outcome = await client.send(sender, { body: Buffer.from('x') });
      return outcome === 'rejected com.microsoft:device-container-throttled 429001';
    });
  });

  test('an id of odd characters is found raw and encoded', async () => {
    for (const written of [oddId, encodeURIComponent(oddId)]) {
      const client = await bench.device(oddId);
      const sender = await client.sender(`amqps://${hostName}:5671/devices/${written}/messages/events`);
      expect(await client.send(sender, { body: Buffer.from(written) })).toBe('accepted');
    }
    expect(bench.facts.of('message.received').map(({ device }) => device)).toEqual([oddId, oddId]);
  });
});

describe('messages to a device', () => {
  const command = (id: string, text: string, more: object = {}) =>
    bench.messages.send({
      body: Buffer.from(text),
      system: { to: `/devices/${id.replace('/', '/modules/')}/messages/devicebound`, messageId: text, ...more },
      application: { k: 'v' },
    });
  const settled = (outcome: string) => bench.facts.next('message.settled', (fact) => fact.outcome === outcome);

  test('are handed out by credit, with lock token as tag, and completed', async () => {
    command('d', 'one', { userId: 'me', correlationId: 'c' });
    command('d', 'two');
    const client = await bench.device('d');
    const { inbox, receiver } = await client.receiver(address('d', 'messages/devicebound'), {
      autoaccept: false,
      credit_window: 0,
    });
    receiver.add_credit(1);
    const { message, delivery } = await inbox.next();
    expect(delivery.tag).toHaveLength(16);
    const lock = (delivery.tag as Buffer).toString('hex');
    expect(String(message.message_annotations?.['x-opt-lock-token']).replaceAll('-', '')).toBe(lock);
    expect(message.message_annotations).toMatchObject({ 'x-opt-sequence-number': 1, 'iothub-deliverycount': 1 });
    expect(message).toMatchObject({ message_id: 'one', correlation_id: 'c', to: '/devices/d/messages/devicebound' });
    expect(message.application_properties).toMatchObject({ k: 'v' });
    expect(dataOf(message)).toBe('one');
    expect(bench.facts.of('message.delivered')).toHaveLength(1);
    delivery.accept();
    await settled('completed');
    receiver.add_credit(1);
    expect(dataOf((await inbox.next()).message)).toBe('two');
  });

  test('one that is sent while the device listens comes at once', async () => {
    const client = await bench.device('d');
    const { inbox } = await client.receiver(address('d', 'messages/deviceBound'));
    command('d', 'now');
    expect(dataOf((await inbox.next()).message)).toBe('now');
    await settled('completed');
  });

  test.each([
    ['rejected', (delivery: { reject(): void }) => delivery.reject(), 'rejected'],
    ['released', (delivery: { release(): void }) => delivery.release(), 'abandoned'],
    [
      'modified',
      (delivery: { modified(p: object): void }) => delivery.modified({ delivery_failed: true }),
      'abandoned',
    ],
  ])('%s by the device it is settled so, and given back it comes again', async (_title, settle, outcome) => {
    command('d', 'x');
    const client = await bench.device('d');
    const { inbox } = await client.receiver(address('d', 'messages/devicebound'), { autoaccept: false });
    settle((await inbox.next()).delivery as never);
    await settled(outcome);
    if (outcome !== 'abandoned') return;
    const { message } = await inbox.next();
    expect(message.message_annotations).toMatchObject({ 'iothub-deliverycount': 2 });
  });

  test('with the last word left to the hub, the hub settles; too late, it says that the lock is lost', async () => {
    command('d', 'in time');
    const client = await bench.device('d');
    const { inbox, receiver } = await client.receiver(address('d', 'messages/devicebound'), {
      autoaccept: false,
      rcv_settle_mode: 1,
    });
    const outcome = () =>
      new Promise((resolve) => receiver.once('settled', ({ delivery }) => resolve(delivery?.remote_state)));
    const first = await inbox.next();
    const good = outcome();
    first.delivery.accept();
    expect(String((await good)?.constructor)).toContain('accepted');
    command('d', 'late');
    const second = await inbox.next();
    bench.messages.purge(deviceId('d'));
    const bad = outcome();
    second.delivery.accept();
    expect(await bad).toMatchObject({ error: { condition: 'com.microsoft:message-lock-lost' } });
  });

  test('with the last word left to the hub, messages settled together end each in its own way', async () => {
    const ends = ['accepted', 'rejected', 'rejected', 'released', 'accepted', 'accepted'] as const;
    for (const [number] of ends.entries()) command('d', `m${number}`);
    const client = await bench.device('d');
    const { inbox, receiver } = await client.receiver(address('d', 'messages/devicebound'), {
      autoaccept: false,
      rcv_settle_mode: 1,
      credit_window: 0,
    });
    receiver.add_credit(ends.length);
    const told = new Promise<unknown[]>((resolve) => {
      const outcomes: unknown[] = [];
      receiver.on('settled', ({ delivery }) => {
        outcomes[Number(delivery?.id)] = String(delivery?.remote_state?.constructor).match(
          /accepted|rejected|released/,
        )?.[0];
        if (Object.keys(outcomes).length === ends.length) resolve(Object.values(outcomes));
      });
    });
    const deliveries: { accept(): void; reject(): void; release(): void }[] = [];
    for (const _ of ends) deliveries.push((await inbox.next()).delivery as never);
    const words = { accepted: 'accept', rejected: 'reject', released: 'release' } as const;
    // The client's library has the same habit, so that it tells each at once; they reach the hub together.
    const { session } = receiver as unknown as { session: { incoming: { process(of: object): void } } };
    for (const [number, delivery] of deliveries.entries()) {
      delivery[words[ends[number] ?? 'accepted']]();
      session.incoming.process(session);
    }
    expect(await told).toEqual(ends);
  });

  test('what a device did not settle goes back when its link ends, without counting', async () => {
    command('d', 'x');
    const client = await bench.device('d');
    const first = await client.receiver(address('d', 'messages/devicebound'), { autoaccept: false });
    await first.inbox.next();
    first.receiver.close();
    const second = await client.receiver(address('d', 'messages/devicebound'), { autoaccept: false });
    const { message } = await second.inbox.next();
    expect(message.message_annotations).toMatchObject({ 'iothub-deliverycount': 1 });
  });

  test('a device that drains gets what there is and then its credit back', async () => {
    command('d', 'one');
    const client = await bench.device('d');
    const { inbox, receiver } = await client.receiver(address('d', 'messages/devicebound'), { credit_window: 0 });
    const drained = new Promise((resolve) => receiver.once('receiver_drained', resolve));
    receiver.add_credit(5);
    receiver.drain_credit();
    await drained;
    expect((receiver as unknown as { credit: number }).credit).toBe(0);
    expect(inbox.all).toHaveLength(1);
    command('d', 'two');
    receiver.drain = false;
    receiver.add_credit(1);
    await inbox.next();
    expect(dataOf((await inbox.next()).message)).toBe('two');
  });

  test('a module takes them by its inputs as well', async () => {
    command('d/m', 'in', { inputName: 'input1' });
    const client = await bench.device('d/m');
    const { inbox } = await client.receiver(address('d/m', 'messages/events'));
    const { message } = await inbox.next();
    expect(dataOf(message)).toBe('in');
    expect(message.message_annotations).toMatchObject({ 'x-opt-input-name': 'input1' });
  });

  test('a message nobody settles does not stand in the way of 5,000 others', async () => {
    command('d', 'stays');
    const client = await bench.device('d');
    const { inbox } = await client.receiver(address('d', 'messages/devicebound'), { autoaccept: false });
    await inbox.next();
    const twin = await client.receiver(address('d', 'twin'));
    const ask = await client.sender(address('d', 'twin'));
    for (let round = 0; round < 50; round++) {
      for (let index = 0; index < 100; index++) {
        ask.send({ correlation_id: 'x', message_annotations: { operation: 'GET' }, body: ' ' } as never);
      }
      for (let index = 0; index < 100; index++) await twin.inbox.next();
    }
    expect(twin.inbox.all).toHaveLength(5_000);
  });
});

describe('a service', () => {
  test('sends messages to devices and hears what became of them', async () => {
    const service = await bench.service();
    const sender = await service.sender(`amqps://${hostName}/messages/devicebound`);
    const feedback = await service.receiver('/messages/servicebound/feedback');
    await service.receiver('/messages/serviceBound/filenotifications');
    const outcome = await service.send(sender, {
      to: '/devices/d/messages/deviceBound',
      message_id: 'm1',
      application_properties: { 'iothub-ack': 'full' },
      body: Buffer.from('do'),
    });
    expect(outcome).toBe('accepted');
    const client = await bench.device('d');
    const { inbox } = await client.receiver(address('d', 'messages/devicebound'));
    await inbox.next();
    const { message } = await feedback.inbox.next();
    expect(message.content_type).toBe('application/vnd.microsoft.iothub.feedback.json');
    expect(message.user_id?.toString()).toBe('myhub');
    expect(JSON.parse(dataOf(message))).toMatchObject([
      { originalMessageId: 'm1', statusCode: 'Success', deviceId: 'd', deviceGenerationId: '1' },
    ]);
  }, 30_000);

  test.each([
    ['no addressee', {}, 'rejected amqp:not-allowed 400003'],
    ['an unknown device', { to: '/devices/nobody/messages/devicebound' }, 'rejected amqp:not-found 404001'],
    [
      'an expiry in the past',
      { to: '/devices/d/messages/devicebound', absolute_expiry_time: 1_000 },
      'rejected com.microsoft:argument-out-of-range 403009',
    ],
    [
      'more than 64 KB',
      { to: '/devices/d/messages/devicebound', body: Buffer.alloc(70_000) },
      'rejected amqp:link:message-size-exceeded 413001',
    ],
  ])('with %s it is rejected', async (_title, fields, outcome) => {
    const service = await bench.service();
    const sender = await service.sender('/messages/devicebound');
    expect(await service.send(sender, { body: Buffer.from('x'), ...fields })).toBe(outcome);
  });

  test('messages sent together are each told their own outcome', async () => {
    const service = await bench.service();
    const sender = await service.sender('/messages/devicebound');
    const to = (id: string) => ({ to: `/devices/${id}/messages/devicebound`, body: Buffer.from('x') });
    const addressees = ['nobody', 'd', 'd', 'no-one', 'neither', 'd'];
    const outcomes = await Promise.all(
      addressees.map((id) => service.send(sender, to(id)).catch((error: AmqpProblem) => error.condition)),
    );
    expect(outcomes).toEqual(
      addressees.map((id) => (id === 'd' ? 'accepted' : expect.stringContaining('amqp:not-found'))),
    );
    expect(bench.messages.count(deviceId('d'))).toBe(3);
  });

  test('the 51st message that waits is rejected', async () => {
    const service = await bench.service();
    const sender = await service.sender('/messages/devicebound');
    const outcomes = [];
    for (let index = 0; index < 51; index++) {
      outcomes.push(await service.send(sender, { to: '/devices/d/messages/devicebound', body: Buffer.from('x') }));
    }
    expect(outcomes.slice(0, 50).every((outcome) => outcome === 'accepted')).toBe(true);
    expect(outcomes[50]).toBe('rejected amqp:resource-limit-exceeded 403004');
  });

  test('a policy without the right, or a device, gets none of its links', async () => {
    const reader = await bench.service('registryRead');
    const device = await bench.device('d');
    for (const client of [reader, device]) {
      const refused = await client.sender('/messages/devicebound').catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(AmqpProblem);
      expect(refused).toMatchObject({ condition: 'amqp:unauthorized-access', errorCode: 401003 });
    }
  });
});
