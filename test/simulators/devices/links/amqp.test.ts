// One device over AMQP, on a hub made for the test.
import { describe, expect, it } from 'vitest';
import { parseToken, verifyToken } from '../../../../simulators/tokens/sas-token.ts';
import { anAmqpFleet, key, quiet, until } from './an-amqp-device.ts';

describe('opening over AMQP', () => {
  it('hands in a token, attaches six links and subscribes to desired properties before it says opened', async () => {
    const { hub, open } = anAmqpFleet();
    const { ear, connection } = await open('pump-1');
    expect(ear.heard).toEqual(['opened']);
    expect(connection.isOpen).toBe(true);
    expect(hub.tokens).toHaveLength(1);
    expect(hub.tokens[0]?.name).toBe('hub.example/devices/pump-1');
    const token = parseToken(hub.tokens[0]?.token ?? '');
    expect(token && verifyToken(token, key)).toBe(true);
    const path = '/devices/pump-1';
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
});
