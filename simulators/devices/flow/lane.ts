// One direction of a flow: what enters goes through gates in a row and leaves in the order in which it came, whatever the gates do.
import type { Gate } from '../../vocabulary/passages.ts';

interface Piece {
  readonly bytes: number;
  readonly leave: () => void;
}

interface Stage {
  /** Undefined once it was taken out: what comes goes on behind what it still holds. */
  gate: Gate | undefined;
  readonly held: { readonly piece: Piece; free: boolean }[];
  moving: boolean;
}

export class Lane {
  #stages: Stage[] = [];
  readonly #cleared: () => void;

  /** @param cleared the last gate is gone, and everything it held. */
  constructor(cleared: () => void) {
    this.#cleared = cleared;
  }

  get clear(): boolean {
    return this.#stages.length === 0;
  }

  /** `leave` runs when it is through, maybe at once; never after `drop`. */
  enter(bytes: number, leave: () => void): void {
    this.#pass({ bytes, leave }, 0);
  }

  /** A gate that what enters comes to first, or last. The undo lets go what it holds, ahead of everything behind it. */
  tap(gate: Gate, place: 'first' | 'last'): () => void {
    const stage: Stage = { gate, held: [], moving: false };
    if (place === 'first') this.#stages.unshift(stage);
    else this.#stages.push(stage);
    return () => {
      if (stage.gate === undefined) return;
      stage.gate = undefined;
      for (const held of stage.held) held.free = true;
      this.#move(stage);
    };
  }

  /** Everything held is lost, and the gates are gone. */
  drop(): void {
    for (const stage of this.#stages) {
      stage.gate = undefined;
      stage.held.length = 0;
    }
    this.#stages = [];
  }

  #pass(piece: Piece, to: number): void {
    const stage = this.#stages[to];
    if (stage === undefined) {
      piece.leave();
      return;
    }
    const held = { piece, free: stage.gate === undefined };
    stage.held.push(held);
    stage.gate?.(piece.bytes, () => {
      held.free = true;
      this.#move(stage);
    });
    if (held.free) this.#move(stage);
  }

  /** One mover at a time, or what comes while a piece is leaving would overtake those behind it. */
  #move(stage: Stage): void {
    if (stage.moving) return;
    stage.moving = true;
    while (stage.held[0]?.free) {
      const held = stage.held.shift();
      if (held) this.#pass(held.piece, this.#stages.indexOf(stage) + 1);
    }
    stage.moving = false;
    if (stage.gate !== undefined || stage.held.length > 0 || !this.#stages.includes(stage)) return;
    this.#stages.splice(this.#stages.indexOf(stage), 1);
    if (this.clear) this.#cleared();
  }
}
