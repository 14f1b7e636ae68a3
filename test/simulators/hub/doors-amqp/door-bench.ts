// An AMQP door on a free port of 127.0.0.1 with everything behind it, and clients to knock with: the library's own, and one of bare frames.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../../simulators/clock/clock.ts';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { defaultPolicies, openAccess } from '../../../../simulators/hub/access/access.ts';
import { openConnections } from '../../../../simulators/hub/connections/connections.ts';
import { type AmqpDoorOptions, openAmqpDoor } from '../../../../simulators/hub/doors/amqp/open-amqp-door.ts';
import { openMessages } from '../../../../simulators/hub/messages/messages.ts';
import { openMethods } from '../../../../simulators/hub/methods/methods.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openThrottling } from '../../../../simulators/hub/throttling/throttling.ts';
import { signToken } from '../../../../simulators/tokens/sas-token.ts';
import { deviceId } from '../../../../simulators/vocabulary/ids.ts';
import type { FaultHooks } from '../../../../simulators/vocabulary/passages.ts';
import { Facts, identity, PlainTwins } from '../parts.ts';
import { AmqpClient, type ClientOptions } from './amqp-client.ts';
import { RawClient } from './raw-client.ts';

export const hostName = 'myhub.localhost';
export const oddId = "a:b.c+%_#*?!(),=@;$'-";

export interface BenchOptions {
  readonly clock?: Clock;
  readonly tls?: AmqpDoorOptions['tls'];
  readonly tokenGrace?: number;
  readonly mostTokens?: number;
  readonly authorities?: readonly string[];
  readonly faults?: FaultHooks;
}

export async function openDoor(options: BenchOptions = {}) {
  const clock = options.clock ?? systemClock();
  const facts = new Facts();
  const { emit } = facts;
  const names = ['d', 'e', 'f', oddId, ...Array.from({ length: 40 }, (_, index) => `many-${index}`)];
  const devices = new Map(names.map((id) => [id, identity(id)] as const));
  for (const module of ['m', 'n']) devices.set(`d/${module}`, { ...identity('d'), moduleId: module });
  devices.set('off', identity('off', 'disabled'));
  const find = (id: string) => devices.get(id);
  const policies = defaultPolicies(randomBytes);
  const access = openAccess({ clock, hostName, find, policies, authorities: options.authorities ?? [] });
  const connections = openConnections({ clock, emit });
  const methods = openMethods({ clock, emit, find, connections });
  const twins = new PlainTwins();
  const throttling = openThrottling({ clock, emit });
  const store = openStore(undefined, clock.now());
  const messages = openMessages({ clock, emit, store, randomBytes, find, connections, throttling });
  const parts = { clock, emit, find, twins, access, connections, methods, messages, throttling, hostName, randomBytes };
  const { tls, tokenGrace, mostTokens, faults } = options;
  const door = await openAmqpDoor({
    ...parts,
    faults,
    host: '127.0.0.1',
    port: 0,
    tls,
    ...(tokenGrace === undefined ? {} : { tokenGrace }),
    ...(mostTokens === undefined ? {} : { mostTokens }),
  });
  const { port } = door.address;
  const clients: { stop(): void }[] = [];

  /** An identity's own token; its resource as `device`, or `device/modules/module`. */
  const token = (id: string, seconds = 3_600): string => {
    const key = devices.get(id)?.authentication.symmetricKey.primaryKey ?? randomBytes(32).toString('base64');
    const resource = `${hostName}/devices/${id.replace('/', '/modules/')}`;
    return signToken({ resource, key, expiresAt: clock.now() + seconds * 1_000 });
  };
  const serviceToken = (policy: string, seconds = 3_600): string => access.serviceToken(policy, seconds);

  return {
    clock,
    facts,
    devices,
    connections,
    methods,
    messages,
    throttling,
    twins,
    door,
    parts,
    port,
    token,
    serviceToken,
    /** A connection without anything on it. */
    async client(more: ClientOptions = {}): Promise<AmqpClient> {
      const client = new AmqpClient(port, more);
      clients.push(client);
      await client.opened;
      return client;
    },
    /** A connection that refuses to be opened, or is not known to open. */
    unopened(more: ClientOptions = {}): AmqpClient {
      const client = new AmqpClient(port, more);
      clients.push(client);
      client.opened.catch(() => {});
      return client;
    },
    /** A connection with the tokens of these identities. */
    async device(...ids: string[]): Promise<AmqpClient> {
      const client = await this.client();
      for (const id of ids) await client.putToken(token(id), `${hostName}/devices/${id.split('/')[0]}`);
      return client;
    },
    async service(policy = 'service', seconds = 3_600): Promise<AmqpClient> {
      const client = await this.client();
      await client.putToken(serviceToken(policy, seconds), hostName);
      return client;
    },
    async raw(): Promise<RawClient> {
      const client = new RawClient(port);
      clients.push(client);
      await client.connected;
      return client;
    },
    invoke: (id: string, fields: object = {}) =>
      methods.invoke(
        deviceId(id),
        Buffer.from(JSON.stringify({ methodName: 'm', responseTimeoutInSeconds: 5, ...fields })),
      ),
    async stop() {
      for (const client of clients) client.stop();
      methods.stop();
      await door.stop();
      messages.stop();
      store.close();
    },
  };
}

export type Bench = Awaited<ReturnType<typeof openDoor>>;
