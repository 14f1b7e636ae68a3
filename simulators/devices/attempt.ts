// One attempt of a device to connect while faults may have a hand in it: held, refused, or made with another certificate than its own. Without
// such faults a device dials by itself and none of this is made.
import type { DeviceOptions } from './device.ts';
import type { Ending } from './links/connection.ts';
import { type Blame, certificateOf } from './proof.ts';

/** Who attempts: hears one of the two, at once or later, unless it cancels before. */
export interface Attempting {
  connect(options: DeviceOptions, blame: Blame | undefined): void;
  failed(ending: Ending): void;
}

/** Whether faults have a hand in how this device connects. */
export const isHindered = ({ id, certificate, settings: { faults } }: DeviceOptions): boolean =>
  faults.at('dial', id) !== undefined || (certificate !== undefined && faults.at('certificate', id) !== undefined);

export class Attempt {
  readonly #owner: Attempting;
  readonly #options: DeviceOptions;
  #over = false;

  constructor(owner: Attempting, options: DeviceOptions) {
    this.#owner = owner;
    this.#options = options;
  }

  begin(): void {
    const { id: device, settings } = this.#options;
    const through = settings.faults.at('dial', device);
    if (!through) {
      void this.#show();
      return;
    }
    through({
      ...{ device, touches: undefined },
      pass: () => void this.#show(),
      refuse: (by, detail) => this.#end(() => this.#owner.failed({ detail, refused: false, faults: [by] })),
    });
  }

  /** The device stopped, rebooted or is kept off: whatever comes of the attempt, nobody hears of it. */
  cancel(): void {
    this.#over = true;
  }

  /** With the certificate it is to show, which may have to be made first. Never rejects. */
  async #show(): Promise<void> {
    const options = this.#options;
    const { which, blame } = options.certificate ? certificateOf(options) : { which: 'own' as const };
    const make = options.settings.makeCertificate;
    if (which === 'own' || !make) {
      this.#end(() => this.#owner.connect(options, undefined));
      return;
    }
    try {
      const certificate = await make(options.id, which);
      this.#end(() => this.#owner.connect({ ...options, certificate }, blame));
    } catch (error) {
      const detail = `making a certificate: ${error instanceof Error ? error.message : String(error)}`;
      this.#end(() => this.#owner.failed({ detail, refused: false, ...(blame && { faults: blame.faults }) }));
    }
  }

  #end(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    tell();
  }
}
