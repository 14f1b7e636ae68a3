// The window's end of the contract: commands get one answer, subscriptions a snapshot whenever it changed, across lost connections.
import type { ToWindow } from '../../preload/contract/messages.ts';
import type {
  CommandAnswer,
  CommandInput,
  CommandName,
  ErrorReport,
  Snapshot,
  SubscriptionInput,
  SubscriptionName,
} from './shapes.ts';
import { openTransport, type Transport } from './transport.ts';

/** What the host said no with; `hint` is what to do. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: ErrorReport['code'];
  readonly hint: string | undefined;
  constructor(report: ErrorReport) {
    super(report.message);
    this.code = report.code;
    this.hint = report.hint;
  }
}

export const refusedBy = (error: unknown): Refused =>
  error instanceof Refused
    ? error
    : new Refused({ code: 'internal', message: error instanceof Error ? error.message : String(error) });

/** One subscription shared by everyone who asks the same question. */
interface Watch {
  id: number;
  readonly name: SubscriptionName;
  readonly input: unknown;
  readonly listeners: Set<() => void>;
  value: unknown;
  error: Refused | undefined;
  ending: ReturnType<typeof setTimeout> | undefined;
}
interface Pending {
  resolve(value: unknown): void;
  reject(error: Refused): void;
}

export type Link = 'opening' | 'open' | 'lost';

/** A subscription outlives its last listener a little, so that a pane that moves does not ask twice. */
const linger = 300;

class Client {
  #link: Link = 'opening';
  #nextId = 1;
  readonly #pending = new Map<number, Pending>();
  readonly #watches = new Map<string, Watch>();
  readonly #byId = new Map<number, Watch>();
  readonly #linkListeners = new Set<() => void>();
  #transport: Transport | undefined;

  start(): void {
    this.#transport ??= openTransport({
      opened: () => {
        this.#setLink('open');
        this.#byId.clear();
        for (const watch of this.#watches.values()) this.#ask(watch);
      },
      lost: () => {
        this.#setLink('lost');
        const gone = new Refused({
          code: 'internal',
          message: 'The connection to the host was lost before it answered.',
          hint: 'Try again once it is back.',
        });
        for (const pending of this.#pending.values()) pending.reject(gone);
        this.#pending.clear();
      },
      received: (message) => this.#receive(message),
    });
  }

  get link(): Link {
    return this.#link;
  }
  retry(): void {
    this.#transport?.retry();
  }
  onLink = (listener: () => void): (() => void) => {
    this.#linkListeners.add(listener);
    return () => this.#linkListeners.delete(listener);
  };

  /** Throws Refused with the host's own sentence. */
  run<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandAnswer<Name>> {
    return new Promise((resolve, reject) => {
      if (this.#link !== 'open') {
        reject(
          new Refused({
            code: 'internal',
            message: 'No connection to the host.',
            hint: 'It is tried again by itself.',
          }),
        );
        return;
      }
      const id = this.#nextId++;
      this.#pending.set(id, { resolve: (value) => resolve(value as CommandAnswer<Name>), reject });
      this.#transport?.send({ kind: 'command', id, name, input });
    });
  }

  /** Calls back at every change; gives its own undo. */
  subscribe<Name extends SubscriptionName>(
    name: Name,
    input: SubscriptionInput<Name>,
    listener: () => void,
  ): () => void {
    const watch = this.#watchOf(name, input);
    clearTimeout(watch.ending);
    watch.ending = undefined;
    watch.listeners.add(listener);
    return () => {
      watch.listeners.delete(listener);
      if (watch.listeners.size > 0) return;
      watch.ending = setTimeout(() => {
        this.#watches.delete(keyOf(name, input));
        this.#byId.delete(watch.id);
        this.#transport?.send({ kind: 'unsubscribe', id: watch.id });
      }, linger);
    };
  }

  peek<Name extends SubscriptionName>(name: Name, input: SubscriptionInput<Name>): Snapshot<Name> | undefined {
    return this.#watches.get(keyOf(name, input))?.value as Snapshot<Name> | undefined;
  }
  problem(name: SubscriptionName, input: unknown): Refused | undefined {
    return this.#watches.get(keyOf(name, input))?.error;
  }

  /** The first snapshot only. */
  once<Name extends SubscriptionName>(name: Name, input: SubscriptionInput<Name>): Promise<Snapshot<Name>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const error = this.problem(name, input);
        const value = this.peek(name, input);
        if (error === undefined && value === undefined) return false;
        if (error) reject(error);
        else resolve(value as Snapshot<Name>);
        return true;
      };
      const stop = this.subscribe(name, input, () => {
        if (look()) stop();
      });
      if (look()) stop();
    });
  }

  #watchOf(name: SubscriptionName, input: unknown): Watch {
    const key = keyOf(name, input);
    const known = this.#watches.get(key);
    if (known) return known;
    const watch: Watch = {
      id: 0,
      name,
      input,
      listeners: new Set(),
      value: undefined,
      error: undefined,
      ending: undefined,
    };
    this.#watches.set(key, watch);
    if (this.#link === 'open') this.#ask(watch);
    return watch;
  }

  #ask(watch: Watch): void {
    watch.id = this.#nextId++;
    this.#byId.set(watch.id, watch);
    this.#transport?.send({ kind: 'subscribe', id: watch.id, name: watch.name, input: watch.input });
  }

  #receive(message: ToWindow): void {
    const watch = this.#byId.get(message.id);
    if (message.kind === 'snapshot') {
      if (!watch) return;
      watch.value = message.value;
      watch.error = undefined;
      for (const listener of watch.listeners) listener();
      return;
    }
    if (watch && message.kind === 'error') {
      watch.error = new Refused(message.error);
      for (const listener of watch.listeners) listener();
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'answer') pending?.resolve(message.value);
    else pending?.reject(new Refused(message.error));
  }

  #setLink(link: Link): void {
    this.#link = link;
    for (const listener of this.#linkListeners) listener();
  }
}

const keyOf = (name: string, input: unknown): string => `${name} ${JSON.stringify(input)}`;

export const client = new Client();
