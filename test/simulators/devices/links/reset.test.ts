// A device's link is reset for real: the hub's own socket says ECONNRESET, over every transport, and the device reconnects by its policy.
import { describe, expect, test } from 'vitest';
import { until } from '../../../support/a-lab.ts';
import { aFaultedFleet, pump } from '../../faults/link/a-faulted-fleet.ts';

describe.each([
  ['mqtt', {}],
  ['amqp', {}],
  ['mqtt-ws', {}],
  ['amqp-ws', {}],
  ['mqtt', { authentication: 'x509-self-signed' }],
  ['amqp', { authentication: 'x509-self-signed' }],
  ['mqtt-ws', { authentication: 'x509-self-signed' }],
] as const)('over %s %j', (protocol, more) => {
  test('the hub sees a reset, and the device comes back', async () => {
    const { add, lift, call, of, blamed, works } = await aFaultedFleet({ protocol, ...more });
    add({ kind: 'link.reset', at: 'executed' });
    await call(pump, 'first');
    await until(() => of('device.disconnected').length > 0);
    expect(of('device.disconnected')).toMatchObject([{ device: pump, reason: 'lost', detail: 'read ECONNRESET' }]);
    expect(blamed()).toEqual(['waiting: connection reset in place of a reply']);
    lift();
    await works();
  });
});
