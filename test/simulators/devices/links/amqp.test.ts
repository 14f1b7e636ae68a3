// One device over AMQP, on a hub made for the test.
import fc from 'fast-check';
import type { Message } from 'rhea';
import rhea from 'rhea';
import { describe, expect, it } from 'vitest';
import { parseToken, verifyToken } from '../../../../simulators/tokens/sas-token.ts';
import { TinyAmqpHub } from '../../../support/tiny-amqp-hub.ts';
import { type AnAmqpFleet, anAmqpFleet, key, quiet, until } from './an-amqp-device.ts';

const path = '/devices/pump-1';
const uuid = (byte: number): Buffer => Buffer.alloc(16, byte);
const refusal = (message: string): string => JSON.stringify({ errorCode: 401002, trackingId: 'x', message });

/** A device that is open, and at the end of the test nothing that it left behind. */
async function onePump(
  run: (fleet: AnAmqpFleet & Awaited<ReturnType<AnAmqpFleet['open']>>) => Promise<void>,
  hub?: TinyAmqpHub,
) {
  const fleet = anAmqpFleet({}, hub);
  const one = await fleet.open('pump-1');
  expect(one.ear.heard).toEqual(['opened']);
  await run({ ...fleet, ...one });
  one.connection.drop();
  await quiet();
  expect(fleet.clock.pending).toBe(0);
}

describe('opening over AMQP', () => {
  it('hands in a token, attaches six links and subscribes to desired properties before it says opened', async () => {
    const { hub, open } = anAmqpFleet();
    const { ear, connection } = await open('pump-1');
    expect(ear.heard).toEqual(['opened']);
    expect(connection.isOpen).toBe(true);
    expect(hub.tokens.map(({ name }) => name)).toEqual(['hub.example/devices/pump-1']);
    const token = parseToken(hub.tokens[0]?.token ?? '');
    expect(token && verifyToken(token, key)).toBe(true);
    expect(hub.attached.sort()).toEqual(
      [
        ...['$cbs', '$cbs', `${path}/methods/devicebound`, `${path}/methods/devicebound`, `${path}/twin`],
        ...[`${path}/twin`, `${path}/messages/events`, `${path}/messages/devicebound`],
      ].sort(),
    );
    expect(hub.twinRequests).toEqual([
      { operation: 'PUT', resource: '/notifications/twin/properties/desired', body: '' },
    ]);
    connection.hangUp();
  });

  it('uses the addresses of a module for a module', async () => {
    const { hub, open } = anAmqpFleet();
    const { connection } = await open('pump%1/valve');
    expect(hub.tokens[0]?.name).toBe('hub.example/devices/pump%1/modules/valve');
    expect(hub.attached).toContain('/devices/pump%251/modules/valve/methods/devicebound');
    connection.hangUp();
  });

  it('hands in no token when it shows a certificate, and has nothing to renew', async () => {
    const certificate = { certificate: 'PEM', key: 'PEM' };
    const shown: unknown[] = [];
    const hub = new TinyAmqpHub();
    const fleet = anAmqpFleet(
      {
        devicesPerConnection: 100,
        dial: (pair) => {
          shown.push(pair);
          return hub.dial();
        },
      },
      hub,
    );
    const one = fleet.connect('pump-1', { certificate, key: '' });
    const two = fleet.connect('pump-2', { certificate, key: '' });
    await until(() => one.ear.heard.length + two.ear.heard.length === 2);
    expect(hub.tokens).toEqual([]);
    expect(hub.attached).not.toContain('$cbs');
    expect(shown).toEqual([certificate, certificate]);
    expect(await one.connection.renew()).toBe(true);
    expect(hub.tokens).toEqual([]);
    one.connection.drop();
    two.connection.drop();
  });

  it('is refused with the words and the number of the hub when the token is not taken', async () => {
    const fleet = anAmqpFleet();
    fleet.hub.tokenStatus = () => ({ status: 401, description: refusal('Unauthorized: the token is old') });
    const { ear } = await fleet.open('pump-1');
    expect(ear.endings).toEqual([{ detail: 'refused: Unauthorized: the token is old (401)', refused: true }]);
    await quiet();
    expect(fleet.clock.pending).toBe(0);
  });

  it('is refused with the condition and the message in its description when a link is not taken', async () => {
    const fleet = anAmqpFleet();
    fleet.hub.refuse = (address) =>
      address.endsWith('/twin')
        ? { condition: 'amqp:unauthorized-access', description: refusal('Device is disabled') }
        : undefined;
    const { ear } = await fleet.open('pump-1');
    expect(ear.endings).toEqual([{ detail: 'refused: Device is disabled (amqp:unauthorized-access)', refused: true }]);
  });

  it('is refused when the hub does not let it subscribe', async () => {
    const fleet = anAmqpFleet();
    fleet.hub.twin = () => ({ status: 429, body: '{"errorCode":429001,"message":"too many"}' });
    const { ear } = await fleet.open('pump-1');
    expect(ear.heard).toEqual(['closed: refused: desired properties (the hub refused with 429: too many)']);
  });

  it('gives up after a minute of silence', async () => {
    const fleet = anAmqpFleet();
    fleet.hub.tokenStatus = () => 'silence';
    const { ear } = fleet.connect('pump-1');
    await until(() => fleet.hub.tokens.length === 1);
    await fleet.clock.advance(59_999);
    expect(ear.heard).toEqual([]);
    await fleet.clock.advance(1);
    expect(ear.heard).toEqual(['closed: the hub did not answer within 60 s']);
  });

  it('passes on why a stream could not be opened', async () => {
    const hub = new TinyAmqpHub();
    const fleet = anAmqpFleet({
      dial: () => {
        const stream = hub.dial();
        process.nextTick(() => stream.destroy(new Error('connect ECONNREFUSED')));
        return stream;
      },
    });
    const { ear } = await fleet.open('pump-1');
    expect(ear.endings).toEqual([{ detail: 'connect ECONNREFUSED', refused: false }]);
  });

  it('ends when the other side speaks no AMQP', async () => {
    const hub = new TinyAmqpHub();
    const fleet = anAmqpFleet({
      dial: () => {
        const stream = hub.dial();
        hub.streams.at(-1)?.write('HTTP/1.1 400 Bad Request\r\n\r\n');
        return stream;
      },
    });
    const { ear } = await fleet.open('pump-1');
    expect(ear.heard[0]).toMatch(/^closed: the hub sent what could not be read: /);
  });
});

describe('methods over AMQP', () => {
  it('answers with the status as an int and the id as it came, of either type', () =>
    onePump(async ({ hub, ear, connection }) => {
      const text = 'Aa00beef-0000-4000-8000-00000000f002';
      hub.call(path, 'reboot', '{"delay":5}', uuid(7));
      hub.call(path, 'sag"', '', text);
      await until(() => ear.requests.length === 2);
      expect(ear.requests.map(({ name, payload, rid }) => [name, payload, rid])).toEqual([
        ['reboot', '{"delay":5}', '07070707-0707-0707-0707-070707070707'],
        ['sag"', '', 'f002'],
      ]);
      for (const [at, request] of ear.requests.entries()) connection.reply(request, at ? 2_000_000_000 : -1, '{"ü":1}');
      await until(() => hub.answers.length === 2);
      expect(hub.answers).toEqual([
        { correlation: uuid(7), status: -1, body: '{"ü":1}' },
        { correlation: text, status: 2_000_000_000, body: '{"ü":1}' },
      ]);
    }));

  it('answers ids of every other kind too', () =>
    onePump(async ({ hub, ear, connection }) => {
      const ids = ['x'.repeat(300), '7', 'ü'.repeat(60), 12];
      for (const id of ids) hub.call(path, 'm', '', id);
      await until(() => ear.requests.length === ids.length);
      for (const request of ear.requests) connection.reply(request, 200, '');
      await until(() => hub.answers.length === ids.length);
      expect(hub.answers.map(({ correlation }) => correlation)).toEqual(ids);
    }));

  it('takes none before it is open, and all of them once it is', async () => {
    const fleet = anAmqpFleet();
    let release: () => void = () => {};
    const usual = fleet.hub.twin;
    fleet.hub.twin = () => undefined;
    const { ear, connection } = fleet.connect('pump-1');
    await until(() => fleet.hub.twinRequests.length === 1);
    fleet.hub.call(path, 'early', '', uuid(1));
    release = () => fleet.hub.notify(path, '{"$version":4}');
    await quiet();
    expect(ear.requests).toEqual([]);
    release();
    fleet.hub.twin = usual;
    fleet.hub.sendRaw(`${path}/twin`, {
      correlation_id: '00000000-0000-4000-8000-000000000001',
      message_annotations: { status: 200 },
      body: '',
    });
    await until(() => ear.requests.length === 1);
    expect(ear.heard).toEqual(['opened']);
    connection.drop();
  });

  it('has all that the hub sent before when mute resolves, and none afterwards', () =>
    onePump(async ({ hub, ear, connection }) => {
      for (let count = 1; count <= 20; count++) hub.call(path, 'm', '', uuid(count));
      await connection.mute();
      expect(ear.requests).toHaveLength(20);
      expect(() => hub.call(path, 'late', '', uuid(99))).toThrow('no link to-device');
      for (const request of ear.requests) connection.reply(request, 200, '1');
      await until(() => hub.answers.length === 20);
      await connection.mute();
      expect(connection.isOpen).toBe(true);
      expect(ear.heard).toEqual(['opened']);
    }));

  it('goes on past a request without a name, an id or a body it can read', () =>
    onePump(async ({ hub, ear }) => {
      const address = `${path}/methods/devicebound`;
      hub.sendRaw(address, { correlation_id: uuid(1), body: rhea.message.data_section(Buffer.from('1')) });
      hub.sendRaw(address, { application_properties: { 'IoThub-methodname': 'm' }, body: '' });
      hub.sendRaw(address, {
        correlation_id: uuid(1),
        application_properties: { 'IoThub-methodname': 'm' },
        body: rhea.message.sequence_section([1, 2]),
      });
      hub.call(path, 'good', '', uuid(2));
      await until(() => ear.requests.length === 1);
      expect(ear.puzzles).toEqual(Array(3).fill('a method request without a name, an id or a readable body'));
    }));

  it('sends more answers at once than the hub gave credit for', async () => {
    const hub = new TinyAmqpHub({ credit: 3 });
    await onePump(async ({ ear, connection }) => {
      for (let count = 1; count <= 200; count++) hub.call(path, 'm', '', uuid(count));
      await until(() => ear.requests.length === 200);
      for (const request of ear.requests) connection.reply(request, 200, '1');
      await until(() => hub.answers.length === 200);
      expect(hub.answers.map(({ correlation }) => correlation)).toEqual(
        Array.from({ length: 200 }, (_, index) => uuid(index + 1)),
      );
    }, hub);
  });
});

describe('twins over AMQP', () => {
  it('reads the twin, and reports with the version the hub gives', () =>
    onePump(async ({ hub, connection }) => {
      expect(await connection.getTwin()).toEqual({
        desired: { color: 'red' },
        desiredVersion: 3,
        reported: {},
        reportedVersion: 5,
      });
      expect(await connection.report('{"a":1}')).toBe(6);
      expect(hub.twinRequests.slice(1)).toEqual([
        { operation: 'GET', resource: undefined, body: '' },
        { operation: 'PATCH', resource: '/properties/reported', body: '{"a":1}' },
      ]);
    }));

  it('passes on what the hub refused, with status and message', () =>
    onePump(async ({ hub, connection }) => {
      hub.twin = () => ({ status: 400, body: '{"errorCode":400004,"message":"too deep"}' });
      await expect(connection.report('{}')).rejects.toMatchObject({
        name: 'TwinFailed',
        status: 400,
        message: 'reporting properties: the hub refused with 400: too deep',
      });
      hub.twin = () => ({ body: '{}' });
      await expect(connection.getTwin()).rejects.toThrow('reading the twin: the hub refused with 0');
      hub.twin = () => ({ status: 200, body: '[]' });
      await expect(connection.getTwin()).rejects.toThrow('a document that is not a twin');
    }));

  it('waits half a minute for an answer, and forgets the request when the connection ends', () =>
    onePump(async ({ hub, connection, clock }) => {
      hub.twin = () => undefined;
      const late = expect(connection.getTwin()).rejects.toMatchObject({
        status: 0,
        message: 'reading the twin: no answer within 30 s',
      });
      await clock.advance(30_000);
      await late;
      const lost = expect(connection.report('{}')).rejects.toThrow('reporting properties: the connection ended first');
      connection.drop();
      await lost;
      await expect(connection.getTwin()).rejects.toThrow('reading the twin: the device is not connected');
    }));

  it('hears desired patches with their version', () =>
    onePump(async ({ hub, ear }) => {
      hub.notify(path, '{"color":null,"$version":4}');
      await until(() => ear.patches.length === 1);
      expect(ear.patches).toEqual([{ patch: { color: null }, version: 4 }]);
    }));

  it('survives whatever a hub may put into twin messages', () =>
    onePump(async ({ hub, ear }) => {
      const bodies = fc.oneof(
        fc.json().map((text) => rhea.message.data_section(Buffer.from(text))),
        fc.uint8Array().map((bytes) => rhea.message.data_section(Buffer.from(bytes))),
        fc.string(),
        fc.integer(),
        fc.constant(undefined),
        fc.constant(null),
        fc.uint8Array().map((bytes) => rhea.message.data_sections([Buffer.from(bytes), Buffer.from('}')])),
        fc.array(fc.integer()).map((list) => rhea.message.sequence_section(list)),
      );
      const message = fc.record({
        body: bodies,
        correlation_id: fc.oneof(
          fc.constant(undefined),
          fc.string({ minLength: 1 }),
          fc.uuid(),
          fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
        ),
        message_annotations: fc.oneof(
          fc.constant(undefined),
          fc.record({ status: fc.oneof(fc.integer({ min: 0, max: 999 }), fc.string()), version: fc.string() }),
        ),
      });
      const seen = ear.puzzles.length + ear.patches.length;
      fc.assert(
        fc.property(message, (each) => {
          hub.sendRaw(`${path}/twin`, each as Message);
        }),
        { numRuns: 500, seed: 1 },
      );
      hub.notify(path, '{"last":true,"$version":1000000}');
      await until(() => ear.patches.at(-1)?.patch.last === true);
      expect(ear.puzzles.length + ear.patches.length).toBeGreaterThan(seen + 50);
      expect(ear.heard).toEqual(['opened']);
    }));
});

describe('messages over AMQP', () => {
  it('sends one and resolves when the hub accepted it', () =>
    onePump(async ({ hub, connection }) => {
      await connection.send({
        body: '{"t":21}',
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        messageId: 'm-1',
        properties: { alert: 'no' },
      });
      await connection.send({ body: '' });
      expect(hub.events.map(({ message }) => String((message.body as { content: Buffer }).content))).toEqual([
        '{"t":21}',
        '',
      ]);
      expect(hub.events[0]?.message).toMatchObject({
        message_id: 'm-1',
        content_type: 'application/json',
        content_encoding: 'utf-8',
        application_properties: { alert: 'no' },
      });
    }));

  it('rejects with the words of the hub when the hub rejected it', () =>
    onePump(async ({ hub, connection }) => {
      hub.event = (delivery) =>
        delivery.reject({ condition: 'amqp:link:message-size-exceeded', description: refusal('at most 262144 bytes') });
      await expect(connection.send({ body: 'x' })).rejects.toMatchObject({
        name: 'MessageFailed',
        refused: true,
        message: 'at most 262144 bytes (amqp:link:message-size-exceeded)',
      });
      hub.event = (delivery) => delivery.release();
      await expect(connection.send({ body: 'x' })).rejects.toMatchObject({ refused: false });
      hub.event = () => {};
      const lost = expect(connection.send({ body: 'x' })).rejects.toMatchObject({
        refused: false,
        message: 'the connection ended first',
      });
      await until(() => hub.events.length === 3);
      connection.drop();
      await lost;
      await expect(connection.send({ body: 'x' })).rejects.toThrow('the device is not connected');
    }));

  it('sends thousands, though the hub settles one of them never', () =>
    onePump(async ({ hub, connection }) => {
      let first = true;
      hub.event = (delivery) => {
        if (!first) delivery.accept();
        first = false;
      };
      const stuck = connection.send({ body: 'first' }).catch(() => 'lost');
      await Promise.all(Array.from({ length: 200 }, (_, index) => connection.send({ body: String(index) })));
      connection.drop();
      expect(await stuck).toBe('lost');
    }));

  it('hands over a message, and settles it as the device says', () =>
    onePump(async ({ hub, ear }) => {
      const address = `${path}/messages/devicebound`;
      for (const settlement of ['completed', 'rejected', 'abandoned'] as const) {
        hub.sendRaw(address, {
          message_id: settlement,
          application_properties: { level: 3, when: new Date(0) },
          body: rhea.message.data_section(Buffer.from([1, 2, 255])),
        });
      }
      await until(() => ear.messages.length === 3);
      expect(ear.messages[0]).toMatchObject({
        messageId: 'completed',
        body: Buffer.from([1, 2, 255]),
        properties: { level: '3', when: '1970-01-01T00:00:00.000Z' },
      });
      expect(hub.outcomes).toEqual([]);
      ear.messages[0]?.settle('completed');
      await until(() => hub.outcomes.length === 1);
      ear.messages[1]?.settle('rejected');
      ear.messages[2]?.settle('abandoned');
      await until(() => hub.outcomes.length >= 3);
      expect(hub.outcomes).toEqual(['accepted', 'rejected', 'released']);
    }));

  it('takes further messages and calls while one is never settled', () =>
    onePump(async ({ hub, ear, connection }) => {
      const address = `${path}/messages/devicebound`;
      hub.sendRaw(address, { body: rhea.message.data_section(Buffer.from('never')) });
      await until(() => ear.messages.length === 1);
      for (let count = 0; count < 600; count++) {
        hub.call(path, 'm', '', uuid(count % 256));
        if (count % 100 === 99) await until(() => ear.requests.length === count + 1);
      }
      for (const request of ear.requests) connection.reply(request, 200, '');
      await until(() => hub.answers.length === 600);
    }));
});

describe('renewal over AMQP', () => {
  it('is due after 85% of the life of a token, again and again', () =>
    onePump(async ({ ear, connection, clock, hub }) => {
      await clock.advance(3_059_999);
      expect(ear.renewals).toBe(0);
      await clock.advance(1);
      expect(ear.renewals).toBe(1);
      expect(await connection.renew()).toBe(true);
      await clock.advance(3_060_000);
      expect(ear.renewals).toBe(2);
      expect(hub.tokens).toHaveLength(2);
    }));

  it('disturbs no call', () =>
    onePump(async ({ hub, ear, connection }) => {
      let renewed = false;
      for (let count = 0; count < 50; count++) {
        hub.call(path, 'm', '', uuid(count));
        if (count === 25) {
          void connection.renew().then((done) => {
            renewed = done;
          });
        }
      }
      await until(() => ear.requests.length === 50 && renewed);
      for (const request of ear.requests) connection.reply(request, 200, '');
      await until(() => hub.answers.length === 50);
      expect(ear.heard).toEqual(['opened']);
      expect(hub.streams).toHaveLength(1);
      expect(hub.tokens[1]?.token).toContain('SharedAccessSignature');
    }));

  it('ends the connection when the hub refuses the new token, or is silent', async () => {
    const fleet = anAmqpFleet();
    const one = await fleet.open('pump-1');
    fleet.hub.tokenStatus = () => ({ status: 401, description: 'deleted meanwhile' });
    expect(await one.connection.renew()).toBe(true);
    expect(one.ear.endings).toEqual([{ detail: 'refused: deleted meanwhile (401)', refused: true }]);
    const two = anAmqpFleet();
    const silent = await two.open('pump-1');
    two.hub.tokenStatus = () => 'silence';
    const renewing = silent.connection.renew();
    await two.clock.advance(30_000);
    expect(await renewing).toBe(true);
    expect(silent.ear.heard[1]).toBe('closed: the hub did not answer the new token within 30 s');
  });
});

describe('the end of an AMQP connection', () => {
  it('lets leave what was sent before a hang-up, and says goodbye', () =>
    onePump(async ({ hub, ear, connection }) => {
      hub.call(path, 'm', '', uuid(1));
      await until(() => ear.requests.length === 1);
      for (const request of ear.requests) connection.reply(request, 200, '"last"');
      connection.hangUp();
      expect(connection.isOpen).toBe(false);
      await until(() => hub.ends === 1);
      expect(hub.answers).toEqual([{ correlation: uuid(1), status: 200, body: '"last"' }]);
      expect(hub.detached.every(({ closed }) => closed)).toBe(true);
      await until(() => hub.streams[0]?.destroyed === true);
      expect(ear.heard).toEqual(['opened']);
    }));

  it('is sudden for the hub when it is dropped', () =>
    onePump(async ({ hub, ear, connection }) => {
      connection.drop();
      await until(() => hub.streams[0]?.destroyed === true);
      expect(hub.ends).toBe(0);
      expect(hub.detached).toEqual([]);
      expect(ear.heard).toEqual(['opened']);
    }));

  it('does not wait for ever for a hub that does not answer a goodbye', async () => {
    const fleet = anAmqpFleet();
    const { connection } = await fleet.open('pump-1');
    fleet.hub.streams[0]?.pause();
    fleet.hub.streams[0]?.removeAllListeners('data');
    connection.hangUp();
    await quiet();
    expect(fleet.hub.streams[0]?.destroyed).toBe(false);
    await fleet.clock.advance(2_000);
    await until(() => fleet.clock.pending === 0);
  });

  it.each([
    ['com.microsoft:link-creation-conflict', 'taken over (com.microsoft:link-creation-conflict)', false],
    ['amqp:unauthorized-access', 'refused: taken over (amqp:unauthorized-access)', true],
  ])('is told with the condition %s when the hub detaches a link', async (condition, detail, refused) => {
    const { hub, open } = anAmqpFleet();
    const { ear, connection } = await open('pump-1');
    hub.link(`${path}/twin`, 'to-device').close({ condition, description: refusal('taken over') });
    await until(() => ear.endings.length === 1);
    expect(ear.endings).toEqual([{ detail, refused }]);
    expect(connection.isOpen).toBe(false);
    await until(() => hub.streams[0]?.destroyed === true);
  });

  it('is told when the hub closes the connection, with a reason or without, and when the stream breaks', async () => {
    const ended = async (end: (hub: TinyAmqpHub) => void) => {
      const { hub, open, clock } = anAmqpFleet();
      const { ear } = await open('pump-1');
      end(hub);
      await until(() => ear.endings.length === 1);
      await quiet();
      expect(clock.pending).toBe(0);
      return ear.endings[0];
    };
    expect(await ended((hub) => hub.connections[0]?.close())).toEqual({
      detail: 'the hub closed the connection',
      refused: false,
    });
    const error = { condition: 'amqp:connection:forced', description: 'closing down' };
    expect(await ended((hub) => hub.connections[0]?.close(error))).toEqual({
      detail: 'closing down (amqp:connection:forced)',
      refused: false,
    });
    expect(await ended((hub) => hub.streams[0]?.destroy())).toEqual({
      detail: 'the hub closed the connection',
      refused: false,
    });
    expect((await ended((hub) => hub.streams[0]?.write(Buffer.from([0, 0, 0, 9, 1, 0, 0, 0, 0]))))?.detail).toMatch(
      /could not be read/,
    );
  });

  it('keeps to the idle time-out of a hub by the clock it was given', () =>
    onePump(
      async ({ hub, clock }) => {
        let bytes = 0;
        hub.streams[0]?.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        await clock.advance(60_000);
        await until(() => bytes === 8);
        await clock.advance(120_000);
        await until(() => bytes === 24);
      },
      new TinyAmqpHub({ idleTimeOut: 120_000 }),
    ));

  it('announces its keep-alive, and gives up on a hub that says nothing for twice as long', async () => {
    const fleet = anAmqpFleet({ keepAliveSeconds: 60 });
    const { ear } = await fleet.open('pump-1');
    expect(fleet.hub.idleTimeOuts).toEqual([60_000]);
    await fleet.clock.advance(119_999);
    fleet.hub.notify(path, '{"color":"blue","$version":4}');
    await until(() => ear.patches.length === 1);
    await fleet.clock.advance(119_999);
    await quiet();
    expect(ear.endings).toEqual([]);
    await fleet.clock.advance(1);
    await until(() => ear.endings.length === 1);
    expect(ear.endings).toEqual([{ detail: 'the hub was silent for 120 s', refused: false }]);
    await quiet();
    expect(fleet.clock.pending).toBe(0);
  });
});
