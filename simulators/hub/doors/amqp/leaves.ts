// Whom a connection may speak for and until when: by the tokens put on it, by its certificate, or by the one token it gave as password.
import { identityId } from '../../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant } from '../../../vocabulary/units.ts';
import type { ClientCertificate } from '../../access/access.ts';
import type { Identity } from '../../registry/registry.ts';
import type { ServiceNode } from './addresses.ts';
import type { DoorTools } from './door-tools.ts';
import type { Leave } from './link-handler.ts';
import type { Proof } from './sasl.ts';
import { serviceNodes } from './service-links.ts';
import { Tokens } from './tokens.ts';

export class Leaves {
  /** What its SASL layer proved; without one, its tokens speak. */
  proof: Proof = { by: 'tokens' };
  readonly tokens: Tokens;
  readonly #certificate: ClientCertificate | undefined;
  readonly #tools: DoorTools;

  constructor(certificate: ClientCertificate | undefined, tools: DoorTools) {
    this.#certificate = certificate;
    this.#tools = tools;
    this.tokens = new Tokens(tools.tokenGrace, tools.mostTokens);
  }

  of(identity: Identity): Leave | Refusal {
    const { proof } = this;
    if (proof.by === 'password') {
      if (proof.identity && nameOf(proof.identity) !== nameOf(identity)) {
        return refuse('IotHubUnauthorized', `Unauthorized: this connection is of '${nameOf(proof.identity)}' alone.`);
      }
      return proof.token.admits(identity) ?? forever;
    }
    const { access, clock, tokenGrace } = this.#tools;
    const admitted = proof.by === 'tokens' ? this.tokens.admitting(identity, clock.now()) : undefined;
    if (admitted !== undefined && !(admitted instanceof Refusal)) return admitted;
    // A client with a certificate says nothing of it in AMQP when it leaves SASL out (reference 3.1).
    if (this.#certificate === undefined && admitted !== undefined) return admitted;
    const grant = access.checkCertificate(this.#certificate, identity);
    return grant instanceof Refusal ? grant : { until: grant.expiresAt + tokenGrace };
  }

  ofService(node: ServiceNode): Leave | Refusal {
    const { path, permission } = serviceNodes[node];
    const { proof } = this;
    if (proof.by === 'password') return proof.token.permits(permission, path) ?? forever;
    if (proof.by === 'tokens') return this.tokens.permitting(permission, path, this.#tools.clock.now());
    return refuse('IotHubUnauthorized', 'Unauthorized: a certificate opens nothing for a service.');
  }

  /** When the whole connection ends: with the password it was opened with. */
  get end(): Instant {
    const { proof } = this;
    return proof.by === 'password' ? proof.token.expiresAt + this.#tools.tokenGrace : Number.POSITIVE_INFINITY;
  }
}

/** The password's own end is the connection's. */
const forever: Leave = { until: Number.POSITIVE_INFINITY };

const nameOf = (identity: Identity): string => identityId(identity.deviceId, identity.moduleId);
