// Whether a CONNECT is let in, and the CONNACK code when it is not (reference 2.3, 2.4).
import type { IConnectPacket } from 'mqtt-packet';
import { type DeviceId, isDeviceId } from '../../../vocabulary/ids.ts';
import { Refusal } from '../../../vocabulary/service-errors.ts';
import type { Instant, Millis } from '../../../vocabulary/units.ts';
import type { Access } from '../../access/access.ts';
import type { Identity } from '../../registry/registry.ts';
import { readTopic } from './topics.ts';
import { parseUsername } from './username.ts';

export const connackCodes = { protocol: 1, identifier: 2, credentials: 4, unauthorized: 5 } as const;

export interface Admitted {
  readonly device: DeviceId;
  /** The identity's generation: another one after it was deleted and made again. */
  readonly generation: string;
  readonly expiresAt: Instant;
  readonly client?: string;
  readonly modelId?: string;
  /** Silence longer than this ends the connection. */
  readonly silence: Millis;
  readonly will?: Buffer;
  readonly hints: readonly string[];
}

export interface Denied {
  readonly code: number;
  readonly detail: string;
  /** Missing when the packet names no possible device. */
  readonly device?: DeviceId;
  readonly hint?: string;
}

export interface AdmissionTools {
  readonly access: Access;
  readonly find: (id: string) => Identity | undefined;
  readonly hostName: string;
}

/** The longest silence the service bears, whatever the client asked for: 1767 s. */
export const longestSilence: Millis = 1_767_000;

export function admit(packet: IConnectPacket, { access, find, hostName }: AdmissionTools): Admitted | Denied {
  if (packet.protocolId !== 'MQTT' || packet.protocolVersion !== 4) {
    const asked = `${packet.protocolId} level ${packet.protocolVersion}`;
    return { code: connackCodes.protocol, detail: `${asked}: the hub speaks MQTT 3.1.1 only (MQTT level 4)` };
  }
  if (packet.username === undefined) {
    return { code: connackCodes.credentials, detail: 'user name: missing; expected {host}/{device}/?api-version=...' };
  }
  const name = parseUsername(packet.username);
  if (name === undefined || !isDeviceId(name.device)) {
    const detail = `user name '${cut(packet.username)}': expected {host}/{device}/?api-version=...`;
    return { code: connackCodes.credentials, detail };
  }
  const { device } = name;
  const deny = (code: number, detail: string, hint?: string): Denied => ({
    code,
    detail,
    device,
    ...(hint === undefined ? undefined : { hint }),
  });
  if (name.module !== undefined) {
    return deny(
      connackCodes.unauthorized,
      `module '${cut(name.module)}': this hub has no module identities`,
      `A module of ${device} tried to connect. This hub knows devices only; connect as the device itself.`,
    );
  }
  if (packet.clientId !== device) {
    return deny(
      connackCodes.identifier,
      `client id '${cut(packet.clientId)}': must equal the device id in the user name`,
    );
  }
  if (name.hostName.toLowerCase() !== hostName.toLowerCase()) {
    return deny(connackCodes.unauthorized, `user name: host '${cut(name.hostName)}' is not this hub, ${hostName}`);
  }
  const identity = find(device);
  if (identity === undefined) return deny(connackCodes.unauthorized, 'no such device is registered');
  if (packet.password === undefined || packet.password.length === 0) {
    return deny(connackCodes.unauthorized, 'password: missing; expected a SAS token');
  }
  const grant = access.checkDevice(packet.password.toString(), identity);
  if (grant instanceof Refusal) return deny(connackCodes.unauthorized, `${grant.number}: ${grant.message}`);

  const hints: string[] = [];
  if (name.apiVersion === undefined) {
    hints.push(
      'The user name has no api-version; on Azure methods and twins may then not work. End it with /?api-version=2021-04-12.',
    );
  }
  const { will } = packet;
  const willFits = will !== undefined && readTopic(will.topic, device)?.kind === 'event' && will.qos !== 2;
  if (will !== undefined && !willFits) {
    hints.push(`The will is ignored: its topic must be devices/${device}/messages/events/ and its QoS 0 or 1.`);
  }
  return {
    device,
    generation: identity.generationId,
    expiresAt: grant.expiresAt,
    silence: packet.keepalive ? Math.min(packet.keepalive * 1_500, longestSilence) : longestSilence,
    hints,
    ...(name.client === undefined ? undefined : { client: cut(name.client, 256) }),
    ...(name.modelId === undefined ? undefined : { modelId: cut(name.modelId, 256) }),
    ...(willFits ? { will: Buffer.from(will.payload) } : undefined),
  };
}

const cut = (text: string, most = 80): string => (text.length > most ? `${text.slice(0, most)}...` : text);
