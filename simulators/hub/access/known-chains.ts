// The intermediate CAs that each client certificate led through. A TLS session that is taken up again (Java, .NET and Node's HTTPS agent do so)
// brings the client's own certificate and none of the others.
import type { X509Certificate } from 'node:crypto';

/** Certificates whose intermediates are remembered at once; the oldest is forgotten first. */
const mostChains = 10_000;

export class KnownChains {
  /** By fingerprint: of the client's own, and of the intermediates, which thousands share. */
  readonly #chains = new Map<string, readonly X509Certificate[]>();
  readonly #intermediates = new Map<string, X509Certificate>();

  of(own: X509Certificate): readonly X509Certificate[] {
    return this.#chains.get(own.fingerprint256) ?? [];
  }

  keep(own: X509Certificate, led: readonly X509Certificate[]): void {
    if (led.length === 0) return;
    // Put in anew each time: an intermediate may have been renewed, and who was here last is forgotten last.
    this.#chains.delete(own.fingerprint256);
    const oldest = this.#chains.keys().next().value;
    if (oldest !== undefined && this.#chains.size >= mostChains) this.#chains.delete(oldest);
    this.#chains.set(
      own.fingerprint256,
      led.map((one) => this.#shared(one)),
    );
  }

  #shared(intermediate: X509Certificate): X509Certificate {
    const known = this.#intermediates.get(intermediate.fingerprint256);
    if (known === undefined && this.#intermediates.size < mostChains) {
      this.#intermediates.set(intermediate.fingerprint256, intermediate);
    }
    return known ?? intermediate;
  }
}
