// Just enough of a hub for AMQP devices, made of rhea's server side: tokens, links, twins by hand. It records what devices do and does as told.
import type { Duplex } from 'node:stream';
import rhea, {
  type Connection,
  type Delivery,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
} from 'rhea';
import { duplexPair } from './duplex-pair.ts';

type Link = Sender | Receiver;

export interface TokenSeen {
  readonly name: string;
  readonly token: string;
}
export interface Answer {
  readonly correlation: unknown;
  readonly status: unknown;
  readonly body: string;
}

export class TinyAmqpHub {
  /** Streams a device opened, newest last. */
  readonly streams: Duplex[] = [];
  readonly connections: Connection[] = [];
  readonly tokens: TokenSeen[] = [];
  readonly attached: string[] = [];
  readonly detached: { readonly address: string; readonly closed: boolean }[] = [];
  readonly answers: Answer[] = [];
  readonly twinRequests: { readonly operation: unknown; readonly resource: unknown; readonly body: string }[] = [];
  readonly events: { readonly message: Message; readonly delivery: Delivery }[] = [];
  readonly outcomes: string[] = [];
  /** What connections said of how soon they want to hear something, ms. */
  readonly idleTimeOuts: unknown[] = [];
  ends = 0;

  /** What a token is answered, by its name. */
  tokenStatus: (name: string) => { readonly status: number; readonly description: string } | 'silence' = () => ({
    status: 200,
    description: 'OK',
  });
  /** An error with which a link is refused, by its address. */
  refuse: (address: string) => { readonly condition: string; readonly description: string } | undefined = () =>
    undefined;
  /** What a twin request is answered; undefined leaves it without an answer. */
  twin: (
    operation: unknown,
    body: string,
  ) => { readonly status?: number; readonly version?: number; readonly body: unknown } | undefined = (operation) =>
    operation === 'GET'
      ? { status: 200, body: '{"desired":{"color":"red","$version":3},"reported":{"$version":5}}' }
      : { status: operation === 'PATCH' ? 204 : 200, version: 6, body: '' };
  event: (delivery: Delivery) => void = (delivery) => delivery.accept();
  readonly #links = new Map<string, Link>();
  readonly #container = rhea.create_container({ id: 'tiny' });
  readonly #options: object;

  constructor(options: { readonly idleTimeOut?: number; readonly credit?: number } = {}) {
    this.#options = {
      ...(options.idleTimeOut === undefined ? {} : { idle_time_out: options.idleTimeOut }),
      receiver_options: { autoaccept: false, credit_window: options.credit ?? 100 },
    };
    const container = this.#container;
    container.on('connection_open', ({ connection }: EventContext) => {
      this.connections.push(connection);
      const { open } = (connection as unknown as { remote: { open: { idle_time_out?: number | undefined } } }).remote;
      this.idleTimeOuts.push(open.idle_time_out);
      // It says nothing by itself: rhea would, by the real clock.
      open.idle_time_out = undefined;
    });
    container.on(
      'sender_open',
      ({ sender }: EventContext) => sender && this.#opened(sender, sender.source?.address ?? ''),
    );
    container.on(
      'receiver_open',
      ({ receiver }: EventContext) => receiver && this.#opened(receiver, receiver.target?.address ?? ''),
    );
    container.on(
      'sender_close',
      ({ sender }: EventContext) => sender && this.#gone(sender, sender.source?.address ?? ''),
    );
    container.on(
      'receiver_close',
      ({ receiver }: EventContext) => receiver && this.#gone(receiver, receiver.target?.address ?? ''),
    );
    container.on('message', (context: EventContext) => this.#message(context));
    for (const outcome of ['accepted', 'rejected', 'released', 'modified'])
      container.on(outcome, ({ sender }: EventContext) => {
        if (sender?.source?.address.endsWith('/messages/devicebound')) this.outcomes.push(outcome);
      });
    for (const quiet of ['disconnected', 'connection_close', 'protocol_error', 'error', 'session_close', 'settled'])
      container.on(quiet, () => {
        this.ends += quiet === 'connection_close' ? 1 : 0;
      });
  }

  readonly dial = (): Duplex => {
    const [near, far] = duplexPair();
    this.accept(far);
    return near;
  };

  accept(stream: Duplex): void {
    this.streams.push(stream);
    // rhea asks for the peer's address, which a pair in memory has none of.
    (stream as Duplex & { get_id_string?: () => string }).get_id_string = () => 'memory';
    const connection = this.#container.create_connection({ reconnect: false, ...this.#options } as never);
    (connection as unknown as { accept(stream: Duplex): void }).accept(stream);
    stream.on('end', () => stream.end());
    stream.on('error', () => {});
  }

  link(address: string, role: 'to-device' | 'from-device'): Link {
    const link = this.#links.get(`${role} ${address}`);
    if (!link) throw new Error(`no link ${role} at ${address}; there are ${[...this.#links.keys()].join(', ')}`);
    return link;
  }

  /** Sends a method; the answer comes to `answers`. */
  call(path: string, name: string, payload: string, correlation: string | number | Buffer): void {
    this.#send(`${path}/methods/devicebound`, {
      correlation_id: correlation,
      application_properties: { 'IoThub-methodname': name },
      body: rhea.message.data_section(Buffer.from(payload)),
    });
  }

  notify(path: string, patch: string): void {
    this.#send(`${path}/twin`, { body: rhea.message.data_section(Buffer.from(patch)) });
  }

  /** Any message on any link to a device. */
  sendRaw(address: string, message: Message): void {
    this.#send(address, message);
  }

  #send(address: string, message: Message): void {
    (this.link(address, 'to-device') as Sender).send(message);
  }

  #opened(link: Link, address: string): void {
    const refused = this.refuse(address);
    this.attached.push(address);
    if (refused) {
      link.close(refused);
      return;
    }
    this.#links.set(`${link.is_sender() ? 'to-device' : 'from-device'} ${address}`, link);
  }

  #gone(link: Link, address: string): void {
    const detach = (link as unknown as { remote: { detach: { closed?: boolean } } }).remote.detach;
    this.detached.push({ address, closed: detach.closed === true });
    const key = `${link.is_sender() ? 'to-device' : 'from-device'} ${address}`;
    if (this.#links.get(key) === link) this.#links.delete(key);
  }

  #message({ receiver, message, delivery, connection }: EventContext): void {
    if (!receiver || !message || !delivery) return;
    const address = receiver.target?.address ?? '';
    const text = bodyText(message);
    if (address === '$cbs') {
      delivery.accept();
      this.#token(connection, message);
    } else if (address.endsWith('/messages/events')) {
      this.events.push({ message, delivery });
      this.event(delivery);
    } else if (address.endsWith('/twin')) {
      delivery.accept();
      this.#twin(address, message, text);
    } else {
      delivery.accept();
      const status = message.application_properties?.['IoThub-status'];
      this.answers.push({ correlation: message.correlation_id, status, body: text });
    }
  }

  #token(connection: Connection, message: Message): void {
    const name = String(message.application_properties?.name);
    this.tokens.push({ name, token: String(message.body) });
    const answer = this.tokenStatus(name);
    if (answer === 'silence') return;
    const back = connection.find_sender((link: Sender) => link.source?.address === '$cbs');
    back?.send({
      correlation_id: message.message_id,
      application_properties: {
        'status-code': rhea.types.wrap_int(answer.status),
        'status-description': answer.description,
      },
      body: '',
    } as Message);
  }

  #twin(address: string, message: Message, text: string): void {
    const { operation, resource } = message.message_annotations ?? {};
    this.twinRequests.push({ operation, resource, body: text });
    const answer = this.twin(operation, text);
    if (!answer) return;
    this.#send(address, {
      correlation_id: message.correlation_id,
      message_annotations: {
        ...(answer.status === undefined ? {} : { status: rhea.types.wrap_int(answer.status) }),
        ...(answer.version === undefined ? {} : { version: rhea.types.wrap_long(answer.version) }),
      },
      body: typeof answer.body === 'string' ? rhea.message.data_section(Buffer.from(answer.body)) : answer.body,
    });
  }
}

function bodyText(message: Message): string {
  const content = (message.body as { content?: unknown } | undefined)?.content;
  return Buffer.isBuffer(content) ? content.toString() : String(message.body ?? '');
}
