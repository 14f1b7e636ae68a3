// Both directions of a flow, and those who wait for its end. What enters and where it leaves is the affair of those who extend it.
import type { FaultName } from '../../vocabulary/ids.ts';
import type { Flow, Gate } from '../../vocabulary/passages.ts';
import { Lane } from './lane.ts';

const hold: Gate = () => {};

export class Lanes implements Flow {
  protected readonly up = new Lane(() => this.cleared());
  protected readonly down = new Lane(() => this.cleared());
  /** Undefined once it is over. */
  #enders: (() => void)[] | undefined = [];
  #silencedBy: readonly FaultName[] = [];

  /** Without gates, and with nothing held. */
  get clear(): boolean {
    return this.up.clear && this.down.clear;
  }

  /** What is put first is nearest to the wire. */
  tap({ up, down }: Parameters<Flow['tap']>[0]): () => void {
    if (this.#enders === undefined) return () => {};
    const ofUp = up && this.up.tap(up, 'first');
    const ofDown = down && this.down.tap(down, 'last');
    return () => {
      ofUp?.();
      ofDown?.();
    };
  }

  silence(by?: FaultName): () => void {
    const speak = this.tap({ up: hold, down: hold });
    if (by !== undefined) this.#silencedBy = [...this.#silencedBy, by];
    return () => {
      if (this.#enders !== undefined) this.#silencedBy = this.#silencedBy.filter((one) => one !== by);
      speak();
    };
  }

  get silencedBy(): readonly FaultName[] {
    return this.#silencedBy;
  }

  onceOver(run: () => void): void {
    if (this.#enders) this.#enders.push(run);
    else run();
  }

  /** What is held is lost. */
  protected end(): void {
    this.up.drop();
    this.down.drop();
    const enders = this.#enders ?? [];
    this.#enders = undefined;
    for (const run of enders) run();
  }

  /** No gate is left in one of the directions. */
  protected cleared(): void {}
}
