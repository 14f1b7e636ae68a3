// The Hub page: doors, policies with masked secrets, how to trust the hub.
import type { HubStatus } from '../hub/hub.ts';
import { trustSteps } from '../vocabulary/trust.ts';
import type { HubView } from '../vocabulary/views.ts';

const uses: Record<keyof HubStatus['doors'], string> = {
  https: 'service API, for any SDK',
  mqtts: 'devices over MQTT, for any SDK',
  amqps: 'devices and services over AMQP, for any SDK',
  http: "service API without TLS, on this machine, for Hubfleet's own invoker",
  mqtt: "MQTT without TLS, on this machine, for Hubfleet's own devices",
  amqp: "AMQP without TLS, on this machine, for Hubfleet's own devices",
};

/** Both protocols share the HTTP doors, told apart by their sub-protocols (reference 2.1). */
const webSocketPath = '/$iothub/websocket';
const socketUses = {
  https: 'MQTT and AMQP over WebSocket, for any SDK; one port with the service API',
  http: "MQTT and AMQP over WebSocket without TLS, on this machine, for Hubfleet's own devices",
} as const;

/** What stands between the equals sign and the last four characters of a key is hidden. */
const mask = (connectionString: string): string =>
  connectionString.replace(
    /(SharedAccessKey=)(.*)(.{4})$/,
    (_all, name: string, hidden: string, shown: string) => name + '•'.repeat(Math.min(12, hidden.length)) + shown,
  );

export function hubView(
  hub: HubStatus,
  live: Pick<HubView, 'state' | 'notices' | 'devices' | 'connected' | 'usage'> & {
    readonly folder: string | undefined;
  },
): HubView {
  const { folder, ...counts } = live;
  return {
    ...counts,
    hostName: hub.hostName,
    doors: (Object.keys(uses) as (keyof typeof uses)[]).flatMap((name) => {
      const door = hub.doors[name];
      if (door === undefined) return [];
      const own = { name, ...door, use: uses[name] };
      return name === 'https' || name === 'http'
        ? [own, { ...own, name: name === 'https' ? 'wss' : 'ws', path: webSocketPath, use: socketUses[name] }]
        : [own];
    }),
    policies: hub.policies.map(({ name, rights }) => ({
      name,
      rights,
      masked: mask(hub.connectionStrings[name] ?? ''),
    })),
    ...(hub.ca.file === undefined ? {} : { caFile: hub.ca.file }),
    ...(folder === undefined ? {} : { dataFolder: folder }),
    trust: trustSteps(hub.ca.file ?? '<the CA file>'),
  };
}
