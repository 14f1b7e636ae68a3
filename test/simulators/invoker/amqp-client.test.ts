// A service's AMQP connection to hubs that do not keep their side of it.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openAmqpClient } from '../../../simulators/invoker/amqp-client.ts';
import { seconds } from '../../../simulators/vocabulary/units.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const connectionString = 'HostName=hub.example.test;SharedAccessKeyName=service;SharedAccessKey=c2VydmljZQ==';

test('a hub that takes connections and says nothing is given up after one patience, and the connection with it', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const clock = new VirtualClock();
  const opening = openAmqpClient({
    ...{ connectionString, clock, patience: seconds(30) },
    address: { host: '127.0.0.1', port, tls: false },
  });
  const refused = expect(opening).rejects.toMatchObject({ code: 'hub.unreachable' });
  const [socket] = await accepted;
  const closed = once(socket.resume(), 'close');
  await clock.advance(seconds(30));
  await refused;
  await closed;
  expect(clock.pending).toBe(0);
});
