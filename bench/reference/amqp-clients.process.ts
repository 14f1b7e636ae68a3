// Bare `rhea` clients that do what a device does to be there: a token, six links, the subscription to desired properties, one read of the
// twin. They answer every method with its own payload. No reconnect, no renewal, no state.
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import rhea, { type Connection, type EventContext, type Message, type Receiver, type Sender } from 'rhea';
import { residentKilobytes, serve } from '../processes/serve.ts';

export interface AmqpClientsOptions {
  readonly host: string;
  readonly port: number;
  /** PEM text of the CA; left out: plain text. */
  readonly ca?: string;
  readonly devicesPerConnection: number;
  readonly devices: readonly { readonly id: string; readonly password?: string }[];
}

let connections: Connection[] = [];
const byHand = { properties: { 'com.microsoft:client-version': 'bare', 'com.microsoft:api-version': '2021-04-12' } };
const emptyData = () => rhea.message.data_section(Buffer.alloc(0));

function openConnection({ host, port, ca }: AmqpClientsOptions, shared: { secureContext?: SecureContext }): Connection {
  const connect = () =>
    ca === undefined
      ? connectTcp({ host, port, noDelay: true })
      : connectTls({ host, port, servername: 'localhost', ...shared }).setNoDelay(true);
  const container = rhea.create_container();
  container.on('disconnected', () => {});
  const connection = container.connect({
    host,
    port,
    hostname: 'localhost',
    reconnect: false,
    connection_details: () => ({
      host,
      port,
      connect: (_port: number, _host: string, _options: object, ready: () => void) => {
        const socket = connect();
        socket.once(ca === undefined ? 'connect' : 'secureConnect', ready);
        return socket;
      },
    }),
  } as never);
  connections.push(connection);
  return connection;
}

const opened = (link: Sender | Receiver): Promise<void> =>
  new Promise((resolve, reject) => {
    link.once(link.is_receiver() ? 'receiver_open' : 'sendable', () => resolve());
    link.once(link.is_receiver() ? 'receiver_error' : 'sender_error', () => reject(link.error));
  });

/** Hands in tokens on one pair of links, whose answers come by message id. */
async function tokens(connection: Connection): Promise<(id: string, password: string) => Promise<void>> {
  const waiting = new Map<unknown, (context: EventContext) => void>();
  const sender = connection.open_sender({ target: '$cbs' });
  const receiver = connection.open_receiver({ source: '$cbs' });
  receiver.on('message', (context: EventContext) => waiting.get(context.message?.correlation_id)?.(context));
  await Promise.all([opened(sender), opened(receiver)]);
  return (id, password) =>
    new Promise((resolve, reject) => {
      waiting.set(id, ({ message }) => {
        waiting.delete(id);
        const status = message?.application_properties?.['status-code'];
        if (status === 200) resolve();
        else reject(new Error(`token of ${id}: ${status} ${message?.application_properties?.['status-description']}`));
      });
      sender.send({
        ...{ message_id: id, to: '$cbs', reply_to: 'cbs', body: password },
        application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: id },
      });
    });
}

async function openDevice(connection: Connection, id: string): Promise<void> {
  const path = `/devices/${id}`;
  const methodsOut = connection.open_sender({ target: `${path}/methods/devicebound`, snd_settle_mode: 1, ...byHand });
  const methodsIn = connection.open_receiver({ source: `${path}/methods/devicebound`, ...byHand });
  const twinOut = connection.open_sender({ target: `${path}/twin`, snd_settle_mode: 1, ...byHand });
  const twinIn = connection.open_receiver({ source: `${path}/twin`, ...byHand });
  const events = connection.open_sender({ target: `${path}/messages/events`, ...byHand });
  const messages = connection.open_receiver({ source: `${path}/messages/devicebound`, ...byHand });
  methodsIn.on('message', ({ message }: EventContext) => {
    if (!message) return;
    methodsOut.send({
      correlation_id: message.correlation_id,
      application_properties: { 'IoThub-status': rhea.types.wrap_int(200) },
      body: rhea.message.data_section((message.body as { content: Buffer }).content),
    } as Message);
  });
  await Promise.all([methodsOut, methodsIn, twinOut, twinIn, events, messages].map(opened));
  const ask = (correlation: string, annotations: object): Promise<void> =>
    new Promise((resolve) => {
      const answered = ({ message }: EventContext) => {
        if (message?.correlation_id !== correlation) return;
        twinIn.removeListener('message', answered);
        resolve();
      };
      twinIn.on('message', answered);
      twinOut.send({ correlation_id: correlation, message_annotations: annotations, body: emptyData() } as Message);
    });
  await ask('put', { operation: 'PUT', resource: '/notifications/twin/properties/desired' });
  await ask('get', { operation: 'GET' });
}

const handlers = {
  /** All at once; gives the seconds until the last one has its twin. */
  async connect(options: AmqpClientsOptions): Promise<number> {
    const { devices, devicesPerConnection, ca } = options;
    const shared = ca === undefined ? {} : { secureContext: createSecureContext({ ca }) };
    const begun = performance.now();
    const parts: Promise<unknown>[] = [];
    for (let first = 0; first < devices.length; first += devicesPerConnection) {
      const connection = openConnection(options, shared);
      const part = devices.slice(first, first + devicesPerConnection);
      parts.push(
        tokens(connection).then((put) =>
          Promise.all(
            part.map(({ id, password }) => put(id, password ?? 'none').then(() => openDevice(connection, id))),
          ),
        ),
      );
    }
    await Promise.all(parts);
    return (performance.now() - begun) / 1_000;
  },
  async disconnect(): Promise<void> {
    const leaving = connections;
    connections = [];
    await Promise.all(
      leaving.map(
        (connection) =>
          new Promise<void>((resolve) => {
            connection.once('connection_close', () => resolve());
            connection.once('disconnected', () => resolve());
            connection.close();
          }),
      ),
    );
  },
  memory: residentKilobytes,
};
export type AmqpClientsCalls = typeof handlers;
serve(handlers);
