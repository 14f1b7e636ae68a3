// The library's values and insides as this door uses them, with types: what it exports has few, and serving a stream safely needs some of what
// it does not export (engine.ts says what for).
import rhea, { type Connection, type Delivery, type Receiver, type Sender } from 'rhea';

/** A value with its AMQP type; writing it again writes the same type. */
export interface Typed {
  readonly type: { readonly name: string };
  readonly value: unknown;
  readonly descriptor?: Typed;
}

interface Types {
  readonly Reader: new (bytes: Buffer) => { read(): Typed; remaining(): number };
  readonly Writer: new () => { write(value: Typed): void; toBuffer(): Buffer };
  wrap(value: unknown): Typed;
  wrap_int(value: number): Typed;
  wrap_uint(value: number): Typed;
  wrap_long(value: number): Typed;
  wrap_ulong(value: number): Typed;
  wrap_ubyte(value: number): Typed;
  wrap_timestamp(value: number): Typed;
  wrap_binary(value: Buffer): Typed;
  wrap_string(value: string): Typed;
  wrap_symbol(value: string): Typed;
  wrap_list(values: readonly Typed[]): Typed;
  wrap_array(values: readonly string[], code: number, descriptor: undefined): Typed;
  wrap_symbolic_map(values: Readonly<Record<string, Typed | string>>): Typed;
  described(descriptor: Typed, value: Typed): Typed;
}

export const types = rhea.types as unknown as Types;

export const described = (code: number, fields: readonly Typed[]): Typed =>
  types.described(types.wrap_ulong(code), types.wrap_list(fields));

/** A performative or a terminus: fields by name, and as a list behind them. */
export interface Composite {
  readonly value: unknown[];
  [field: string]: unknown;
}

export interface Frame {
  readonly channel: number;
  readonly performative: Composite;
  payload?: Buffer;
}

/** What the library keeps of a delivery it sends. */
export interface OutDelivery {
  readonly id: number;
  settled: boolean;
  remote_settled: boolean;
  state: Typed | undefined;
  readonly link: { readonly session: EngineSession };
  update(settled: boolean, state?: Typed): void;
}

export interface InDelivery {
  readonly remote_settled: boolean;
  readonly link: { readonly session: EngineSession };
  readonly tag: Buffer;
  update(settled: boolean, state: Typed): void;
}

interface Inside {
  readonly session: EngineSession;
  readonly local: { readonly attach: Composite; readonly detach: Composite };
  readonly remote: { handle: unknown; readonly attach: Composite };
  readonly options: object;
  credit: number;
  remove(): void;
  close(error?: object): void;
  add_credit?(credit: number): void;
  set_drained?(drained: boolean): void;
}
export type EngineSender = Omit<Sender, 'session'> & Inside;
export type EngineReceiver = Omit<Receiver, 'session'> & Inside & { _incomplete?: object };
export type EngineLink = EngineSender | EngineReceiver;

export interface EngineSession {
  readonly links: Record<string, EngineLink>;
  readonly remote: { readonly handles: Record<number, EngineLink> };
  readonly local: {
    readonly begin: Composite;
    readonly end: Composite;
    readonly channel: number;
    readonly handles: Record<number, EngineLink>;
  };
  readonly outgoing: {
    deliveries: Store;
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    /** Settled in this turn and not told yet. */
    readonly pending_dispositions: readonly { readonly state: Typed | undefined }[];
    on_disposition(fields: Composite): void;
  };
  readonly incoming: {
    readonly next_delivery_id: number | undefined;
    /** Settled in this turn and not told yet. */
    readonly updated: readonly { readonly state: Typed | undefined }[];
    /** Tells it now. */
    process(session: EngineSession): void;
  };
  is_open(): boolean;
  end(error?: object): void;
  _process(): void;
}

/** Where a session keeps deliveries that are not settled; see deliveries.ts. */
export interface Store {
  readonly size: number;
  available(): number;
  push(delivery: OutDelivery): void;
  pop_if(over: (delivery: OutDelivery) => boolean): number;
  by_id(id: number): OutDelivery | undefined;
}

export type Performative =
  | 'open'
  | 'begin'
  | 'attach'
  | 'flow'
  | 'transfer'
  | 'disposition'
  | 'detach'
  | 'end'
  | 'close';

export type Engine = Omit<Connection, 'on' | 'accept'> &
  Record<`on_${Performative}`, (frame: Frame) => void> & {
    readonly remote_channel_map: Record<number, EngineSession>;
    readonly local: { readonly open: Composite };
    heartbeat_in: unknown;
    accept(socket: object): void;
    /** Of many events; what comes with them is told by their listener. */
    on(event: string, listener: (context: never) => void): void;
    _write_open(): void;
    _write_frame(channel?: number, frame?: object): void;
  };

export const asOut = (delivery: Delivery): OutDelivery => delivery as unknown as OutDelivery;

/** Encodes a message. `body` as `data(...)`, or a value. */
export const encodeMessage = (fields: object): Buffer => rhea.message.encode(fields);
export const data = (bytes: Buffer): unknown => rhea.message.data_section(bytes);
export const createEngine = (options: object): Engine => rhea.create_connection(options as never) as unknown as Engine;
