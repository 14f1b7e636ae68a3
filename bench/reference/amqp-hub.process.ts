// The bare hub for AMQP: HTTP in, a method over `rhea` out and back, nothing between. It takes every token and every link, and has one twin
// for all. No authentication, no state, no limits.
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import rhea, { type Connection, type EventContext, type Message, type Sender } from 'rhea';
import { serve } from '../processes/serve.ts';
import { answer, host, listen, methodFront, type Send } from './method-front.ts';

export interface BareAmqpHubOptions {
  /** PEM texts; without them plain text. */
  readonly tls?: { readonly key: string; readonly cert: string };
}
export interface BareAmqpHubAddress {
  readonly host: string;
  readonly http: number;
  readonly amqp: number;
}

const methods = new Map<string, Sender>();
const pending = new Map<string, ServerResponse>();
const twin = Buffer.from('{"desired":{"$version":1},"reported":{"$version":1}}');
let lastCall = 0;

const container = rhea.create_container({ id: 'bare-hub' });
const addressOf = (terminus: { readonly address?: string } | undefined): string => terminus?.address ?? '';

container.on('sender_open', ({ sender }: EventContext) => {
  if (!sender) return;
  const address = addressOf(sender.source);
  sender.set_source({ address });
  if (address.endsWith('/methods/devicebound')) methods.set(address.split('/')[2] ?? '', sender);
});
container.on('receiver_open', ({ receiver }: EventContext) =>
  receiver?.set_target({ address: addressOf(receiver.target) }),
);
for (const event of ['disconnected', 'connection_close', 'error']) container.on(event, () => {});
container.on('message', ({ receiver, message, connection }: EventContext) => {
  const address = addressOf(receiver?.target);
  if (!message) return;
  if (address === '$cbs') tokenTaken(connection, message);
  else if (address.endsWith('/twin')) twinAsked(connection, address, message);
  else if (address.endsWith('/methods/devicebound')) answered(message);
});

const backOn = new WeakMap<Connection, Map<string, Sender>>();
/** The link back to a device at an address; looked for once. */
function back(connection: Connection, address: string): Sender | undefined {
  const known = backOn.get(connection) ?? new Map<string, Sender>();
  backOn.set(connection, known);
  const sender = known.get(address) ?? connection.find_sender((link: Sender) => addressOf(link.source) === address);
  if (sender) known.set(address, sender);
  return sender;
}

function tokenTaken(connection: Connection, message: Message): void {
  back(connection, '$cbs')?.send({
    correlation_id: message.message_id,
    application_properties: { 'status-code': rhea.types.wrap_int(200), 'status-description': 'OK' },
    body: '',
  } as Message);
}

function twinAsked(connection: Connection, address: string, message: Message): void {
  back(connection, address)?.send({
    correlation_id: message.correlation_id,
    message_annotations: { status: rhea.types.wrap_int(200) },
    body: rhea.message.data_section(message.message_annotations?.operation === 'GET' ? twin : Buffer.alloc(0)),
  });
}

function answered(message: Message): void {
  const id = (message.correlation_id as Buffer | undefined)?.toString('hex') ?? '';
  const response = pending.get(id);
  pending.delete(id);
  const status = message.application_properties?.['IoThub-status'];
  const payload = (message.body as { content: Buffer }).content.toString();
  if (response) answer(response, 200, `{"status":${status},"payload":${payload}}`);
}

const call: Send = (device, method, payload, response) => {
  const sender = methods.get(device);
  if (sender === undefined) return false;
  const id = Buffer.alloc(16);
  id.writeUInt32BE(++lastCall, 12);
  pending.set(id.toString('hex'), response);
  sender.send({
    correlation_id: id,
    application_properties: { 'IoThub-methodname': method },
    body: rhea.message.data_section(Buffer.from(payload)),
  });
  return true;
};

const handlers = {
  async open({ tls }: BareAmqpHubOptions): Promise<BareAmqpHubAddress> {
    const accept = (socket: import('node:net').Socket): void => {
      socket.setNoDelay(true);
      const connection = container.create_connection({ reconnect: false } as never);
      (connection as unknown as { accept(stream: object): void }).accept(socket);
    };
    const amqp = tls === undefined ? createServer(accept) : createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, accept);
    return {
      host,
      http: await listen(methodFront(call)),
      amqp: await listen(amqp),
    };
  },
};
export type BareAmqpHubCalls = typeof handlers;
serve(handlers);
