// An identity from the body a service sends (reference 4.3), and the Device shape it is answered with. Pure but for the secret bytes it is given.
import { deviceIdPattern } from '../../vocabulary/ids.ts';
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Connections } from '../connections/connections.ts';
import { isoText, neverText } from './moments.ts';
import type { Identity } from './registry.ts';

type Authentication = Identity['authentication'];
type Body = Readonly<Record<string, unknown>>;

/** What a body says about an identity; what it leaves out keeps its value, or gets the default when new. */
export type Settings = Pick<
  Identity,
  'status' | 'statusReason' | 'authentication' | 'capabilities' | 'deviceScope' | 'parentScopes' | 'managedBy'
>;

export type Activity = ReturnType<Connections['activity']>;

const authenticationTypes = ['sas', 'selfSigned', 'certificateAuthority', 'none'] as const;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})+$|^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/;
const thumbprintPattern = /^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/;
const longestReason = 128;
const longestManager = 1_024;
const longestKey = 200;

export const idProblem = (id: string, field: 'deviceId' | 'moduleId' = 'deviceId'): Refusal | undefined =>
  deviceIdPattern.test(id)
    ? undefined
    : invalid(
        `${field}: '${id.slice(0, 140)}' must have 1 to 128 characters out of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '`,
      );

export const isBody = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param newKey makes a symmetric key; empty and missing keys mean 'make one'. */
export function readDevice(body: Body, before: Identity | undefined, newKey: () => string): Settings | Problem {
  const status = readStatus(body.status, before);
  if (status instanceof Problem) return status;
  const reason = body.statusReason;
  if (!absent(reason) && (typeof reason !== 'string' || reason.length > longestReason)) {
    return new Problem(`statusReason: must be a text of at most ${longestReason} characters.`);
  }
  const authentication = readAuthentication(body.authentication, before?.authentication, newKey);
  if (authentication instanceof Problem) return authentication;
  const edge = isBody(body.capabilities) ? body.capabilities.iotEdge : undefined;
  if (!absent(edge) && typeof edge !== 'boolean') return new Problem('capabilities.iotEdge: must be true or false.');
  const scope = body.deviceScope;
  if (!absent(scope) && typeof scope !== 'string') return new Problem('deviceScope: must be a text.');
  const parents = absent(body.parentScopes) ? [] : body.parentScopes;
  if (!Array.isArray(parents) || !parents.every((parent) => typeof parent === 'string')) {
    return new Problem('parentScopes: must be a list of texts.');
  }
  return {
    status,
    ...(typeof reason === 'string' && reason !== '' ? { statusReason: reason } : {}),
    authentication,
    capabilities: { iotEdge: edge === true },
    ...(typeof scope === 'string' && scope !== '' ? { deviceScope: scope } : {}),
    ...(parents.length === 0 ? {} : { parentScopes: parents as readonly string[] }),
  };
}

/** A module has keys of its own; whether it may connect is its device's business. */
export function readModule(
  body: Body,
  before: Identity | undefined,
  device: Identity,
  newKey: () => string,
): Settings | Problem {
  const authentication = readAuthentication(body.authentication, before?.authentication, newKey);
  if (authentication instanceof Problem) return authentication;
  const { managedBy } = body;
  if (!absent(managedBy) && (typeof managedBy !== 'string' || managedBy.length > longestManager)) {
    return new Problem(`managedBy: must be a text of at most ${longestManager} characters.`);
  }
  return {
    ...followed(device),
    authentication,
    capabilities: { iotEdge: false },
    ...(typeof managedBy === 'string' && managedBy !== '' ? { managedBy } : {}),
  };
}

/** What a module has from its device. */
export const followed = ({ status }: Identity): Pick<Identity, 'status'> => ({ status });

/** What is wrong with a field. */
export class Problem {
  readonly refusal: Refusal;
  constructor(message: string) {
    this.refusal = invalid(message);
  }
}

function readStatus(value: unknown, before: Identity | undefined): Identity['status'] | Problem {
  if (absent(value)) return before?.status ?? 'enabled';
  const text = typeof value === 'string' ? value.toLowerCase() : undefined;
  return text === 'enabled' || text === 'disabled'
    ? text
    : new Problem(`status: ${shown(value)} must be 'enabled' or 'disabled'.`);
}

function readAuthentication(
  value: unknown,
  before: Authentication | undefined,
  newKey: () => string,
): Authentication | Problem {
  if (absent(value)) return before ?? symmetric(newKey(), newKey());
  if (!isBody(value)) return new Problem('authentication: must be an object.');
  const prints = isBody(value.x509Thumbprint) ? value.x509Thumbprint : {};
  const given = value.type;
  // Clients of early versions leave the type out; what they fill in tells it.
  const type = absent(given)
    ? !absent(prints.primaryThumbprint) || !absent(prints.secondaryThumbprint)
      ? 'selfSigned'
      : 'sas'
    : authenticationTypes.find((name) => typeof given === 'string' && name.toLowerCase() === given.toLowerCase());
  if (type === undefined) {
    return new Problem(`authentication.type: ${shown(given)} must be one of ${authenticationTypes.join(', ')}.`);
  }
  if (type === 'sas') return readKeys(isBody(value.symmetricKey) ? value.symmetricKey : {}, newKey);
  const none = { primaryKey: null, secondaryKey: null };
  const unprinted = { primaryThumbprint: null, secondaryThumbprint: null };
  if (type !== 'selfSigned') return { type, symmetricKey: none, x509Thumbprint: unprinted };
  for (const name of ['primaryThumbprint', 'secondaryThumbprint'] as const) {
    const print = prints[name];
    if (!absent(print) && (typeof print !== 'string' || !thumbprintPattern.test(print))) {
      return new Problem(
        `authentication.x509Thumbprint.${name}: must be 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.`,
      );
    }
  }
  const { primaryThumbprint, secondaryThumbprint } = prints;
  if (absent(primaryThumbprint) && absent(secondaryThumbprint)) {
    return new Problem('authentication.x509Thumbprint: selfSigned needs a primary or secondary thumbprint.');
  }
  return {
    type,
    symmetricKey: none,
    x509Thumbprint: {
      primaryThumbprint: absent(primaryThumbprint) ? null : String(primaryThumbprint).toUpperCase(),
      secondaryThumbprint: absent(secondaryThumbprint) ? null : String(secondaryThumbprint).toUpperCase(),
    },
  };
}

function readKeys(keys: Body, newKey: () => string): Authentication | Problem {
  for (const name of ['primaryKey', 'secondaryKey'] as const) {
    const key = keys[name];
    if (!absent(key) && (typeof key !== 'string' || key.length > longestKey || !base64Pattern.test(key))) {
      // The key itself is not repeated: it may be a good one with a typing slip.
      return new Problem(
        `authentication.symmetricKey.${name}: must be base64 text of at most ${longestKey} characters, or empty for a new key.`,
      );
    }
  }
  const { primaryKey, secondaryKey } = keys;
  return symmetric(
    absent(primaryKey) ? newKey() : String(primaryKey),
    absent(secondaryKey) ? newKey() : String(secondaryKey),
  );
}

const symmetric = (primaryKey: string, secondaryKey: string): Authentication => ({
  type: 'sas',
  symmetricKey: { primaryKey, secondaryKey },
  x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
});

/** The Device or Module shape of reference 4.3. */
export function shapeOf(
  identity: Identity,
  { connected, changedAt, lastActivityAt }: Activity,
  waitingMessages: number,
): object {
  const named = {
    deviceId: identity.deviceId,
    generationId: identity.generationId,
    etag: identity.etag,
    connectionState: connected ? 'Connected' : 'Disconnected',
  };
  const lastSeen = {
    lastActivityTime: lastActivityAt === undefined ? neverText : isoText(lastActivityAt),
    cloudToDeviceMessageCount: waitingMessages,
    authentication: {
      symmetricKey: identity.authentication.symmetricKey,
      x509Thumbprint: identity.authentication.x509Thumbprint,
      type: identity.authentication.type,
    },
  };
  const connectionStateUpdatedTime = changedAt === undefined ? neverText : isoText(changedAt);
  if (identity.moduleId !== undefined) {
    const { moduleId, managedBy = null } = identity;
    return { moduleId, managedBy, ...named, connectionStateUpdatedTime, ...lastSeen };
  }
  return {
    ...named,
    status: identity.status,
    statusReason: identity.statusReason ?? null,
    connectionStateUpdatedTime,
    statusUpdatedTime: identity.statusUpdatedTime,
    ...lastSeen,
    capabilities: identity.capabilities,
    ...(identity.deviceScope === undefined ? {} : { deviceScope: identity.deviceScope }),
    ...(identity.parentScopes === undefined ? {} : { parentScopes: identity.parentScopes }),
  };
}

export const invalid = (message: string): Refusal => refuse('ArgumentInvalid', message);

const absent = (value: unknown): value is undefined | null | '' =>
  value === undefined || value === null || value === '';

/** A value as a sentence names it. Lists and objects are not written out: they may nest deeper than the stack. */
export const shown = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : isBody(value) ? 'an object' : (JSON.stringify(value)?.slice(0, 100) ?? 'nothing');
