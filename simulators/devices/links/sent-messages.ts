// The messages a device sent over MQTT at QoS 1 that the hub has not acknowledged yet, by packet id.
import type { Duplex } from 'node:stream';
import { publishPacket } from '../../packets/publish-packet.ts';
import { MessageFailed } from './connection.ts';

/** 1 is that of SUBSCRIBE and UNSUBSCRIBE (mqtt-shared.ts). */
const firstId = 2;
const lastId = 65_535;

interface Sent {
  readonly taken: () => void;
  readonly failed: (error: MessageFailed) => void;
}

export class SentMessages {
  readonly #sent = new Map<number, Sent>();
  #lastId = firstId - 1;

  /** Rejects with MessageFailed when the connection is not open, ends first, or 65534 messages wait already. */
  send(stream: Duplex | undefined, topic: string, body: string): Promise<void> {
    if (stream === undefined) return Promise.reject(new MessageFailed('the device is not connected'));
    const id = this.#freeId();
    if (id === undefined) return Promise.reject(new MessageFailed('the hub acknowledges no messages'));
    return new Promise((taken, failed) => {
      this.#sent.set(id, { taken, failed });
      stream.write(publishPacket(topic, body, id));
    });
  }

  taken(id: number | undefined): void {
    const sent = id === undefined ? undefined : this.#sent.get(id);
    if (id === undefined || sent === undefined) return;
    this.#sent.delete(id);
    sent.taken();
  }

  lost(): void {
    const lost = [...this.#sent.values()];
    this.#sent.clear();
    for (const { failed } of lost) failed(new MessageFailed('the connection ended first'));
  }

  #freeId(): number | undefined {
    if (this.#sent.size > lastId - firstId) return undefined;
    do this.#lastId = this.#lastId === lastId ? firstId : this.#lastId + 1;
    while (this.#sent.has(this.#lastId));
    return this.#lastId;
  }
}
