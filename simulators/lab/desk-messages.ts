// Cloud-to-device messages as the window sends them: one link to each hub, opened when first needed; how many wait for a device; purging.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { MessageClient, OutgoingMessage, SendOutcome } from '../invoker/messages.ts';
import type { Fact } from '../vocabulary/facts.ts';
import type { DeviceId } from '../vocabulary/ids.ts';
import { type Millis, seconds } from '../vocabulary/units.ts';
import type { MessagesView, SendResult } from '../vocabulary/views.ts';
import { itemOf } from './desk-answers.ts';
import { Reading } from './desk-reading.ts';
import type { FleetHub } from './hubs.ts';

export interface NewMessage {
  readonly devices: readonly DeviceId[];
  /** Text; sent as UTF-8. */
  readonly body: string;
  readonly contentType?: string | undefined;
  /** One is made up when left out. With more than one device each gets it with its own number behind. */
  readonly messageId?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly ack: 'none' | 'positive' | 'negative' | 'full';
  /** How long the hub keeps it; its own default when left out. */
  readonly expirySeconds?: number | undefined;
  readonly properties: Readonly<Record<string, string>>;
}

export interface MessagesOptions {
  readonly clock: Clock;
  readonly hubOf: (device: DeviceId) => FleetHub;
  readonly open: (hub: FleetHub) => Promise<MessageClient>;
}

/** On their way at once. */
const lanes = 32;
const reasonsNamed = 100;
/** Counts nobody looked at for this long are forgotten. */
const attention = seconds(30);
/** A remote hub tells no facts. */
const rereadRemote: Millis = seconds(5);

export class Messages {
  readonly #clients = new Map<FleetHub, Promise<MessageClient>>();
  readonly #waiting = new Map<DeviceId, Reading<number>>();

  constructor(private readonly options: MessagesOptions) {}

  /** Throws LabError hub.unreachable or hub.refused when no link can be had. */
  async send(message: NewMessage): Promise<SendResult> {
    const { devices } = message;
    const base = message.messageId ?? randomBytes(16).toString('hex');
    const reasons: { device: string; message: string }[] = [];
    let refused = 0;
    const next = devices.entries();
    const lane = async (): Promise<void> => {
      for (const [index, device] of next) {
        const { problem } = await this.#sendOne(
          device,
          this.#outgoing(message, devices.length === 1 ? base : `${base}-${index + 1}`),
        );
        this.#waiting.get(device)?.changed(true);
        if (problem === undefined) continue;
        refused += 1;
        if (reasons.length < reasonsNamed) reasons.push({ device, message: `${problem.name}: ${problem.message}` });
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, devices.length) }, lane));
    return { sent: devices.length - refused, refused, reasons };
  }

  /** Gives how many messages were thrown away. */
  async purge(device: DeviceId): Promise<number> {
    const answer = itemOf(await this.options.hubOf(device).invoker.purge(device));
    this.#waiting.get(device)?.changed(true);
    return Number(answer.totalMessagesPurged ?? 0);
  }

  view(device: DeviceId): MessagesView {
    const { clock, hubOf } = this.options;
    const now = clock.now();
    for (const [other, { lookedAt }] of this.#waiting) if (now - lookedAt > attention) this.#waiting.delete(other);
    let reading = this.#waiting.get(device);
    if (reading === undefined) {
      reading = new Reading(
        clock,
        async () => Number(itemOf(await hubOf(device).invoker.getTwin(device)).cloudToDeviceMessageCount ?? 0),
        () => (hubOf(device).local ? undefined : rereadRemote),
      );
      this.#waiting.set(device, reading);
    }
    const { value, problem } = reading.look();
    return { waiting: value ?? null, ...(problem === undefined ? {} : { problem }) };
  }

  record(fact: Fact): void {
    if (fact.type === 'message.queued' || fact.type === 'message.settled') this.#waiting.get(fact.device)?.changed();
  }

  async close(): Promise<void> {
    const open = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(open.map((client) => client.then((each) => each.close()).catch(() => {})));
  }

  /** A link that was lost since the last message is opened once more before it is called a failure. */
  async #sendOne(device: DeviceId, message: OutgoingMessage): Promise<SendOutcome> {
    const hub = this.options.hubOf(device);
    const known = this.#clients.get(hub);
    if (known !== undefined) {
      try {
        return await (await known).send(device, message);
      } catch {
        if (this.#clients.get(hub) === known) this.#clients.delete(hub);
      }
    }
    const client = this.#clients.get(hub) ?? this.options.open(hub);
    this.#clients.set(hub, client);
    try {
      return await (await client).send(device, message);
    } catch (error) {
      if (this.#clients.get(hub) === client) this.#clients.delete(hub);
      throw error;
    }
  }

  #outgoing(message: NewMessage, messageId: string): OutgoingMessage {
    const { body, contentType, correlationId, ack, expirySeconds, properties } = message;
    return {
      body: Buffer.from(body),
      messageId,
      ack,
      properties,
      ...(contentType === undefined ? {} : { contentType, contentEncoding: 'utf-8' }),
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(expirySeconds === undefined ? {} : { expiresAt: this.options.clock.now() + seconds(expirySeconds) }),
    };
  }
}
