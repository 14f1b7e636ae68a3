// What `hubfleet start` hands to the desktop host arrives whole, whatever flags were given.
import { expect, test } from 'vitest';
import { startOptions } from '../../../main/workspace/start-options.ts';

const usual = { version: '1.2.3', dataDir: '/usual', hostName: '127.0.0.1' };
const asked = {
  ...{ version: '1.2.3', dataDir: '/data', usualDataDir: '/usual', hostName: '127.0.0.1' },
  ...{ ephemeral: true, seed: 7, json: true, open: false },
  ports: { https: 0, mqtts: 1, mqtt: 2, amqps: 3, amqp: 4 },
  deviceAuthorities: ['a PEM text'],
};

test('every port that can be named is handed over', () => {
  expect(startOptions(JSON.stringify(asked), usual)).toEqual(asked);
});

test('ports that were not named stay open', () => {
  const ports = { https: undefined, mqtts: undefined, mqtt: undefined, amqps: undefined, amqp: undefined };
  expect(startOptions(JSON.stringify({ ...asked, ports }), usual).ports).toEqual({});
});

test('an app that was opened by itself uses what the command line would', () => {
  expect(startOptions(undefined, usual)).toMatchObject({ dataDir: '/usual', usualDataDir: '/usual', ports: {} });
});
