// The packets in what a device sends, as the library's parser finds them, and how long one of them may be.
import { parser as newParser, type Packet, type Parser } from 'mqtt-packet';
import { largestTelemetry } from '../../messages/sizes.ts';

/** A PUBLISH of the largest message with the longest topic; nothing a device may send is longer. */
export const packetLimit = largestTelemetry + 65_536 + 16;
/** A CONNECT with the longest will there is, 64 KB, and room for names and token; its sender is not known yet. */
export const greetingLimit = 98_304;

export class PacketReader {
  /** Bytes of a packet that has not come in whole. */
  half = 0;
  readonly #parser: Parser & { readonly packet?: { readonly length?: number } } = newParser();

  /** @param unreadable hears of what is no packet; nothing is read after that. */
  constructor(take: (packet: Packet) => void, unreadable: (error: Error) => void) {
    this.#parser.on('packet', take);
    this.#parser.on('error', unreadable);
  }

  /** Length of the packet that is coming in: as it says itself, or as much as is there. */
  get coming(): number {
    return Math.max(this.#parser.packet?.length ?? 0, this.half);
  }

  /** Hands over the packets that are whole now. Gives what went wrong, if the parser broke. */
  read(bytes: Buffer): string | undefined {
    try {
      this.half = this.#parser.parse(bytes);
      return undefined;
    } catch (error) {
      return `unreadable packet: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
