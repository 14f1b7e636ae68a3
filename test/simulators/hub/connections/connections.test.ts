import { beforeEach, expect, test } from 'vitest';
import { openConnections } from '../../../../simulators/hub/connections/connections.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { Facts, FakeConnection } from '../parts.ts';

let clock: VirtualClock;
let facts: Facts;
let connections: ReturnType<typeof openConnections>;
beforeEach(() => {
  clock = new VirtualClock(1_000);
  facts = new Facts();
  connections = openConnections({ clock, emit: facts.emit });
});

const connect = (id: string, client?: string): FakeConnection => {
  const connection = new FakeConnection(id);
  connection.whenClosed = (reason) => connections.closed(connection, reason);
  connections.opened(connection, client);
  return connection;
};
const d = deviceId('d');

test('the newest connection of an identity wins, the older one is closed first', () => {
  const old = connect('d');
  const fresh = connect('d', 'azure-iot-device/1.18.4');
  expect(connections.find(d)).toBe(fresh);
  expect(old.closed).toEqual(['replaced']);
  expect(connections.size).toBe(1);
  expect(facts.all).toEqual([
    { type: 'device.connected', at: 1_000, device: 'd', protocol: 'mqtt', tls: false },
    { type: 'device.disconnected', at: 1_000, device: 'd', reason: 'replaced' },
    {
      type: 'device.connected',
      at: 1_000,
      device: 'd',
      protocol: 'mqtt',
      tls: false,
      client: 'azure-iot-device/1.18.4',
    },
  ]);
});

test('the end of a connection that was replaced before says nothing about the new one', () => {
  const old = connect('d');
  const fresh = connect('d');
  connections.closed(old, 'lost');
  expect(connections.find(d)).toBe(fresh);
  expect(facts.of('device.disconnected')).toHaveLength(1);
});

test('observers hear who listens and who was lost, and whether it was replaced', () => {
  const heard: string[] = [];
  connections.observe({
    listening: ({ device }) => heard.push(`listening ${device}`),
    lost: ({ device }, replaced) => heard.push(`lost ${device} ${replaced}`),
  });
  const first = connect('d');
  connections.ready(first);
  const second = connect('d');
  connections.ready(first); // too late, it was replaced
  second.close('keep-alive');
  expect(heard).toEqual(['listening d', 'lost d true', 'lost d false']);
});

test('activity tells since when, and when a packet was last seen', async () => {
  expect(connections.activity(d)).toEqual({ connected: false });
  const connection = connect('d');
  await clock.advance(500);
  connections.touch(d);
  expect(connections.activity(d)).toEqual({ connected: true, changedAt: 1_000, lastActivityAt: 1_500 });
  await clock.advance(500);
  connection.close('client');
  expect(connections.activity(d)).toEqual({ connected: false, changedAt: 2_000, lastActivityAt: 1_500 });
});

test('closing all closes each once, with the reason', () => {
  const all = ['d', 'e', 'f'].map((id) => connect(id));
  connections.closeAll('shutdown');
  expect(all.map(({ closed }) => closed)).toEqual([['shutdown'], ['shutdown'], ['shutdown']]);
  expect(connections.size).toBe(0);
});

test('an identity that is gone leaves nothing behind; one still closing goes when it has closed', () => {
  const forgotten: string[] = [];
  connections.observe({ listening: () => {}, lost: () => {}, forgotten: (device) => forgotten.push(device) });
  connect('d').close('deleted');
  connections.forget(d);
  expect(connections.activity(d)).toEqual({ connected: false });
  const slow = new FakeConnection('d');
  connections.opened(slow, undefined, 'dtmi:com:example:Pump;1');
  connections.forget(d);
  expect([connections.size, connections.activity(d).connected]).toEqual([1, true]);
  connections.closed(slow, 'deleted');
  expect([connections.size, connections.activity(d)]).toEqual([0, { connected: false }]);
  expect(forgotten).toEqual(['d', 'd']);
});

test('what an identity does without a connection, over HTTPS, is activity too', () => {
  connections.touch(d);
  expect(connections.activity(d)).toEqual({ connected: false, lastActivityAt: 1_000 });
});
