// What is used of the local hub's limits, as last heard: views never wait, so looking asks for the next answer in the background.
import type { HubUsage } from '../hub/hub.ts';

export class UsageReader {
  #last: HubUsage | undefined;
  #asking = false;

  constructor(private readonly ask: () => Promise<HubUsage>) {}

  look(): { readonly usage?: HubUsage } {
    if (!this.#asking) void this.#read();
    return this.#last === undefined ? {} : { usage: this.#last };
  }

  async #read(): Promise<void> {
    this.#asking = true;
    try {
      this.#last = await this.ask();
    } catch {
      // A hub that stops answers no more; what was last heard stays.
    } finally {
      this.#asking = false;
    }
  }
}
