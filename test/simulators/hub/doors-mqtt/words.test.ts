import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  desiredTopic,
  feedOf,
  methodTopic,
  readTopic,
  twinAnswerTopic,
} from '../../../../simulators/hub/doors/mqtt/topics.ts';
import { parseUsername } from '../../../../simulators/hub/doors/mqtt/username.ts';
import { requestId } from '../../../../simulators/vocabulary/ids.ts';

describe('user names', () => {
  test.each<[string, object]>([
    [
      'localhost/dev 1+x/?api-version=2021-04-12&DeviceClientType=azure-iot-device%2F1.18.4%20(node%20v20.20.2%3B%20Debian%2012%3B%20x64)',
      {
        hostName: 'localhost',
        device: 'dev 1+x',
        apiVersion: '2021-04-12',
        client: 'azure-iot-device/1.18.4 (node v20.20.2; Debian 12; x64)',
      },
    ],
    ['h/d/m/?api-version=2020-09-30', { hostName: 'h', device: 'd', module: 'm', apiVersion: '2020-09-30' }],
    [
      'h/d/api-version=2016-11-14&DeviceClientType=c',
      { hostName: 'h', device: 'd', apiVersion: '2016-11-14', client: 'c' },
    ],
    ['h/d', { hostName: 'h', device: 'd' }],
    ['h/d/', { hostName: 'h', device: 'd' }],
    ['h/d/?', { hostName: 'h', device: 'd' }],
    ['h/d/m', { hostName: 'h', device: 'd', module: 'm' }],
    ['h/what?/?api-version=1', { hostName: 'h', device: 'what?', apiVersion: '1' }],
    ['h/d/?api-version=1&api-version=2', { hostName: 'h', device: 'd', apiVersion: '1' }],
    [
      'h/d/?api-version=1&model-id=dtmi:com:x;1&x',
      { hostName: 'h', device: 'd', apiVersion: '1', modelId: 'dtmi:com:x;1' },
    ],
  ])('%s', (text, expected) => {
    expect(parseUsername(text)).toEqual(expected);
  });

  test.each([[''], ['h'], ['h/'], ['/d'], ['h//?a=b'], ['h/d/m/x/?a=b'], ['h/d/?api-version=%']])(
    '%j is none',
    (text) => {
      expect(parseUsername(text)).toBeUndefined();
    },
  );

  test('what a device sends is taken apart again', () => {
    const id = fc.string({ unit: fc.constantFrom(..."abZ09-:.+%_#*?!(),=@;$'"), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(id, fc.string(), (device, client) => {
        fc.pre(!/^\?|^(api-version|DeviceClientType)=/.test(device));
        const text = `my.hub/${device}/?api-version=1&DeviceClientType=${encodeURIComponent(client)}`;
        expect(parseUsername(text)).toMatchObject({ hostName: 'my.hub', device, apiVersion: '1' });
      }),
    );
  });
});

describe('topics a device publishes to', () => {
  test.each<[string, object]>([
    ['$iothub/methods/res/200/?$rid=1a', { kind: 'method-answer', status: 200, rid: '1a' }],
    ['$iothub/methods/res/-1/?$rid=1', { kind: 'method-answer', status: -1, rid: '1' }],
    ['$iothub/methods/res/200/?x=y&$rid=1&z=0', { kind: 'method-answer', status: 200, rid: '1' }],
    ['$iothub/twin/GET/?$rid=0b9d-x', { kind: 'twin-get', rid: '0b9d-x' }],
    ['$iothub/twin/PATCH/properties/reported/?$rid=7&$version=3', { kind: 'twin-report', rid: '7' }],
    ['devices/d/messages/events/', { kind: 'event', bag: '' }],
    ['devices/d/messages/events', { kind: 'event', bag: '' }],
    ['devices/d/messages/events/a=b&%24.ct=x/', { kind: 'event', bag: 'a=b&%24.ct=x/' }],
  ])('%s', (topic, expected) => {
    expect(readTopic(topic, 'd')).toEqual(expected);
  });

  test.each([
    [''],
    ['devices/dd/messages/events/'],
    ['devices/D/messages/events/'],
    ['devices/d/messages/eventsx'],
    ['devices/d/messages/devicebound/'],
    ['$iothub/methods/res/200?$rid=1'],
    ['$iothub/methods/res/ok/?$rid=1'],
    ['$iothub/methods/res//?$rid=1'],
    ['$iothub/methods/res/2.5/?$rid=1'],
    ['$iothub/methods/res/9999999999/?$rid=1'],
    ['$iothub/methods/res/200/?$rid='],
    ['$iothub/methods/res/200/'],
    ['$iothub/methods/POST/x/?$rid=1'],
    ['$iothub/twin/GET/'],
    ['$iothub/twin/GET/?rid=1'],
    ['$iothub/twin/PATCH/properties/desired/?$rid=1'],
    ['a/b'],
  ])('%j does not exist', (topic) => {
    expect(readTopic(topic, 'd')).toBeUndefined();
  });

  test('no text makes it throw', () => {
    const piece = fc.constantFrom(
      '$iothub/',
      'methods/res/',
      'twin/GET/',
      '?',
      '$rid=',
      '&',
      '/',
      'devices/d/',
      '7',
      'é',
    );
    fc.assert(fc.property(fc.array(piece), (pieces) => void readTopic(pieces.join(''), 'd')));
  });
});

test('filters: the four of a device and no others', () => {
  expect(feedOf('$iothub/methods/POST/#', 'd')).toBe('methods');
  expect(feedOf('$iothub/twin/res/#', 'd')).toBe('twin-answers');
  expect(feedOf('$iothub/twin/PATCH/properties/desired/#', 'd')).toBe('desired');
  expect(feedOf('devices/d/messages/devicebound/#', 'd')).toBe('messages');
  for (const filter of [
    '#',
    '+',
    '$iothub/#',
    'devices/+/messages/devicebound/#',
    'devices/e/messages/devicebound/#',
    '',
  ]) {
    expect(feedOf(filter, 'd')).toBeUndefined();
  }
});

test('topics of the hub have the slash before the question mark', () => {
  expect(methodTopic('reboot', requestId('1f'))).toBe('$iothub/methods/POST/reboot/?$rid=1f');
  expect(desiredTopic(4)).toBe('$iothub/twin/PATCH/properties/desired/?$version=4');
  expect(twinAnswerTopic(200, 'x')).toBe('$iothub/twin/res/200/?$rid=x');
  expect(twinAnswerTopic(204, 'x', 9)).toBe('$iothub/twin/res/204/?$rid=x&$version=9');
});
