// One connected window: what it asks is parsed again, answered, and its subscriptions are looked at four times a second.
// A snapshot is sent only when it differs from the last one, and skipped, never queued, while the window is slow to read.
import { z } from 'zod';
import type { ToWindow } from '../../preload/contract/messages.ts';
import type { Cancel, Clock } from '../../simulators/clock/clock.ts';
import { LabError, reportOf } from '../../simulators/vocabulary/errors.ts';
import type { Millis } from '../../simulators/vocabulary/units.ts';
import { answerTo, lookAt, sentence } from './asking.ts';
import type { Bench } from './handlers.ts';

/** The way to one window. */
export interface Peer {
  send(message: ToWindow): void;
  /** True while what was sent before has not left yet: snapshots are then left out. */
  readonly congested: boolean;
}

export interface Session {
  /** Takes one message as it came in. Never throws; what makes no sense is answered with an error, or dropped when it has no id. */
  receive(message: unknown): void;
  /** Ends every subscription. The window is gone. */
  close(): void;
}

/** How often views are computed: as fast as an eye follows numbers. */
export const displayRate: Millis = 250;
/** More than any screen shows at once; a window that asks for more is broken. */
export const mostSubscriptions = 32;

const messageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('command'), id: z.int(), name: z.string(), input: z.unknown() }),
  z.strictObject({ kind: z.literal('subscribe'), id: z.int(), name: z.string(), input: z.unknown() }),
  z.strictObject({ kind: z.literal('unsubscribe'), id: z.int() }),
]);

interface Watch {
  readonly look: () => unknown;
  /** The last snapshot sent, as text. */
  sent: string | undefined;
}

export function openSession(bench: Bench, peer: Peer, clock: Clock): Session {
  const watches = new Map<number, Watch>();
  let closed = false;
  let ticking: Cancel | undefined;

  const send = (message: ToWindow) => {
    if (!closed) peer.send(message);
  };
  const fail = (id: number, error: unknown) => send({ kind: 'error', id, error: reportOf(error) });

  const show = (id: number, watch: Watch) => {
    if (closed || peer.congested) return;
    try {
      const value = watch.look();
      const text = JSON.stringify(value);
      if (text === watch.sent) return;
      watch.sent = text;
      send({ kind: 'snapshot', id, value });
    } catch (error) {
      forget(id);
      fail(id, error);
    }
  };
  const showAll = () => {
    for (const [id, watch] of watches) show(id, watch);
  };
  const forget = (id: number) => {
    watches.delete(id);
    if (watches.size > 0) return;
    ticking?.();
    ticking = undefined;
  };

  const command = async (id: number, name: string, input: unknown) => {
    try {
      const value = await answerTo(bench, name, input);
      send({ kind: 'answer', id, value });
      showAll(); // what the user just did is seen at once, not a quarter of a second later
    } catch (error) {
      fail(id, error);
    }
  };

  const subscribe = (id: number, name: string, input: unknown) => {
    try {
      const look = lookAt(bench.lab, name, input);
      if (watches.size >= mostSubscriptions && !watches.has(id)) {
        throw new LabError('input.invalid', `a window may watch ${mostSubscriptions} views at once, this is one more`);
      }
      const watch: Watch = { look, sent: undefined };
      watches.set(id, watch);
      ticking ??= clock.every(displayRate, showAll);
      show(id, watch);
    } catch (error) {
      fail(id, error);
    }
  };

  return {
    receive(message) {
      if (closed) return;
      const parsed = messageSchema.safeParse(message);
      if (!parsed.success) {
        const id = z.object({ id: z.int() }).safeParse(message);
        if (id.success) fail(id.data.id, new LabError('input.invalid', sentence(parsed.error)));
        return;
      }
      const asked = parsed.data;
      if (asked.kind === 'command') void command(asked.id, asked.name, asked.input);
      else if (asked.kind === 'subscribe') subscribe(asked.id, asked.name, asked.input);
      else forget(asked.id);
    },
    close() {
      closed = true;
      watches.clear();
      ticking?.();
      ticking = undefined;
    },
  };
}
