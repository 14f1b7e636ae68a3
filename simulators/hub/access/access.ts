// Who may do what: shared access policies with their rights, device keys, SAS tokens (reference section 1).

import type { Refusal } from '../../vocabulary/service-errors.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { Identity } from '../registry/registry.ts';

export type Right = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

/** A shared access policy. Keys are base64 text. */
export interface Policy {
  readonly name: string;
  readonly rights: readonly Right[];
  readonly primaryKey: string;
  readonly secondaryKey: string;
}

/** A token that was checked: who it speaks for and until when. */
export interface Grant {
  readonly expiresAt: Instant;
  /** The policy used, or undefined for a device's own key. */
  readonly policy?: string;
}

export interface Access {
  readonly policies: readonly Policy[];
  /**
   * Checks the `Authorization` header of a service request: signature, expiry, host, and that its policy has `right`.
   * The verified token is remembered until it expires, since the HMAC and the parsing would otherwise be the dearest step of a call.
   * A token for less than the whole hub (`sr` longer than the host) opens `path` (`devices/a`, no leading slash) when it is a prefix by segment.
   */
  checkService(authorization: string | undefined, right: Right, path?: string): Grant | Refusal;
  /** Checks a SAS token a device or module sends for itself: its own keys, or a policy with DeviceConnect. */
  checkDevice(token: string, identity: Identity): Grant | Refusal;
  /** Throws LabError input.invalid for a policy the hub does not have or a lifetime outside 1 s to 10 years. A token for the whole hub, signed with a policy's primary key, good for `lifetimeSeconds`. */
  serviceToken(policy: string, lifetimeSeconds: number): string;
}

export { openAccess } from './open-access.ts';
export { defaultPolicies } from './policies.ts';
