// The flow of a device that shares its AMQP connection: what is sent on its own links, what arrives on them, its tokens, and its leaving.
// The others on the connection pass it by.
import { Lanes } from '../flow/lanes.ts';

export class LinkFlow extends Lanes {
  sends(bytes: number, go: () => void): void {
    this.up.enter(bytes, go);
  }

  receives(bytes: number, go: () => void): void {
    this.down.enter(bytes, go);
  }

  /** The device has left, or the connection is gone. */
  close(): void {
    this.end();
  }
}
