import { describe, expect, test } from 'vitest';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { minutes, seconds } from '../../../../simulators/vocabulary/units.ts';
import { identity } from '../parts.ts';
import { aQueue, pump } from './a-queue.ts';

const numberOf = (outcome: Refusal | undefined): number | undefined => outcome?.number;

describe('a message to a device', () => {
  test('is received with its place, its time and a GUID to settle it by, and is gone when it is completed', () => {
    const { messages, clock, facts, send, outcomes } = aQueue();
    expect(send('stop', { messageId: 'm-1', ack: 'full' }, { colour: 'red' })).toBeUndefined();
    const delivery = messages.receive(pump);
    expect(delivery).toEqual({
      message: {
        body: Buffer.from('stop'),
        system: { to: '/devices/pump/messages/devicebound', messageId: 'm-1', ack: 'full' },
        application: { colour: 'red' },
      },
      lockToken: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      sequence: 1,
      enqueuedAt: clock.now(),
      deliveryCount: 1,
    });
    expect(messages.count(pump)).toBe(1);
    expect(messages.complete(pump, delivery?.lockToken ?? '')).toBeUndefined();
    expect(messages.count(pump)).toBe(0);
    expect(numberOf(messages.complete(pump, delivery?.lockToken ?? ''))).toBe(412002);
    expect(facts.all).toEqual([
      {
        type: 'message.queued',
        at: clock.now(),
        device: pump,
        sequence: 1,
        messageId: 'm-1',
        body: { text: 'stop', bytes: 4 },
        properties: { to: '/devices/pump/messages/devicebound', messageId: 'm-1', ack: 'full', colour: 'red' },
      },
      { type: 'message.delivered', at: clock.now(), device: pump, sequence: 1, deliveryCount: 1 },
      { type: 'message.settled', at: clock.now(), device: pump, sequence: 1, outcome: 'completed' },
    ]);
    expect(outcomes()).toHaveLength(1);
    expect(clock.pending).toBe(1); // feedback, collected for 15 s
  });

  test.each([
    ['/devices/pump/messages/devicebound', 'pump'],
    ['devices/pump/messages/deviceBound', 'pump'],
    ['/Devices/a%2Bb/messages/DeviceBound', 'a+b'],
    ['/devices/50%/messages/devicebound', '50%'],
    ['/devices/x%41/messages/devicebound', 'x%41'],
    ['/devices/pump/modules/valve/messages/devicebound', 'pump/valve'],
  ])('to %s waits for %s', (to, id) => {
    const { messages, send } = aQueue(['pump', 'a+b', '50%', 'x%41', 'pump/valve']);
    expect(send('x', { to })).toBeUndefined();
    expect(messages.count(deviceId(id))).toBe(1);
  });

  test.each([
    [undefined, 400003],
    ['', 400003],
    ['/devices//messages/devicebound', 400003],
    ['/devices/a b/messages/devicebound', 400003],
    ['/devices/a%2Fb/messages/devicebound', 404010],
    ['/devices/nobody/messages/devicebound', 404001],
    ['/devices/pump/modules/none/messages/devicebound', 404010],
  ])('to %j is refused with %d', (to, number) => {
    const { messages, identities } = aQueue();
    identities.set('a', identity('a'));
    const system = to === undefined ? {} : { to };
    expect(numberOf(messages.send({ body: Buffer.alloc(0), system, application: {} }))).toBe(number);
  });

  test('the fifty-first is refused until one is gone', () => {
    const { messages, send } = aQueue();
    for (let count = 0; count < 50; count++) expect(send('x')).toBeUndefined();
    expect(numberOf(send('x'))).toBe(403004);
    messages.complete(pump, messages.receive(pump)?.lockToken ?? '');
    expect(send('x')).toBeUndefined();
  });

  test('64 KB go, properties included, and a byte more does not', () => {
    const { send } = aQueue();
    const to = '/devices/pump/messages/devicebound';
    const room = 65_536 - to.length - 'ab'.length;
    expect(numberOf(send('x'.repeat(room + 1), {}, { a: 'b' }))).toBe(413001);
    expect(send('x'.repeat(room), {}, { a: 'b' })).toBeUndefined();
  });

  test.each([
    [0, 403009],
    [-1, 403009],
    [1, undefined],
    [minutes(2 * 24 * 60), undefined],
    [minutes(2 * 24 * 60) + 1, 403009],
  ])('with %d ms to live is answered %s', (left, number) => {
    const { clock, send } = aQueue();
    expect(numberOf(send('x', { expiresAt: clock.now() + left }))).toBe(number);
  });

  test('a message id longer than 128 characters is refused', () => {
    const { send } = aQueue();
    expect(numberOf(send('x', { messageId: 'm'.repeat(129) }))).toBe(400004);
    expect(send('x', { messageId: 'm'.repeat(128) })).toBeUndefined();
  });

  test('the limits of the tier hold', () => {
    const { throttling, send, messages } = aQueue();
    throttling.set({ tier: 'S1', units: 1 });
    let taken = 0;
    for (let count = 0; count < 120; count++) {
      if (numberOf(send('x')) !== 429001) taken += 1;
      messages.purge(pump);
    }
    expect(taken).toBe(100);
  });
});

describe('a lock', () => {
  test('keeps a message from others for 60 s, then it is there again in its place, and the device is told', async () => {
    const { messages, clock, connection, send } = aQueue();
    send('first');
    send('second');
    const first = messages.receive(pump);
    const told = connection.waiting;
    await clock.advance(seconds(60) - 1);
    expect(connection.waiting).toBe(told);
    await clock.advance(1);
    expect(connection.waiting).toBe(told + 1);
    expect(numberOf(messages.complete(pump, first?.lockToken ?? ''))).toBe(412002);
    const again = messages.receive(pump);
    expect([again?.message.body.toString(), again?.deliveryCount]).toEqual(['first', 1]);
  });

  test('is as long as the receiver asked', async () => {
    const { messages, clock, send } = aQueue();
    send('x');
    messages.receive(pump, seconds(5));
    await clock.advance(seconds(5) - 1);
    expect(messages.receive(pump)).toBeUndefined();
    await clock.advance(1);
    expect(messages.receive(pump)).toBeDefined();
  });

  test('is taken in upper case too, and is of one identity', () => {
    const { messages, send } = aQueue(['pump', 'other']);
    send('x');
    const token = messages.receive(pump)?.lockToken ?? '';
    expect(numberOf(messages.complete(deviceId('other'), token))).toBe(412002);
    expect(messages.complete(pump, token.toUpperCase())).toBeUndefined();
  });
});

describe('a message given back', () => {
  test('comes again before later ones, counted, and is given up after the tenth time', () => {
    const { messages, send, outcomes } = aQueue();
    send('first');
    send('second');
    for (let count = 1; count <= 10; count++) {
      const delivery = messages.receive(pump);
      expect([delivery?.sequence, delivery?.deliveryCount]).toEqual([1, count]);
      expect(messages.abandon(pump, delivery?.lockToken ?? '')).toBeUndefined();
    }
    expect(messages.receive(pump)?.sequence).toBe(2);
    expect(outcomes()).toEqual([...Array(9).fill([1, 'abandoned']), [1, 'delivery-count']]);
  });

  test('because its receiver is gone is not counted', () => {
    const { messages, connection, send } = aQueue();
    send('x');
    for (let count = 0; count < 20; count++) messages.release(pump, messages.receive(pump)?.lockToken ?? '');
    expect(messages.receive(pump)?.deliveryCount).toBe(1);
    expect(connection.waiting).toBe(21);
    messages.release(pump, 'unknown');
  });
});

describe('expiry', () => {
  test('an hour after it was sent, or when it says', async () => {
    const { messages, clock, send, outcomes } = aQueue();
    send('hour');
    send('soon', { expiresAt: clock.now() + seconds(30) });
    await clock.advance(seconds(30));
    expect(outcomes()).toEqual([[2, 'expired']]);
    await clock.advance(minutes(60));
    expect(outcomes()).toEqual([
      [2, 'expired'],
      [1, 'expired'],
    ]);
    expect([messages.count(pump), clock.pending]).toEqual([0, 0]);
  });

  test('does not take a message out of a receiver’s hands, but keeps it from coming again', async () => {
    const { messages, clock, send, outcomes } = aQueue();
    const expiresAt = clock.now() + seconds(30);
    send('completed late', { expiresAt });
    send('abandoned late', { expiresAt });
    send('never settled', { expiresAt });
    const [one, two] = [messages.receive(pump), messages.receive(pump), messages.receive(pump)];
    await clock.advance(seconds(40));
    expect(messages.complete(pump, one?.lockToken ?? '')).toBeUndefined();
    expect(messages.abandon(pump, two?.lockToken ?? '')).toBeUndefined();
    await clock.advance(seconds(20));
    expect(outcomes()).toEqual([
      [1, 'completed'],
      [2, 'abandoned'],
      [2, 'expired'],
      [3, 'expired'],
    ]);
    expect(messages.receive(pump)).toBeUndefined();
  });
});

describe('a connected device', () => {
  test('is told of a message when it listens for messages', () => {
    const { connection, send } = aQueue();
    send('x');
    expect(connection.waiting).toBe(1);
    connection.listensForMessages = false;
    send('x');
    expect(connection.waiting).toBe(1);
  });

  test('may take the message while it is told of it', () => {
    const bench = aQueue();
    let taken: string | undefined;
    bench.connection.messageWaiting = () => {
      taken = bench.messages.receive(pump)?.message.body.toString();
    };
    bench.send('x');
    expect(taken).toBe('x');
    expect(bench.facts.all.map(({ type }) => type)).toEqual(['message.queued', 'message.delivered']);
  });
});

describe('the end of a queue', () => {
  test('a purge gives how many it took, those in a receiver’s hands among them', () => {
    const { messages, send, outcomes } = aQueue();
    for (const text of ['a', 'b', 'c']) send(text);
    const token = messages.receive(pump)?.lockToken ?? '';
    expect(messages.purge(pump)).toBe(3);
    expect(messages.purge(pump)).toBe(0);
    expect(numberOf(messages.complete(pump, token))).toBe(412002);
    expect(outcomes()).toEqual([
      [1, 'purged'],
      [2, 'purged'],
      [3, 'purged'],
    ]);
  });

  test('messages go with their identity, silently, and one of the same name gets none of them', async () => {
    const bench = aQueue();
    bench.send('a', { ack: 'full' });
    bench.send('b', { ack: 'full' });
    bench.messages.receive(pump);
    bench.messages.forget(pump);
    expect([bench.messages.count(pump), bench.outcomes(), bench.clock.pending]).toEqual([0, [], 0]);
    expect(bench.store.documents('message')).toEqual([]);

    bench.send('of an earlier generation');
    bench.identities.set('pump', { ...identity('pump'), generationId: '2' });
    bench.restart();
    expect(bench.messages.receive(pump)).toBeUndefined();
    expect(bench.store.documents('message')).toEqual([]);
  });

  test('a restart keeps messages, their order, their count and their expiry, and no lock', async () => {
    const bench = aQueue();
    const body = Buffer.from([0, 255, 10]);
    const system = { to: '/devices/pump/messages/devicebound', messageId: 'm', expiresAt: bench.clock.now() + 90_000 };
    bench.messages.send({ body, system, application: { __proto__x: 'ü' } });
    for (let count = 0; count < 12; count++) bench.send(`later ${count}`);
    bench.messages.abandon(pump, bench.messages.receive(pump)?.lockToken ?? '');
    const lost = bench.messages.receive(pump)?.lockToken ?? '';
    bench.restart();
    expect(numberOf(bench.messages.complete(pump, lost))).toBe(412002);
    expect(bench.messages.receive(pump)).toMatchObject({
      message: { body, system, application: { __proto__x: 'ü' } },
      sequence: 1,
      deliveryCount: 2,
    });
    for (let count = 0; count < 12; count++) {
      expect(bench.messages.receive(pump)?.message.body.toString()).toBe(`later ${count}`);
    }
    bench.restart();
    await bench.clock.advance(90_000);
    expect(bench.outcomes()).toContainEqual([1, 'expired']);
    bench.send('new');
    expect(bench.facts.of('message.queued').at(-1)?.sequence).toBe(14);
  });
});

describe('telemetry', () => {
  test('is reported with its properties, and that a will spoke', () => {
    const { messages, clock, facts } = aQueue();
    const message = { body: Buffer.from('{"t":1}'), system: { contentType: 'application/json' }, application: {} };
    expect(messages.received(pump, message)).toBeUndefined();
    expect(messages.received(pump, { ...message, system: {} }, true)).toBeUndefined();
    const body = { text: '{"t":1}', bytes: 7 };
    expect(facts.all).toEqual([
      {
        type: 'message.received',
        at: clock.now(),
        device: pump,
        body,
        properties: { contentType: 'application/json' },
      },
      { type: 'message.received', at: clock.now(), device: pump, body, will: true },
    ]);
  });

  test('may have 256 KB with its properties', () => {
    const { messages, facts } = aQueue();
    const application = { name: 'ü' };
    const body = Buffer.alloc(262_144 - 6);
    expect(messages.received(pump, { body, system: {}, application })).toBeUndefined();
    const more = messages.received(pump, { body, system: { messageId: 'm' }, application });
    expect(numberOf(more)).toBe(413001);
    expect(facts.all).toHaveLength(1);
  });

  test('a batch is one operation, at most 256 KB together, and none of it is received when it is refused', () => {
    const { messages, throttling, facts } = aQueue();
    throttling.set({ tier: 'S1', units: 1 });
    const one = { body: Buffer.alloc(100_000), system: {}, application: {} };
    expect(messages.receivedBatch(pump, [one, one])).toBeUndefined();
    expect(throttling.usage().find(({ kind }) => kind === 'telemetry')?.used).toBe(1);
    expect(throttling.messagesToday().used).toBe(Math.ceil(200_000 / 4_096));
    expect(numberOf(messages.receivedBatch(pump, [one, one, one]))).toBe(413001);
    throttling.takeUpTo('telemetry', 1_000);
    expect(numberOf(messages.receivedBatch(pump, [one, one]))).toBe(429001);
    expect(facts.of('message.received')).toHaveLength(2);
  });

  test('the tier’s limit is answered 429001', () => {
    const { messages, throttling } = aQueue();
    throttling.set({ tier: 'F1', units: 1 });
    const message = { body: Buffer.from('x'), system: {}, application: {} };
    const answers = Array.from({ length: 501 }, () => messages.received(pump, message));
    expect(answers.slice(0, 500).every((answer) => answer === undefined)).toBe(true);
    expect(answers[500]).toBeInstanceOf(Refusal);
    expect(numberOf(answers[500])).toBe(429001);
  });
});
