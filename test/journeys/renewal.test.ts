// Tokens of five seconds, renewed again and again while the devices are called without a pause: no call is lost on any transport.
import { expect, test } from 'vitest';
import { fleetSpecSchema } from '../../simulators/vocabulary/specs.ts';
import { aFleet } from '../support/a-fleet.ts';

test('devices renew their tokens while they are called, over AMQP without leaving their connection, and no call is lost', async () => {
  const parsed = fleetSpecSchema.parse({
    ...{ name: 'pumps', count: 8, id: 'pump-{index}', behaviour: { kind: 'echo' }, devicesPerConnection: 2 },
    protocol: { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 },
    telemetry: { intervalMs: 100, template: { n: '{count}' } },
    modules: ['eye'],
  });
  // Shorter than a user may ask for, so that two renewals fit into a test.
  const fleet = await aFleet({ ...parsed, tokenLifetimeSeconds: 5 });
  await fleet.allOnline();
  const begun = performance.now();
  const answers = await Promise.all(
    fleet.identities.map(async ({ id }) => {
      const own = [];
      while (performance.now() - begun < 10_000) {
        // The connect timeout lets a call wait for a device that is between two connections.
        own.push(await fleet.call(id, `${id} ${own.length}`, 10));
      }
      return own;
    }),
  );
  const all = answers.flat();
  expect(all.filter(({ status, payload, text }) => status !== 200 || payload !== JSON.stringify(text))).toEqual([]);
  for (const own of answers) expect(own.length).toBeGreaterThan(10);
  expect(fleet.of('device.disconnected').filter(({ reason }) => reason === 'token-expired')).toEqual([]);
  for (const { id, protocol } of fleet.identities) {
    const connects = fleet.of('device.connected').filter(({ device }) => device === id).length;
    if (protocol.startsWith('amqp')) expect(connects).toBe(1);
    else expect(connects).toBeGreaterThanOrEqual(3);
  }
  expect(new Set(fleet.of('telemetry.sent').map(({ outcome }) => outcome))).toEqual(new Set(['taken']));
}, 60_000);
