// What the hub does on one link, whoever's it is.
import type { CloseReason } from '../../../vocabulary/facts.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { Struck } from '../../connections/connections.ts';
import type { EngineLink, Typed } from './rhea-parts.ts';

export interface LinkHandler {
  /** A message came in whole; gives its outcome, perhaps later (never a rejection). Throws BadBytes for what is no message. */
  take?(bytes: Buffer, format: number | undefined): Typed | Promise<Typed>;
  /** The peer gave credit. */
  flow?(): void;
  /** The link is gone; told once. */
  end(reason: CloseReason, detail?: string, struck?: Struck): void;
}

/** How long somebody may speak; moves when his token is renewed. */
export interface Leave {
  readonly until: Instant;
}

/** Ends a link with an error; its handler is not told. */
export type Detach = (link: EngineLink, error: Typed) => void;
