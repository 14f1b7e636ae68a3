// Whether a CONNECT is let in, and the CONNACK code when it is not (reference 2.3, 2.4).
import type { IConnectPacket } from 'mqtt-packet';
import type { Protocol } from '../../../vocabulary/facts.ts';
import { type DeviceId, type FaultName, identityId, isDeviceId } from '../../../vocabulary/ids.ts';
import type { FaultHooks } from '../../../vocabulary/passages.ts';
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Instant, Millis } from '../../../vocabulary/units.ts';
import type { Access, ClientCertificate, Grant } from '../../access/access.ts';
import type { Identity } from '../../registry/registry.ts';
import type { Throttling } from '../../throttling/throttling.ts';
import { idAdvice, versionAdvice } from './advice.ts';
import type { Will } from './hear.ts';
import { eventsTopic, readTopic } from './topics.ts';
import { parseUsername } from './username.ts';

export const connackCodes = { protocol: 1, identifier: 2, unavailable: 3, credentials: 4, unauthorized: 5 } as const;

export interface Admitted {
  /** A module as `device/module`. */
  readonly device: DeviceId;
  /** The identity's generation: another one after it was deleted and made again. */
  readonly generation: string;
  readonly expiresAt: Instant;
  readonly client?: string;
  readonly modelId?: string;
  /** Silence longer than this ends the connection. */
  readonly silence: Millis;
  readonly will?: Will;
  readonly hints: readonly string[];
}

export interface Denied {
  readonly code: number;
  readonly detail: string;
  /** Missing when the packet names no possible device. */
  readonly device?: DeviceId;
  readonly hint?: string;
  /** Faults that had a hand in it. */
  readonly faults?: readonly FaultName[] | undefined;
}

export interface AdmissionTools {
  readonly access: Access;
  readonly find: (id: string) => Identity | undefined;
  readonly hostName: string;
  /** Left out, nothing is limited. */
  readonly throttling?: Pick<Throttling, 'take'> | undefined;
  /** Left out, nothing is wrong with the hub. */
  readonly faults?: FaultHooks | undefined;
}

/** The longest silence the service bears, whatever the client asked for: 1767 s. */
export const longestSilence: Millis = 1_767_000;

export function admit(
  packet: IConnectPacket,
  certificate: ClientCertificate | undefined,
  protocol: Protocol,
  tools: AdmissionTools,
): Admitted | Denied {
  const admitted = prove(packet, certificate, tools);
  if ('code' in admitted) return admitted;
  const { device } = admitted;
  const denied = denyByFault(device, protocol, tools.faults);
  if (denied !== undefined) return denied;
  const over = tools.throttling?.take('connections', 1, device);
  if (over === undefined) return admitted;
  return { code: connackCodes.unavailable, detail: `${over.number}: ${over.message}`, device };
}

/** Whom the packet is of, whatever else is said against it. */
function prove(
  packet: IConnectPacket,
  certificate: ClientCertificate | undefined,
  { access, find, hostName }: AdmissionTools,
): Admitted | Denied {
  if (packet.protocolId !== 'MQTT' || packet.protocolVersion !== 4) {
    const asked = `${packet.protocolId} level ${packet.protocolVersion}`;
    return { code: connackCodes.protocol, detail: `${asked}: the hub speaks MQTT 3.1.1 only (MQTT level 4)` };
  }
  if (packet.username === undefined) {
    return { code: connackCodes.credentials, detail: 'user name: missing; expected {host}/{device}/?api-version=...' };
  }
  const isKnown = (id: string): boolean => find(id) !== undefined;
  const name = parseUsername(packet.username);
  if (name === undefined || !isDeviceId(name.device) || (name.module !== undefined && !isDeviceId(name.module))) {
    const detail = `user name '${cut(packet.username)}': expected {host}/{device}/?api-version=...`;
    const hint = name && (idAdvice(name.device, isKnown) ?? (name.module && idAdvice(name.module, isKnown)));
    return { code: connackCodes.credentials, detail, ...(hint ? { hint } : undefined) };
  }
  const device = identityId(name.device, name.module);
  const deny = (code: number, detail: string, hint?: string): Denied => ({
    code,
    detail,
    device,
    ...(hint === undefined ? undefined : { hint }),
  });
  if (packet.clientId !== device) {
    const whole = name.module === undefined ? 'the device id' : '{device}/{module} as';
    return deny(connackCodes.identifier, `client id '${cut(packet.clientId)}': must equal ${whole} in the user name`);
  }
  if (name.hostName.toLowerCase() !== hostName.toLowerCase()) {
    return deny(connackCodes.unauthorized, `user name: host '${cut(name.hostName)}' is not this hub, ${hostName}`);
  }
  const identity = find(device);
  if (identity === undefined) {
    const what = name.module === undefined || find(name.device) === undefined ? 'device' : 'module';
    const hint = idAdvice(device, isKnown);
    return deny(connackCodes.unauthorized, `no such ${what} is registered`, hint);
  }
  const grant = grantOf(packet, certificate, identity, access);
  if (grant instanceof Refusal) return deny(connackCodes.unauthorized, `${grant.number}: ${grant.message}`);

  const hints: string[] = [];
  const version = versionAdvice(name);
  if (version !== undefined) hints.push(version);
  const will = willOf(packet, device);
  if (packet.will !== undefined && will === undefined) {
    hints.push(`The will is ignored: its topic must be ${eventsTopic(device)} and its QoS 0 or 1.`);
  }
  return {
    device,
    generation: identity.generationId,
    expiresAt: grant.expiresAt,
    silence: packet.keepalive ? Math.min(packet.keepalive * 1_500, longestSilence) : longestSilence,
    hints,
    ...(name.client === undefined ? undefined : { client: cut(name.client, 256) }),
    ...(name.modelId === undefined ? undefined : { modelId: cut(name.modelId, 256) }),
    ...(will === undefined ? undefined : { will }),
  };
}

/** What a fault says against a device that may come in. */
function denyByFault(device: DeviceId, protocol: Protocol, faults?: FaultHooks): Denied | undefined {
  const through = faults?.at('admission', device);
  let denied: Denied | undefined;
  through?.({
    device,
    protocol,
    touches: undefined,
    pass() {},
    refuse(by, { connack: code }, detail) {
      denied = { code, detail, device, faults: [by] };
    },
  });
  return denied;
}

/** A token, or else a certificate: who shows both is asked for what its token says. */
function grantOf(
  { password }: IConnectPacket,
  certificate: ClientCertificate | undefined,
  identity: Identity,
  access: Access,
): Grant | Refusal {
  if (password !== undefined && password.length > 0) return access.checkDevice(password.toString(), identity);
  if (certificate === undefined && identity.authentication.type === 'sas') {
    return refuse('IotHubUnauthorized', 'password: missing; expected a SAS token');
  }
  return access.checkCertificate(certificate, identity);
}

function willOf({ will }: IConnectPacket, device: DeviceId): Will | undefined {
  if (will === undefined || will.qos === 2) return undefined;
  const said = readTopic(will.topic, device);
  return said?.kind === 'event' ? { bag: said.bag, body: Buffer.from(will.payload) } : undefined;
}

const cut = (text: string, most = 80): string => (text.length > most ? `${text.slice(0, most)}...` : text);
