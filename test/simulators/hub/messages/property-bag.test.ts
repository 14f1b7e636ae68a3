import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBag, writeBag } from '../../../../simulators/hub/messages/property-bag.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';

const body = Buffer.alloc(0);

describe('reading the bag of a topic', () => {
  test('system keys get their names, the others stay the application’s', () => {
    expect(
      readBag(
        '%24.mid=m-1&%24.cid=c&$.uid=u&$.ct=application%2Fjson&$.ce=utf-8&$.ifid=urn&$.sub=fan&$.on=out&iothub-ack=full&a=1',
      ),
    ).toEqual({
      system: {
        messageId: 'm-1',
        correlationId: 'c',
        userId: 'u',
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        interfaceId: 'urn',
        componentName: 'fan',
        outputName: 'out',
        ack: 'full',
      },
      application: { a: '1' },
    });
  });

  test.each([
    ['', {}],
    ['/', {}],
    ['&&', {}],
    ['bare', { bare: '' }],
    ['empty=', { empty: '' }],
    ['a=1&a=2', { a: '2' }],
    ['a=b=c', { a: 'b=c' }],
    ['plus=1+1', { plus: '1+1' }],
    ['space=a%20b', { space: 'a b' }],
    ['bad=%zz', { bad: '%zz' }],
    ['iothub-ack=maybe', { 'iothub-ack': 'maybe' }],
    ['gr%C3%BC%C3%9Fe=%E2%82%AC', { grüße: '€' }],
  ])('%j holds %j', (text, application) => {
    expect(readBag(text)).toEqual({ system: {}, application });
  });

  test('an output’s name is read without the slash that Node puts behind it', () => {
    expect(readBag('$.on=alerts/').system).toEqual({ outputName: 'alerts' });
  });

  test('what the hub stamps itself is not taken from a sender', () => {
    expect(readBag('$.cdid=other&$.cmid=m&iothub-connection-device-id=other&iothub-enqueuedtime=1&ok=1')).toEqual({
      system: {},
      application: { ok: '1' },
    });
  });

  test('an expiry is a moment, and left out when it is none', () => {
    expect(readBag('$.exp=2026-01-01T00%3A00%3A00Z').system).toEqual({ expiresAt: 1_767_225_600_000 });
    expect(readBag('$.exp=tomorrow').system).toEqual({});
  });

  test('a key named like a member of every object is a key', () => {
    expect(Object.entries(readBag('__proto__=1&constructor=2').application)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });
});

describe('writing the bag of a message for a device', () => {
  test('`$.to` names the device or module, encoded', () => {
    const message = { body, system: {}, application: {} };
    expect(writeBag(message, deviceId('d-1'))).toBe('$.to=%2Fdevices%2Fd-1%2Fmessages%2FdeviceBound');
    expect(writeBag(message, deviceId('d/m'))).toBe('$.to=%2Fdevices%2Fd%2Fmodules%2Fm%2Fmessages%2FdeviceBound');
  });

  test('the order is that of the service: system keys first, `iothub-ack`, then the application’s', () => {
    const system = { messageId: 'm 1', expiresAt: 1_767_225_600_000, ack: 'full', contentType: 'a/b' } as const;
    expect(writeBag({ body, system, application: { 'a&b': 'c=d' } }, deviceId('d'))).toBe(
      '$.mid=m%201&$.to=%2Fdevices%2Fd%2Fmessages%2FdeviceBound&$.ct=a%2Fb&$.exp=2026-01-01T00%3A00%3A00.000Z' +
        '&iothub-ack=full&a%26b=c%3Dd',
    );
  });

  test('what was written reads back the same, and holds neither slash nor wildcard', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const key = text.filter(
      (name) => name !== '' && !/^\$\.|^iothub-|^dt-dataschema$/.test(name) && name !== '__proto__',
    );
    const optional = fc.record(
      {
        messageId: text,
        correlationId: text,
        userId: text,
        contentType: text,
        contentEncoding: text,
        expiresAt: fc.integer({ min: 0, max: 4e12 }),
        ack: fc.constantFrom('none' as const, 'positive' as const, 'negative' as const, 'full' as const),
        creationTime: text,
        messageSchema: text,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(optional, fc.dictionary(key, text), (system, application) => {
        const bag = writeBag({ body, system, application }, deviceId('d'));
        expect(bag).not.toMatch(/[/#+]/);
        expect(readBag(bag)).toEqual({
          system: { ...system, to: '/devices/d/messages/deviceBound' },
          application: { ...application },
        });
      }),
    );
  });
});
