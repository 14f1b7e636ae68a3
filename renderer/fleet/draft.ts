// A new fleet as it is being typed, and the spec it comes to.
import { linkProtocols } from '../../preload/contract/link-protocols.ts';
import type { FleetSpecInput } from '../connection/shapes.ts';
import { jsonProblem } from '../widgets/JsonEditor.tsx';

type LinkProtocol = (typeof linkProtocols)[number];
export type Settlement = 'complete' | 'reject' | 'abandon';
export interface Rule {
  readonly key: number;
  readonly property: string;
  readonly value: string;
  /** In percent. */
  readonly share: number;
  readonly do: Settlement;
}

export interface Draft extends Readonly<Record<`share:${LinkProtocol}`, number>> {
  readonly name: string;
  readonly count: number;
  readonly id: string;
  readonly behaviour: 'reboot' | 'rebootDevice' | 'echo';
  /** Seconds. */
  readonly dark: number;
  readonly work: number;
  readonly protocol: LinkProtocol | 'mix';
  readonly tls: boolean;
  readonly authentication: 'sas' | 'x509-self-signed' | 'x509-ca';
  readonly devicesPerConnection: number;
  readonly perSecond: number;
  /** Seconds. */
  readonly keepAlive: number;
  readonly tokenLifetime: number;
  /** Names, parted by commas or spaces. */
  readonly modules: string;
  readonly telemetry: boolean;
  readonly every: number;
  /** In percent. */
  readonly jitter: number;
  readonly template: string;
  readonly contentType: string;
  readonly messages: Settlement | 'rules';
  readonly rules: readonly Rule[];
  readonly otherwise: Settlement;
  readonly hub: 'local' | 'remote';
  readonly connectionString: string;
  readonly confirmed: boolean;
}

export const firstDraft: Draft = {
  name: 'thermostats',
  count: 100,
  id: 'thermostat-{index:0000}',
  behaviour: 'reboot',
  dark: 5,
  work: 20,
  protocol: 'mqtt',
  'share:mqtt': 60,
  'share:mqtt-ws': 0,
  'share:amqp': 40,
  'share:amqp-ws': 0,
  tls: false,
  authentication: 'sas',
  devicesPerConnection: 1,
  perSecond: 200,
  keepAlive: 240,
  tokenLifetime: 3_600,
  modules: '',
  telemetry: false,
  every: 10,
  jitter: 10,
  template: JSON.stringify(
    { deviceId: '{deviceId}', time: '{time}', temperature: '{walk:18:24:0.2}', state: '{pick:idle:heating}' },
    null,
    2,
  ),
  contentType: 'application/json',
  messages: 'complete',
  rules: [{ key: 1, property: 'level', value: 'high', share: 100, do: 'reject' }],
  otherwise: 'complete',
  hub: 'local',
  connectionString: '',
  confirmed: false,
};

export const modulesOf = ({ modules }: Draft): string[] => modules.split(/[\s,]+/).filter(Boolean);
export const identitiesOf = (draft: Draft): number => draft.count * (1 + modulesOf(draft).length);
export const speaksAmqp = (draft: Draft): boolean =>
  draft.protocol === 'mix' ? draft['share:amqp'] > 0 || draft['share:amqp-ws'] > 0 : draft.protocol.startsWith('amqp');
export const speaksMqtt = (draft: Draft): boolean =>
  draft.protocol === 'mix' ? draft['share:mqtt'] > 0 || draft['share:mqtt-ws'] > 0 : draft.protocol.startsWith('mqtt');
/** Where it does not matter whether TLS is asked for: there is no other way. */
export const needsTls = ({ authentication, hub }: Draft): boolean => authentication !== 'sas' || hub === 'remote';
export const hostNameOf = ({ connectionString }: Draft): string | undefined =>
  /(?:^|;)\s*HostName=([^;]+)/i.exec(connectionString)?.[1];

const isJson = ({ contentType }: Draft): boolean => /json/i.test(contentType);

/** What a message is made of: JSON, or for another content type the text as it stands. */
export function templateOf(draft: Draft): { readonly template: unknown } | { readonly problem: string } {
  if (!isJson(draft)) return { template: draft.template };
  const problem =
    draft.template.trim() === ''
      ? 'Template: write JSON, or another content type.'
      : jsonProblem(draft.template, 'Template');
  return problem === undefined ? { template: JSON.parse(draft.template) as unknown } : { problem };
}

export function specOf(draft: Draft): FleetSpecInput {
  const dark = draft.dark * 1_000;
  const read = templateOf(draft);
  return {
    name: draft.name,
    count: draft.count,
    id: draft.id,
    hub: draft.hub === 'local' ? 'local' : draft.connectionString.trim(),
    protocol:
      draft.protocol === 'mix'
        ? Object.fromEntries(linkProtocols.map((each) => [each, draft[`share:${each}`]]))
        : draft.protocol,
    tls: draft.tls,
    authentication: draft.authentication,
    devicesPerConnection: speaksAmqp(draft) ? draft.devicesPerConnection : 1,
    modules: modulesOf(draft),
    ...(draft.telemetry
      ? {
          telemetry: {
            everySeconds: draft.every,
            jitter: draft.jitter / 100,
            contentType: draft.contentType,
            ...('template' in read ? { template: read.template as string } : {}),
          },
        }
      : {}),
    messages:
      draft.messages === 'rules'
        ? {
            rules: draft.rules.map(({ property, value, share, do: what }) => ({
              ...(property === '' ? {} : { property, ...(value === '' ? {} : { value }) }),
              share: share / 100,
              do: what,
            })),
            otherwise: draft.otherwise,
          }
        : draft.messages,
    behaviour:
      draft.behaviour === 'echo'
        ? { kind: 'echo' }
        : draft.behaviour === 'reboot'
          ? { kind: 'reboot', dark }
          : { kind: 'rebootDevice', dark, work: draft.work * 1_000 },
    connect: { perSecond: draft.perSecond },
    keepAliveSeconds: draft.keepAlive,
    tokenLifetimeSeconds: draft.tokenLifetime,
  };
}

export const idAt = (pattern: string, index: number): string =>
  pattern.replace(/\{index(?::(0+))?\}/, (_, zeros: string | undefined) =>
    String(Number.isInteger(index) ? index : 1).padStart(zeros?.length ?? 0, '0'),
  );
