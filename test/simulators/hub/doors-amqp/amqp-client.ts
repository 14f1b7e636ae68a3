// The library as a client: links that open or fail as promises, and what comes in as a list that can be waited for.
import rhea, {
  type Connection,
  type Delivery,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
} from 'rhea';

export interface ClientOptions {
  readonly tls?: boolean;
  readonly key?: string;
  readonly cert?: string;
  readonly username?: string;
  readonly password?: string;
  /** `mechanism` to choose of what is offered: ANONYMOUS, MSSBCBS, EXTERNAL. */
  readonly mechanism?: string;
  readonly idle?: number;
  readonly frame?: number;
}

/** A refusal or an end by the hub, with the JSON of its description. */
export class AmqpProblem extends Error {
  readonly condition: string;
  readonly errorCode: number | undefined;
  readonly info: unknown;
  constructor(error: { condition?: string; description?: string; info?: unknown } | undefined) {
    const text = error?.description ?? '';
    const parsed = text.startsWith('{') ? (JSON.parse(text) as { errorCode: number; message: string }) : undefined;
    super(`${error?.condition}: ${parsed?.message ?? text}`);
    this.condition = error?.condition ?? '';
    this.errorCode = parsed?.errorCode;
    this.info = error?.info;
  }
}

const names = { correlationId: 'correlation_id', messageId: 'message_id' } as const;
export type Fields = Record<string, unknown>;

export class Inbox {
  readonly all: { message: Message; delivery: Delivery }[] = [];
  #taken = 0;
  #waiting: (() => void)[] = [];
  add(message: Message, delivery: Delivery): void {
    this.all.push({ message, delivery });
    for (const wake of this.#waiting.splice(0)) wake();
  }
  async next(): Promise<{ message: Message; delivery: Delivery }> {
    while (this.all.length <= this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const found = this.all[this.#taken];
    this.#taken += 1;
    if (found === undefined) throw new Error('nothing came in');
    return found;
  }
}

export class AmqpClient {
  readonly connection: Connection;
  readonly opened: Promise<void>;
  readonly ended: Promise<AmqpProblem | undefined>;
  #cbs: Promise<{ sender: Sender; inbox: Inbox }> | undefined;
  #ids = 0;

  constructor(port: number, options: ClientOptions) {
    const container = rhea.create_container();
    const { username, password, mechanism } = options;
    const anonymous = mechanism && { ...(rhea.sasl.client_mechanisms() as object), [mechanism]: starter };
    this.connection = container.create_connection({
      host: '127.0.0.1',
      port,
      hostname: 'myhub.localhost',
      // The library as a client keeps its own unsettled deliveries in a ring.
      session_buffer_size: 16_384,
      reconnect: false,
      ...(options.tls ? { transport: 'tls', rejectUnauthorized: false, key: options.key, cert: options.cert } : {}),
      ...(username === undefined ? {} : { username, password }),
      ...(anonymous ? { sasl_mechanisms: anonymous } : {}),
      ...(options.idle === undefined ? {} : { idle_time_out: options.idle }),
      ...(options.frame === undefined ? {} : { max_frame_size: options.frame }),
    } as never);
    const { connection } = this;
    this.opened = new Promise((resolve, reject) => {
      connection.on('connection_open', () => resolve());
      connection.on('connection_error', ({ error }: EventContext) => reject(error));
      connection.on('disconnected', ({ error }: EventContext) => reject(error ?? new Error('disconnected')));
    });
    this.ended = new Promise((resolve) => {
      connection.on('connection_error', () => resolve(new AmqpProblem(connection.error as never)));
      connection.on('connection_close', () => resolve(undefined));
      connection.on('disconnected', () => resolve(undefined));
    });
    for (const name of ['error', 'protocol_error', 'session_error', 'sender_error', 'receiver_error']) {
      connection.on(name, () => {});
    }
    connection.connect();
  }

  session() {
    const session = (this.connection as unknown as { create_session(): Session }).create_session();
    session.begin();
    return session;
  }

  /** A link to send by. Rejects with AmqpProblem. */
  sender(address: string, more: Fields = {}, session?: Session): Promise<Sender> {
    const sender = (session ?? (this.connection as unknown as Session)).attach_sender({ target: { address }, ...more });
    return new Promise((resolve, reject) => {
      sender.once('sender_error', () => reject(new AmqpProblem(sender.error as never)));
      sender.once('sendable', () => resolve(sender));
    });
  }

  /** A link to receive by, and what comes in. */
  receiver(
    address: string,
    more: Fields = {},
    session?: Session,
  ): Promise<{ receiver: Receiver; inbox: Inbox; ended: Promise<AmqpProblem> }> {
    const receiver = (session ?? (this.connection as unknown as Session)).attach_receiver({
      source: { address },
      ...more,
    });
    const inbox = new Inbox();
    receiver.on('message', ({ message, delivery }: EventContext) => {
      if (message && delivery) inbox.add(message, delivery);
    });
    const ended = new Promise<AmqpProblem>((resolve) => {
      receiver.once('receiver_error', () => resolve(new AmqpProblem(receiver.error as never)));
    });
    return new Promise((resolve, reject) => {
      ended.then(reject);
      receiver.once('receiver_open', () => {
        if (receiver.source?.address !== undefined) resolve({ receiver, inbox, ended });
      });
    });
  }

  /** Sends and waits for the outcome: `accepted`, `rejected ...`, `released`, `modified`. */
  async send(sender: Sender, message: Fields | Buffer, format?: number): Promise<string> {
    sender.setMaxListeners(0);
    const delivery = sender.send(message as never, undefined, format);
    return new Promise((resolve) => {
      for (const name of ['accepted', 'rejected', 'released', 'modified'] as const) {
        const hear = ({ delivery: other }: EventContext): void => {
          if (other !== delivery) return;
          sender.off(name, hear);
          const error = (other.remote_state as { error?: { condition: string; description: string } })?.error;
          const code = error?.description.startsWith('{') ? JSON.parse(error.description).errorCode : '';
          resolve(error ? `${name} ${error.condition} ${code}` : name);
        };
        sender.on(name, hear);
      }
    });
  }

  async putToken(token: string, name: string, more: Fields = {}): Promise<{ status: number; text: string }> {
    this.#cbs ??= (async () => {
      const [sender, { inbox }] = await Promise.all([this.sender('$cbs'), this.receiver('$cbs')]);
      return { sender, inbox };
    })();
    const { sender, inbox } = await this.#cbs;
    this.#ids += 1;
    const id = `put-${this.#ids}`;
    sender.send({
      message_id: id,
      to: '$cbs',
      reply_to: 'cbs',
      application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name, ...more },
      body: token,
    } as never);
    for (;;) {
      const { message } = await inbox.next();
      if (message[names.correlationId] !== id) continue;
      const properties = message.application_properties as Record<string, unknown>;
      return { status: properties['status-code'] as number, text: properties['status-description'] as string };
    }
  }

  stop(): void {
    const { socket } = this.connection as unknown as { socket?: { destroy(): void } };
    socket?.destroy();
  }
}

export interface Session {
  begin(): void;
  close(): void;
  attach_sender(options: Fields): Sender;
  attach_receiver(options: Fields): Receiver;
}

const starter = () => ({
  start: (done: (error: undefined, response: Buffer | string) => void) => done(undefined, ''),
  step: (done: (error: undefined, response: string) => void) => done(undefined, ''),
});

export const dataOf = (message: Message): string => {
  const body = message.body as { content?: Buffer } | undefined;
  return body?.content?.toString() ?? '';
};
