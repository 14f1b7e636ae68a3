// Who may do what: shared access policies with their rights, device keys, SAS tokens (reference section 1).

import type { Refusal } from '../../vocabulary/service-errors.ts';
import type { Instant } from '../../vocabulary/units.ts';
import type { Identity } from '../registry/registry.ts';

export type Right = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

/** What an Entra role allows, without the prefix `Microsoft.Devices/IotHubs/` (reference 1.4). */
export type DataAction =
  | `devices/${'read' | 'write' | 'delete'}`
  | `twins/${'read' | 'write'}`
  | `jobs/${'read' | 'write' | 'delete'}`
  | `cloudToDeviceMessages/${'send' | 'feedback' | 'queue/purge'}/action`
  | 'directMethods/invoke/action'
  | 'fileUpload/notifications/action'
  | 'statistics/read'
  | `configurations/${'read' | 'write' | 'delete' | 'applyToEdgeDevice/action' | 'testQueries/action'}`;

/** What an operation of the service API needs: of a policy the right, of an Entra principal the data action. */
export interface Permission {
  readonly right: Right;
  readonly action: DataAction;
}

/** A client certificate as it was shown, with what came along to prove it: DER, the client's own first. */
export interface ClientCertificate {
  readonly chain: readonly Buffer[];
}

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
  /** The policy used; missing for a device's own key, a certificate and an Entra token. */
  readonly policy?: string;
}

/** A service's or device's token whose signature and expiry held. What it opens is asked operation by operation, link by link. */
export interface OpenToken {
  readonly expiresAt: Instant;
  /** The policy, the identity whose own key signed, or the Entra principal. */
  readonly subject: string;
  /** `verb` is of the request, for the sentence of a refusal. */
  permits(permission: Permission, path?: string, verb?: string): Refusal | undefined;
  /** Whether a device or module may use it to speak for itself. */
  admits(identity: Identity): Refusal | undefined;
}

export interface Access {
  readonly policies: readonly Policy[];
  /**
   * A token by itself: `SharedAccessSignature ...`, or `Bearer ...` when an Entra issuer is configured (its keys may have to be fetched: a promise
   * then). For AMQP, where a token is put on a connection before anyone knows what for (reference 3.2).
   */
  openToken(token: string): OpenToken | Refusal | Promise<OpenToken | Refusal>;
  /**
   * Checks the `Authorization` header of a service request: signature, expiry, host, and that it permits `permission`.
   * The verified token is remembered until it expires, since the HMAC and the parsing would otherwise be the dearest step of a call.
   * A token for less than the whole hub (`sr` longer than the host) opens `path` (`devices/a`, no leading slash) when it is a prefix by segment.
   */
  checkService(
    authorization: string | undefined,
    permission: Permission,
    path?: string,
    verb?: string,
  ): Grant | Refusal | Promise<Grant | Refusal>;
  /** Checks a SAS token a device or module sends for itself: its own keys, or a policy with DeviceConnect. */
  checkDevice(token: string, identity: Identity): Grant | Refusal;
  /** Checks the certificate of a device or module that authenticates by X.509: by thumbprint, or by its CA and its name (reference 2.3). */
  checkCertificate(certificate: ClientCertificate | undefined, identity: Identity): Grant | Refusal;
  /** Throws LabError input.invalid for a policy the hub does not have or a lifetime outside 1 s to 10 years. A token for the whole hub, signed with a policy's primary key, good for `lifetimeSeconds`. */
  serviceToken(policy: string, lifetimeSeconds: number): string;
}

export type { EntraOptions } from './entra.ts';
export { openAccess } from './open-access.ts';
export { defaultPolicies } from './policies.ts';
