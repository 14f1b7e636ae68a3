// What our AMQP devices use of `rhea`, typed: its own typings leave out half of it. The only file of the devices that imports it.
import rhea from 'rhea';
import { type AmqpError, errorText } from './amqp-errors.ts';

/** A message's body: a data section with one piece or several, or anything else that AMQP can express. */
export interface RheaMessage {
  readonly body?: unknown;
  readonly message_id?: string | number | Buffer;
  readonly correlation_id?: string | number | Buffer;
  readonly application_properties?: Readonly<Record<string, unknown>>;
  readonly message_annotations?: Readonly<Record<string, unknown>>;
}

export interface RheaDelivery {
  readonly remote_settled: boolean;
  readonly remote_state?: { readonly error?: AmqpError };
  /** Set: rhea may forget the delivery, even if what became of it is told later. */
  settled: boolean;
  /** Ours: who waits for what becomes of a message that was sent. */
  waiting?: Waiting | undefined;
  update(settled: boolean): void;
  accept(): void;
  reject(): void;
  release(): void;
}

export interface Waiting {
  taken(): void;
  failed(detail: string, refused: boolean): void;
}

export interface RheaLink {
  /** Ours: whose link it is, and what for. Without an owner nobody is interested any more. */
  owner?: LinkOwner | undefined;
  use?: number;
  readonly session: RheaSession;
  readonly credit: number;
  readonly error?: AmqpError;
  /** What each side said when the link was opened. */
  readonly remote: { attach?: object | undefined };
  readonly local: { attach: LocalAttach };
  set_source(fields: { readonly address?: string }): void;
  set_target(fields: { readonly address?: string }): void;
  attach(): void;
  detach(): void;
  close(): void;
  is_closed(): boolean;
  is_remote_open(): boolean;
  is_receiver(): boolean;
  add_credit(credit: number): void;
  /** With a `format` the message is taken as encoded already. */
  send(message: Buffer, tag: undefined, format: 0): RheaDelivery;
}

/** All that rhea reads of our own attach once it is sent. */
export interface LocalAttach {
  readonly role: boolean;
  readonly snd_settle_mode?: number | undefined;
  readonly rcv_settle_mode?: number | undefined;
}

export interface LinkOwner {
  linkOpened(link: RheaLink): void;
  linkClosed(link: RheaLink): void;
  /** `message` is raw bytes when its format is none that AMQP defines. */
  arrived(link: RheaLink, message: RheaMessage | Buffer, delivery: RheaDelivery): void;
}

export interface LinkOptions {
  readonly snd_settle_mode?: 0 | 1;
  readonly rcv_settle_mode?: 0;
  readonly credit_window?: 0;
  readonly autoaccept?: false;
  readonly autosettle?: false;
  readonly treat_modified_as_released?: false;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface RheaSession {
  readonly outgoing: {
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    available(): number;
  };
  /** Tells the hub what was settled. */
  readonly incoming: { process(session: RheaSession): void };
  begin(): void;
  create_sender(name: string, options: LinkOptions): RheaLink;
  create_receiver(name: string, options: LinkOptions): RheaLink;
}

/** What rhea takes for a socket. */
export interface RheaSocket {
  on(event: string, run: (value?: unknown) => void): void;
  write(bytes: Buffer): void;
  end(): void;
}

export interface RheaConnection {
  readonly options: RheaOptions;
  readonly error?: AmqpError;
  readonly remote: { readonly open?: { idle_time_out?: number | undefined } };
  connect(): void;
  /** By `begin`. */
  connected(): void;
  close(): void;
  create_session(buffered: number): RheaSession;
  on(event: 'error' | 'protocol_error', run: (this: RheaConnection, error: Error) => void): void;
}

/** Of one connection; rhea copies them and keeps what it does not know. */
export interface RheaOptions {
  readonly id: string;
  readonly container_id: string;
  readonly hostname: string;
  readonly reconnect: false;
  /** Announced to the hub, ms; who listens keeps to it by the Clock. */
  readonly idle_time_out: number;
  readonly connection_details: () => { readonly connect: () => RheaSocket };
  /** Ours: who hears what happens on it. */
  readonly listener: RheaListener;
}

export interface RheaListener {
  opened(): void;
  sessionOpened(): void;
  /** The hub ended the session or the connection. */
  ended(error: AmqpError | undefined): void;
  broken(error: Error): void;
}

interface Context {
  readonly connection: RheaConnection;
  readonly session?: { readonly error?: AmqpError };
  readonly sender?: RheaLink;
  readonly receiver?: RheaLink;
  readonly delivery?: RheaDelivery;
  readonly message?: RheaMessage | Buffer;
}
type Heard = (context: Context) => void;

const linkOf = ({ receiver, sender }: Context): RheaLink | undefined => receiver ?? sender;
const linkOpened: Heard = (context) => {
  const link = linkOf(context);
  if (link?.owner) link.owner.linkOpened(link);
  else link?.close();
};
const linkClosed: Heard = (context) => {
  const link = linkOf(context);
  if (link) link.owner?.linkClosed(link);
};
const nothing: Heard = () => {};

/** Gives back what was waiting for this delivery and lets rhea forget it. */
function outcome({ delivery }: Context): Waiting | undefined {
  if (!delivery) return undefined;
  const { waiting } = delivery;
  delivery.waiting = undefined;
  if (!delivery.settled) delivery.update(true);
  return waiting;
}

/** rhea hands each event up until somebody listens: to the container at last, where one set of listeners serves a whole fleet. */
const heard: Readonly<Record<string, Heard>> = {
  connection_open: ({ connection }) => connection.options.listener.opened(),
  connection_close: ({ connection }) => connection.options.listener.ended(connection.error),
  connection_error: nothing, // connection_close follows
  disconnected: nothing, // told by the stream
  session_open: ({ connection }) => connection.options.listener.sessionOpened(),
  session_close: ({ connection, session }) => connection.options.listener.ended(session?.error),
  session_error: nothing,
  sender_open: linkOpened,
  receiver_open: linkOpened,
  sender_close: linkClosed,
  receiver_close: linkClosed,
  sender_error: nothing,
  receiver_error: nothing,
  message: ({ receiver, message, delivery }) => {
    if (receiver && message && delivery) receiver.owner?.arrived(receiver, message, delivery);
  },
  accepted: (context) => outcome(context)?.taken(),
  settled: (context) => outcome(context)?.taken(),
  released: (context) => outcome(context)?.failed('the hub released it', false),
  modified: (context) => outcome(context)?.failed('the hub gave it back', false),
  rejected: (context) => {
    const error = context.delivery?.remote_state?.error;
    outcome(context)?.failed(errorText(error) ?? 'the hub rejected it', true);
  },
};

function broken(this: RheaConnection, error: Error): void {
  this.options.listener.broken(error);
}

/** What of a connection nobody else is to touch. */
interface Inside {
  readonly local: { readonly open: { idle_time_out: number | null } };
  heartbeat_in: unknown;
}

/** Lets the bytes flow. rhea announces the idle time-out with the first of them, and would keep to it by timers of its own. */
export function begin(connection: RheaConnection): void {
  const inside = connection as unknown as Inside;
  inside.heartbeat_in = null;
  connection.connected();
  inside.local.open.idle_time_out = null;
}

export interface RheaContainer {
  connection(options: RheaOptions): RheaConnection;
}

/** For the connections of one fleet. `id` becomes part of no wire: each connection has a container id of its own. */
export function rheaContainer(id: string): RheaContainer {
  const container = rhea.create_container({ id });
  for (const [event, run] of Object.entries(heard)) container.on(event, run as never);
  return {
    connection: (options) => {
      const connection = container.create_connection(options as never) as unknown as RheaConnection;
      connection.on('error', broken);
      connection.on('protocol_error', broken);
      return connection;
    },
  };
}

/** What our devices send besides answers to methods. */
export interface OutgoingRhea {
  readonly message_id?: string | undefined;
  readonly to?: string;
  readonly reply_to?: string;
  readonly correlation_id?: string | number | Buffer;
  readonly content_type?: string | undefined;
  readonly content_encoding?: string | undefined;
  readonly application_properties?: Readonly<Record<string, unknown>> | undefined;
  readonly message_annotations?: Readonly<Record<string, unknown>>;
  /** Goes as one data section. */
  readonly data?: string;
  /** Goes as an AMQP value. */
  readonly value?: string;
}

export function encodeMessage({ data, value, ...message }: OutgoingRhea): Buffer {
  const body = data === undefined ? value : rhea.message.data_section(Buffer.from(data));
  // rhea encodes here and decodes there; its typings know only the second.
  return rhea.message.encode({ ...message, body } as never) as unknown as Buffer;
}

/** An AMQP int: rhea writes a plain 200 as a uint, which .NET and Java do not take for one (reference 3.2). */
export const int = (value: number): unknown => rhea.types.wrap_int(value);
