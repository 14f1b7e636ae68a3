// The `$cbs` links of one connection: requests come in on any, replies go out in the session of the request (reference 3.2).
import type { DeviceId } from '../../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Access } from '../../access/access.ts';
import { type Put, putToken } from './cbs.ts';
import { outcomes } from './errors.ts';
import type { Leaves } from './leaves.ts';
import type { LinkHandler } from './link-handler.ts';
import { Outbox } from './outbox.ts';
import type { EngineLink, EngineSender, EngineSession } from './rhea-parts.ts';
import { namedDevice } from './tokens.ts';

export interface TokenLinksOptions {
  readonly access: Access;
  readonly leaves: Leaves;
  /** A token was put, or renewed. */
  readonly changed: () => void;
  /** A token was not taken; the device is the one its name speaks of. */
  readonly refused: (refusal: Refusal, device: DeviceId | undefined) => void;
  /** A request that was none. */
  readonly unreadable: (error: unknown) => void;
}

export class TokenLinks {
  readonly #options: TokenLinksOptions;
  readonly #replies = new Map<EngineSession, Outbox>();

  constructor(options: TokenLinksOptions) {
    this.#options = options;
  }

  attach(link: EngineLink): LinkHandler | Refusal {
    const { proof } = this.#options.leaves;
    if (proof.by !== 'tokens') {
      return refuse('InvalidOperation', `$cbs: this connection proved itself by ${proof.by}, and takes no tokens.`);
    }
    return link.is_sender() ? this.#replyLink(link as EngineSender) : this.#requestLink(link);
  }

  #replyLink(link: EngineSender): LinkHandler {
    const outbox = new Outbox(link);
    this.#replies.set(link.session, outbox);
    return {
      flow: () => outbox.flush(),
      end: () => {
        if (this.#replies.get(link.session) === outbox) this.#replies.delete(link.session);
      },
    };
  }

  #requestLink({ session }: EngineLink): LinkHandler {
    const { access, leaves, changed, refused, unreadable } = this.#options;
    const say = ({ reply, refusal, name }: Put): void => {
      if (refusal === undefined) changed();
      else refused(refusal, namedDevice(name));
      const [any] = this.#replies.values();
      (this.#replies.get(session) ?? any)?.send(reply);
    };
    return {
      take(bytes) {
        const put = putToken(bytes, access, leaves.tokens);
        if (put instanceof Promise) put.then(say).catch(unreadable);
        else say(put);
        return outcomes.accepted;
      },
      end() {},
    };
  }
}
