// Dialling real sockets: streams carry no Nagle delay and end in 'close' on every path.
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { dialTcp, dialTls } from '../../../simulators/devices/links/dial.ts';
import { TinyBroker } from '../../support/tiny-broker.ts';
import { aDevice } from './a-device.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(onSocket);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

test('a device goes online over a socket, reboots and comes back', async () => {
  const broker = new TinyBroker();
  const port = await listening((socket) => broker.accept(socket));
  const facts: string[] = [];
  const arrived = (state: string, times: number) =>
    vi.waitFor(() => expect(facts.filter((fact) => fact === state)).toHaveLength(times), { timeout: 5_000 });
  const { device } = aDevice({
    clock: systemClock(),
    dial: dialTcp('127.0.0.1', port),
    behaviour: { kind: 'reboot', dark: 10 },
    emit: (fact) => {
      if (fact.type === 'link.changed') facts.push(fact.state);
    },
  });
  device.start(0);
  await arrived('online', 1);
  broker.last.call('reboot', '1');
  await arrived('online', 2);
  expect(broker.sessions[0]?.replies).toEqual([
    { topic: '$iothub/methods/res/200/?$rid=1', payload: '"Reboot started"' },
  ]);
  device.stop();
  await vi.waitFor(() => expect(broker.sessions.map((session) => session.closed)).toEqual([true, true]));
});

test('a reply as large as the service takes arrives whole although the device drops its link right after it', async () => {
  const broker = new TinyBroker();
  const port = await listening((socket) => broker.accept(socket));
  const { device, clock } = aDevice({ dial: dialTcp('127.0.0.1', port), behaviour: { kind: 'echo' } });
  device.start(0);
  await clock.advance(1);
  await vi.waitFor(() => expect(device.state).toBe('online'));
  const payload = JSON.stringify('x'.repeat(131_000));
  broker.last.call('echo', '1', payload);
  broker.last.call('echo', '2', payload);
  await vi.waitFor(() => expect(broker.last.replies.length).toBeGreaterThan(0));
  device.reboot(60_000);
  await vi.waitFor(() => expect(broker.last.closed).toBe(true));
  expect(broker.last.replies.map((reply) => reply.payload.length)).toEqual([payload.length, payload.length]);
  device.stop();
});

test.each([
  ['TCP', (port: number) => dialTcp('127.0.0.1', port)],
  ['TLS', (port: number) => dialTls({ host: '127.0.0.1', port, serverName: 'hub.example' })],
])('%s streams send small packets at once', async (_name, dial) => {
  const port = await listening((socket) => socket.resume());
  const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
  const stream = dial(port)();
  expect(setNoDelay.mock.calls).toContainEqual([true]);
  expect(setNoDelay.mock.contexts).toContain(stream);
  setNoDelay.mockRestore();
  stream.destroy();
});

test('a refused port ends in close, and the device says why', async () => {
  const port = await listening(() => {});
  servers.pop()?.close();
  const { device, clock, states } = aDevice({ dial: dialTcp('127.0.0.1', port) });
  device.start(0);
  await clock.advance(1);
  await vi.waitFor(() => expect(device.state).toBe('waiting'));
  expect(states().at(-1)).toMatch(/ECONNREFUSED/);
  device.stop();
});

test('a server that speaks no TLS ends in close, and the device says why', async () => {
  const port = await listening((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const { device, clock, states } = aDevice({
    dial: dialTls({ host: '127.0.0.1', port, serverName: 'hub.example' }),
  });
  device.start(0);
  await clock.advance(1);
  await vi.waitFor(() => expect(device.state).toBe('waiting'));
  expect(states().at(-1)).toMatch(/^waiting: .*(wrong version number|packet length too long|EPROTO|SSL)/i);
  device.stop();
});

test('a CA that is no PEM text is refused when the dial is made, not at each try', () => {
  expect(() => dialTls({ host: '127.0.0.1', port: 1, serverName: 'x', ca: 'no pem' })).toThrow(
    'ca: expected a certificate in PEM text',
  );
});
