// Where devices dial: the doors of the local hub by protocol, or the well-known ports of a remote one, over TLS.
import { describe, expect, test } from 'vitest';
import type { HubStatus } from '../../../simulators/hub/hub.ts';
import { localAddress, remoteAddress, usesTls } from '../../../simulators/lab/dialling.ts';
import { withoutSecret } from '../../../simulators/lab/hubs.ts';
import { type FleetSpecInput, fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';

const host = '127.0.0.1';
const status = (doors: HubStatus['doors']): HubStatus => ({
  ...{ hostName: 'hub.localhost', doors, policies: [], connectionStrings: {}, notices: [], ca: { pem: 'the CA' } },
});
const every = status({
  ...{ https: { host, port: 1 }, http: { host, port: 2 }, mqtts: { host, port: 3 } },
  ...{ mqtt: { host, port: 4 }, amqps: { host, port: 5 }, amqp: { host, port: 6 } },
});
const spec = (changes: Partial<FleetSpecInput> = {}) => fleetSpecSchema.parse({ name: 'pumps', count: 8, ...changes });
const mix = { mqtt: 1, 'mqtt-ws': 1, amqp: 1, 'amqp-ws': 1 };
const secret = 'HostName=contoso.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey=c2VjcmV0';

describe('on the local hub', () => {
  test.each([
    [{}, false, { mqtt: 4, 'mqtt-ws': 2, amqp: 6, 'amqp-ws': 2 }],
    [{ tls: true }, true, { mqtt: 3, 'mqtt-ws': 1, amqp: 5, 'amqp-ws': 1 }],
    [{ authentication: 'x509-ca' }, true, { mqtt: 3, 'mqtt-ws': 1, amqp: 5, 'amqp-ws': 1 }],
  ] as const)('a fleet with %j dials the doors that fit', (changes, tls, ports) => {
    const address = localAddress(spec({ ...changes, protocol: mix }), every);
    expect(address).toMatchObject({ hostName: 'hub.localhost', tls, ca: 'the CA' });
    const dialled = Object.entries(address.doors ?? {}).map(([protocol, door]) => [protocol, door.port]);
    expect(Object.fromEntries(dialled)).toEqual(ports);
  });

  test('a hub without a plain door for them is dialled over TLS', () => {
    expect(localAddress(spec(), status({ mqtts: { host, port: 3 } }))).toMatchObject({ tls: true, port: 3 });
  });

  test('a door that is shut is named with the protocol that needs it', () => {
    expect(() => localAddress(spec({ protocol: 'amqp' }), status({ mqtts: { host, port: 3 } }))).toThrow(
      "protocol: the hub has no amqps door for the amqp devices of fleet 'pumps'",
    );
  });
});

describe('on a remote hub', () => {
  test('the well-known ports of its host name are dialled, always over TLS', () => {
    const address = remoteAddress(spec({ protocol: mix }), 'contoso.azure-devices.net', undefined);
    expect(address).toMatchObject({ host: 'contoso.azure-devices.net', tls: true });
    expect(address.ca).toBeUndefined();
    const ports = Object.entries(address.doors ?? {}).map(([protocol, door]) => `${protocol} ${door.port}`);
    expect(ports.sort()).toEqual(['amqp 5671', 'amqp-ws 443', 'mqtt 8883', 'mqtt-ws 443']);
    expect(usesTls(spec({ hub: secret }))).toBe(true);
  });

  test('doors of its own take their place', () => {
    const address = remoteAddress(spec({ protocol: mix }), 'contoso.test', {
      host,
      https: 11,
      mqtts: 12,
      ca: 'another',
    });
    expect(address).toMatchObject({ hostName: 'contoso.test', host, ca: 'another' });
    expect(address.doors).toMatchObject({ mqtt: { port: 12 }, 'mqtt-ws': { port: 11 }, amqp: { port: 5_671 } });
  });

  test('a spec that is shown names the host and no key', () => {
    expect(withoutSecret(spec({ hub: secret })).hub).toBe('contoso.azure-devices.net');
    expect(withoutSecret(spec()).hub).toBe('local');
  });
});
