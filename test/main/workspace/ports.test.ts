// A local hub takes the standard ports when it can, says so when it cannot, and takes exactly what the user named.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { choosePorts, type PortState, probePort } from '../../../main/workspace/ports.ts';

const probing = (states: Record<number, PortState>) => async (_host: string, port: number) => states[port] ?? 'free';

test('free standard ports are taken without a word', async () => {
  expect(await choosePorts({}, true, probing({}))).toEqual({
    listen: { host: '127.0.0.1', https: 443, mqtts: 8883, amqps: 5671, mqtt: 0, amqp: 0, http: 0 },
    notices: [],
  });
});

test('without permission for 443 HTTPS goes to 8443 and says so', async () => {
  const { listen, notices } = await choosePorts({}, false, probing({ 443: 'forbidden' }));
  expect(listen.https).toBe(8443);
  expect(notices).toEqual(['HTTPS listens on 8443: port 443 may not be opened without permission']);
});

test('starting the window never fails for a taken port', async () => {
  const { listen, notices } = await choosePorts({}, true, probing({ 443: 'taken', 8443: 'taken', 8883: 'taken' }));
  expect(listen).toMatchObject({ https: 0, mqtts: 0 });
  expect(notices).toEqual([
    'HTTPS listens on a free port: port 443 is taken by another program, port 8443 is taken by another program',
    'MQTT over TLS listens on a free port: port 8883 is taken by another program',
  ]);
});

test('the hub alone keeps to the standard ports, so that opening it says which is taken', async () => {
  const { listen } = await choosePorts({}, false, probing({ 443: 'taken', 8443: 'taken', 8883: 'taken' }));
  expect(listen).toMatchObject({ https: 8443, mqtts: 8883 });
});

test('named ports are not looked at', async () => {
  const never = async () => Promise.reject(new Error('looked'));
  const { listen } = await choosePorts({ https: 1443, mqtts: 0, mqtt: 1883, amqps: 0 }, true, never);
  expect(listen).toMatchObject({ https: 1443, mqtts: 0, mqtt: 1883, amqps: 0 });
});

test('looking at a port leaves it as it was', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await probePort('127.0.0.1', port)).toBe('taken');
  await new Promise((resolve) => server.close(resolve));
  expect(await probePort('127.0.0.1', port)).toBe('free');
  expect(await probePort('127.0.0.1', port)).toBe('free');
});
