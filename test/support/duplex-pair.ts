// Two byte streams joined in memory: what one writes the other reads a tick later. Ends and destructions reach the other side, as on a socket.
import { Duplex } from 'node:stream';

class End extends Duplex {
  other: End | undefined;
  #room: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: false });
  }
  override _read(): void {
    const room = this.#room;
    this.#room = undefined;
    if (room) process.nextTick(room);
  }
  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    process.nextTick(() => {
      const { other } = this;
      if (!other || other.destroyed) done();
      else if (other.push(chunk)) done();
      else other.#room = () => done();
    });
  }
  override _final(done: () => void): void {
    process.nextTick(() => {
      this.other?.push(null);
      done();
    });
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    process.nextTick(() => {
      if (other && !other.destroyed && !other.readableEnded) other.push(null);
    });
    done(error);
  }
}

export function duplexPair(): readonly [Duplex, Duplex] {
  const [one, two] = [new End(), new End()];
  one.other = two;
  two.other = one;
  return [one, two];
}
