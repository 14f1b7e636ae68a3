// Topics and twin JSON as pure functions: what a hub sends is read exactly or not at all, and never throws.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsTopic, filtersOf, readBag, readTopic } from '../../../simulators/devices/links/topics.ts';
import { merge, readPatch, readTwin } from '../../../simulators/devices/links/twin-json.ts';

test.each([
  ['$iothub/methods/POST/reboot/?$rid=1f', { kind: 'method', name: 'reboot', rid: '1f' }],
  ['$iothub/methods/POST/a.b-c_d/?$rid=00000000-uuid', { kind: 'method', name: 'a.b-c_d', rid: '00000000-uuid' }],
  ['$iothub/twin/res/200/?$rid=7', { kind: 'twin', status: 200, rid: '7', version: undefined }],
  ['$iothub/twin/res/204/?$rid=7&$version=12', { kind: 'twin', status: 204, rid: '7', version: 12 }],
  ['$iothub/twin/PATCH/properties/desired/?$version=3', { kind: 'desired', version: 3 }],
  ['$iothub/twin/PATCH/properties/desired/?$version=x', { kind: 'desired', version: undefined }],
  ['$iothub/methods/POST/reboot', undefined],
  ['$iothub/methods/POST/?$rid=1', undefined],
  ['$iothub/methods/POST/a/b/?$rid=1', undefined],
  ['$iothub/methods/POST/reboot/?$ridx=1', undefined],
  ['$iothub/twin/res/abc/?$rid=1', undefined],
  ['$iothub/twin/res/200/?rid=1', undefined],
  ['devices/a/messages/devicebound/', { kind: 'message', identity: 'a', bag: '' }],
  ['devices/a/messages/devicebound/$.mid=1&a=b', { kind: 'message', identity: 'a', bag: '$.mid=1&a=b' }],
  ['devices/a/modules/b/messages/devicebound/x=1', { kind: 'message', identity: 'a/b', bag: 'x=1' }],
  ['devices/a/modules//messages/devicebound/', undefined],
  ['devices/a/modules/b/inputs/in/', undefined],
  ['devices/a/messages/devicebound', undefined],
  ['devices/a/messages/devicebound/a=b/c', undefined],
  ['devices//messages/devicebound/', undefined],
  ['devices/a/messages/events/', undefined],
  ['', undefined],
])('%s', (topic, arrival) => {
  expect(readTopic(topic)).toEqual(arrival);
});

test('a message leaves on the topic of its device or module, system properties first', () => {
  const message = {
    body: '',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    properties: { 'a b': 'ü/&=' },
  };
  expect(eventsTopic('pump-1', message)).toBe(
    'devices/pump-1/messages/events/$.ct=application%2Fjson&$.ce=utf-8&a%20b=%C3%BC%2F%26%3D',
  );
  expect(eventsTopic('pump-1/eye', { body: '', messageId: 'm-1' })).toBe(
    'devices/pump-1/modules/eye/messages/events/$.mid=m-1',
  );
});

test('a bag is read as it was written, whatever is in it', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(fc.dictionary(text, fc.string({ unit: 'grapheme' })), (properties) => {
      const topic = eventsTopic('a', { body: '', properties });
      expect(readBag(topic.slice('devices/a/messages/events/'.length))).toEqual(properties);
    }),
  );
  expect(readBag('bare&empty=&broken=%zz')).toEqual({ bare: '', empty: '', broken: '%zz' });
});

test('a module asks for the messages of its own', () => {
  expect(Object.keys(filtersOf('pump-1')).at(-1)).toBe('devices/pump-1/messages/devicebound/#');
  expect(Object.keys(filtersOf('pump-1/eye')).at(-1)).toBe('devices/pump-1/modules/eye/messages/devicebound/#');
});

test('no text makes a reader throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.oneof(fc.string(), fc.json()), (text, payload) => {
      readTopic(text);
      readTopic(`$iothub/methods/POST/${text}`);
      readTopic(`$iothub/twin/res/${text}`);
      readTopic(`devices/${text}`);
      readBag(text);
      readTwin(payload);
      readPatch(payload, undefined);
    }),
    { numRuns: 2_000 },
  );
});

test('a merge follows RFC 7386 and changes neither side', () => {
  const target = Object.freeze({ a: 1, b: Object.freeze({ c: 2, d: 3 }), e: [1, 2] });
  expect(merge(target, { a: null, b: { c: null, f: { g: null } }, e: [3], h: 'x' })).toEqual({
    b: { d: 3, f: {} },
    e: [3],
    h: 'x',
  });
});

test('a merge with hostile names touches no prototype', () => {
  const patch = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as object;
  const merged = merge({}, patch as Record<string, unknown>);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.keys(merged)).toEqual(['__proto__', 'constructor']);
});

test('a merge applied twice is the same as once', () => {
  const json = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 });
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const once = merge(target, patch);
      expect(merge(once, patch)).toEqual(once);
    }),
  );
});
