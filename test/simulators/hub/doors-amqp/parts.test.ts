// The door's parts by themselves: what is well-formed, which id belongs to which request, what leaves a session's store and when.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Access, OpenToken } from '../../../../simulators/hub/access/access.ts';
import { parseAddress } from '../../../../simulators/hub/doors/amqp/addresses.ts';
import { type Put, putToken } from '../../../../simulators/hub/doors/amqp/cbs.ts';
import { Deliveries } from '../../../../simulators/hub/doors/amqp/deliveries.ts';
import { BadBytes, passValue } from '../../../../simulators/hub/doors/amqp/encoding.ts';
import { encodeDelivery, readMessages } from '../../../../simulators/hub/doors/amqp/message-shape.ts';
import { requestGuids } from '../../../../simulators/hub/doors/amqp/request-guids.ts';
import {
  type EngineSession,
  encodeMessage,
  type OutDelivery,
} from '../../../../simulators/hub/doors/amqp/rhea-parts.ts';
import { Tokens } from '../../../../simulators/hub/doors/amqp/tokens.ts';
import { deviceIdPattern, requestId } from '../../../../simulators/vocabulary/ids.ts';
import { refuse } from '../../../../simulators/vocabulary/service-errors.ts';
import { amqp, bytesOf } from './raw-client.ts';

describe('well-formed values', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
  );
  const { tree: value } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 5 }),
      fc.dictionary(fc.string({ minLength: 1 }), tie('tree'), { maxKeys: 5 }),
    ),
  }));

  test('whatever the library writes is passed to its end', () => {
    fc.assert(
      fc.property(value, (any) => {
        const bytes = bytesOf(amqp.wrap(any));
        expect(passValue(bytes, 0, bytes.length)).toBe(bytes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test('whatever is passed, the library reads within its bytes; the rest is refused with a sentence', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), (any, where, byte) => {
        const bytes = bytesOf(amqp.wrap([any, 'tail']));
        bytes[where % bytes.length] = byte;
        let passed: number;
        try {
          passed = passValue(bytes, 0, bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(BadBytes);
          return;
        }
        const reader = new amqp.Reader(bytes);
        reader.read();
        expect(bytes.length - reader.remaining()).toBe(passed);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('addresses', () => {
  const id = fc.stringMatching(deviceIdPattern);
  const unknown = () => false;

  test('of any id are read, encoded and as they are', () => {
    fc.assert(
      fc.property(id, id, fc.boolean(), (device, module, slash) => {
        const path = `devices/${encodeURIComponent(device)}/modules/${encodeURIComponent(module)}/twin`;
        const written = `${slash ? '/' : ''}${path}`;
        const expected = { kind: 'device', node: 'twin', identity: `${device}/${module}` };
        expect(parseAddress(written, unknown)).toEqual(expected);
        expect(parseAddress(`amqps://h:5671/${path}`, unknown)).toEqual(expected);
        const raw = `/devices/${device}/modules/${module}/Twin`;
        expect(parseAddress(raw, (known) => known === `${device}/${module}`)).toEqual(expected);
      }),
    );
  });

  test('of anything else are read as nothing, and never throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const address = parseAddress(text, unknown);
        expect(address === undefined || typeof address.kind === 'string').toBe(true);
      }),
    );
    for (const text of [
      '',
      '/',
      '//',
      '$cbs/x',
      'devices',
      'devices/d',
      'devices/d/modules/m',
      'devices/d/constructor',
      'messages',
      '%',
      '/devices/%zz/twin/x',
    ]) {
      expect(parseAddress(text, unknown)).toBeUndefined();
    }
  });
});

describe('request ids', () => {
  const guids = requestGuids(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'));

  test('come back from their GUID, as bytes or as text', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 47 }), (number) => {
        const rid = requestId(number.toString(16));
        const guid = guids.guidOf(rid);
        expect(guid).toHaveLength(16);
        expect(guids.ridOf(guid)).toBe(rid);
        expect(guids.ridOf(guid.toString('hex').toUpperCase())).toBe(rid);
      }),
    );
  });

  test('of an earlier run, or of nobody, are not taken for ours', () => {
    const before = requestGuids(Buffer.from('ff'.repeat(16), 'hex'));
    const foreign = before.guidOf(requestId('1'));
    expect(guids.ridOf(foreign)).toMatch(/^[0-9a-f-]{36}$/);
    expect(guids.ridOf('hello')).toBe('hello');
    expect(() => guids.guidOf(requestId('not hex'))).toThrow(RangeError);
  });
});

describe('the deliveries of a session', () => {
  const delivery = (id: number): OutDelivery => ({
    id,
    settled: false,
    remote_settled: false,
    state: undefined,
    link: { session: {} as EngineSession },
    update() {},
  });
  const over = ({ settled, remote_settled }: OutDelivery) => settled && remote_settled;

  test('leave when both sides settled, in any order, and only when they were looked at', () => {
    let waiting = 10;
    const held = new Deliveries(() => waiting);
    const all = Array.from({ length: 10 }, (_, id) => delivery(id));
    for (const one of all) held.push(one);
    expect(held.pop_if(over)).toBe(0);
    for (const id of [7, 3]) Object.assign(held.by_id(id) ?? {}, { settled: true, remote_settled: true });
    expect(held.pop_if(over)).toBe(2);
    expect(held.size).toBe(8);
    expect([...held.between(2, 8)]).toEqual([2, 4, 5, 6, 8]);
    expect([...held.between(0, 4_294_967_295)]).toHaveLength(8);
    waiting = 11;
    const settled = { ...delivery(10), settled: true, remote_settled: true };
    held.push(settled);
    expect(held.pop_if(over)).toBe(1);
    expect(held.by_id(10)).toBeUndefined();
  });

  test('that wait to be sent are looked at again', () => {
    let waiting = 0;
    const held = new Deliveries(() => waiting);
    const one = delivery(0);
    held.push(one);
    held.pop_if(over);
    waiting = 1;
    Object.assign(one, { settled: true, remote_settled: true });
    expect(held.pop_if(over)).toBe(1);
  });
});

describe('messages', () => {
  test('keep body and properties on their way out and in', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 20 })),
        fc.record({ messageId: fc.string(), correlationId: fc.string(), contentType: fc.constant('a/b') }),
        (body, application, system) => {
          fc.pre(!Object.keys(application).some((name) => name.startsWith('iothub-') || name === 'dt-subject'));
          const message = { body: Buffer.from(body), system, application };
          const lockToken = '00112233-4455-6677-8899-aabbccddeeff';
          const bytes = encodeDelivery({ message, lockToken, sequence: 1, enqueuedAt: 1.5, deliveryCount: 300 });
          expect(readMessages(bytes, undefined)).toEqual([message]);
        },
      ),
    );
  });
});

describe('tokens that take time to be opened', () => {
  const bytes = encodeMessage({
    message_id: 'x',
    application_properties: { operation: 'put-token', type: 'jwt', name: 'https://iothubs.azure.net/.default' },
    body: 'a.b.c',
  });
  const opened: OpenToken = {
    expiresAt: 5_000,
    subject: 'p',
    permits: () => undefined,
    admits: () => refuse('IotHubUnauthorized', 'no'),
  };

  test('are put when the answer is there, as bearer tokens', async () => {
    const asked: string[] = [];
    const access = {
      openToken: (text: string) => {
        asked.push(text);
        return Promise.resolve(opened);
      },
    } as unknown as Access;
    const tokens = new Tokens(0, 10);
    const put = putToken(bytes, access, tokens);
    expect(put).toBeInstanceOf(Promise);
    expect(tokens.size).toBe(0);
    expect(((await put) as Put).refusal).toBeUndefined();
    expect(tokens.size).toBe(1);
    expect(asked).toEqual(['Bearer a.b.c']);
    const permission = { right: 'ServiceConnect', action: 'cloudToDeviceMessages/send/action' } as const;
    expect(tokens.permitting(permission, 'messages/devicebound', 4_999)).toMatchObject({ until: 5_000 });
    expect(tokens.permitting(permission, 'messages/devicebound', 5_000)).toMatchObject({ number: 401003 });
    tokens.sweep(5_000);
    expect(tokens.size).toBe(0);
  });
});
