// Where the devices of a fleet dial and how: the doors of the local hub, or the well-known ports of a remote one.
import type { Duplex } from 'node:stream';
import type { ClientPair } from '../devices/device.ts';
import { dialTcp, dialTls } from '../devices/links/dial.ts';
import { dialWebSocket, type WebSocketAddress } from '../devices/links/websocket.ts';
import type { HubStatus } from '../hub/hub.ts';
import { LabError } from '../vocabulary/errors.ts';
import { protocolsOf } from '../vocabulary/protocols.ts';
import type { FleetSpec, LinkProtocol } from '../vocabulary/specs.ts';
import type { HubAddress } from './fleet-holder.ts';

type DoorName = keyof HubStatus['doors'];

/** The door of each protocol, over TLS and without, and its port on an IoT Hub (reference 10). */
const doorsOf: Readonly<
  Record<LinkProtocol, { readonly tls: DoorName; readonly plain: DoorName; readonly port: number }>
> = {
  mqtt: { tls: 'mqtts', plain: 'mqtt', port: 8_883 },
  'mqtt-ws': { tls: 'https', plain: 'http', port: 443 },
  amqp: { tls: 'amqps', plain: 'amqp', port: 5_671 },
  'amqp-ws': { tls: 'https', plain: 'http', port: 443 },
};

/** Devices that show a certificate do so in the TLS handshake, and a remote hub is only ever spoken to over TLS. */
export const usesTls = (spec: FleetSpec): boolean => spec.tls || spec.authentication !== 'sas' || spec.hub !== 'local';

/** Every protocol goes over TLS, or none does. Throws LabError input.invalid naming the door that is shut. */
export function localAddress(spec: FleetSpec, { doors, hostName, ca }: HubStatus): HubAddress {
  const spoken = [...new Set(protocolsOf(spec.protocol, spec.count))];
  const tls = usesTls(spec) || spoken.some((protocol) => doors[doorsOf[protocol].plain] === undefined);
  const found = spoken.map((protocol) => {
    const name = doorsOf[protocol][tls ? 'tls' : 'plain'];
    const door = doors[name];
    if (door === undefined) {
      throw new LabError(
        'input.invalid',
        `protocol: the hub has no ${name} door for the ${protocol} devices of fleet '${spec.name}'`,
        `Open the ${name} port.`,
      );
    }
    return [protocol, door] as const;
  });
  const [first] = found;
  const { host, port } = first?.[1] ?? { host: '', port: 0 };
  return { hostName, host, port, tls, ca: ca.pem, doors: Object.fromEntries(found) };
}

/** What a hub of somebody else's listens on, where it is not the well-known ports of its host name. */
export interface RemoteDoors {
  readonly host: string;
  readonly https?: number;
  readonly mqtts?: number;
  readonly amqps?: number;
  /** PEM text of a CA to trust. */
  readonly ca?: string;
}

export function remoteAddress(spec: FleetSpec, hostName: string, doors: RemoteDoors | undefined): HubAddress {
  const host = doors?.host ?? hostName;
  const portOf = (protocol: LinkProtocol): number => {
    const { tls, port } = doorsOf[protocol];
    return (tls === 'https' || tls === 'mqtts' || tls === 'amqps' ? doors?.[tls] : undefined) ?? port;
  };
  const spoken = [...new Set(protocolsOf(spec.protocol, spec.count))];
  return {
    hostName,
    host,
    port: portOf(spoken[0] ?? 'mqtt'),
    tls: true,
    ...(doors?.ca === undefined ? {} : { ca: doors.ca }),
    doors: Object.fromEntries(spoken.map((protocol) => [protocol, { host, port: portOf(protocol) }])),
  };
}

/** Both protocols are spoken over WebSocket on one path, told apart by their sub-protocols (reference 2.1). */
const webSocketPath = '/$iothub/websocket';
const subprotocols: Readonly<Partial<Record<LinkProtocol, WebSocketAddress['subprotocol']>>> = {
  'mqtt-ws': 'mqtt',
  'amqp-ws': 'AMQPWSB10',
};

export function dialOf(protocol: LinkProtocol, hub: HubAddress): (certificate?: ClientPair) => Duplex {
  const { host, port } = hub.doors?.[protocol] ?? hub;
  const { tls, ca, hostName: serverName } = hub;
  const subprotocol = subprotocols[protocol];
  if (subprotocol !== undefined) {
    return dialWebSocket({ host, port, tls, serverName, ca, subprotocol, path: webSocketPath });
  }
  return tls ? dialTls({ host, port, serverName, ca }) : dialTcp(host, port);
}
