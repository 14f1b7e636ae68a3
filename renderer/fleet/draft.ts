// A new fleet as it is being typed, and the spec it comes to.
import { linkProtocols } from '../../preload/contract/link-protocols.ts';
import type { FleetSpecInput, FleetSummary } from '../connection/shapes.ts';
import { jsonProblem } from '../widgets/JsonEditor.tsx';
import { firstValue, type Values } from '../widgets/schema/shape.ts';
import { acknowledgeForm, formOfBehaviour, methodsForm } from './behaviours.ts';

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
  readonly behaviour: Values;
  readonly methods: Values;
  readonly acknowledge: Values;
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
  behaviour: firstValue(formOfBehaviour('reboot')),
  methods: firstValue(methodsForm),
  acknowledge: firstValue(acknowledgeForm),
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
    behaviour: draft.behaviour as FleetSpecInput['behaviour'],
    methods: draft.methods as FleetSpecInput['methods'],
    acknowledge: draft.acknowledge as FleetSpecInput['acknowledge'],
    connect: { perSecond: draft.perSecond },
    keepAliveSeconds: draft.keepAlive,
    tokenLifetimeSeconds: draft.tokenLifetime,
  };
}

/** A fleet there is, as far as it can be changed. */
export function draftOf(spec: FleetSummary['spec']): Draft {
  const { telemetry, messages } = spec;
  return {
    ...firstDraft,
    name: spec.name,
    count: spec.count,
    id: spec.id,
    behaviour: spec.behaviour,
    methods: spec.methods,
    acknowledge: spec.acknowledge,
    protocol: typeof spec.protocol === 'string' ? spec.protocol : 'mix',
    ...(typeof spec.protocol === 'string'
      ? {}
      : Object.fromEntries(
          linkProtocols.map((each) => [`share:${each}`, (spec.protocol as Record<string, number>)[each] ?? 0]),
        )),
    modules: spec.modules.join(', '),
    telemetry: telemetry !== undefined,
    ...(telemetry === undefined
      ? {}
      : {
          every: telemetry.intervalMs / 1_000,
          jitter: Number((telemetry.jitter * 100).toFixed(4)),
          contentType: telemetry.contentType,
          template:
            typeof telemetry.template === 'string' && !/json/i.test(telemetry.contentType)
              ? telemetry.template
              : JSON.stringify(telemetry.template, null, 2),
        }),
    ...(typeof messages === 'string'
      ? { messages }
      : {
          messages: 'rules' as const,
          rules: messages.rules.map((rule, index) => ({
            key: index + 1,
            property: rule.property ?? '',
            value: rule.value ?? '',
            share: Number((rule.share * 100).toFixed(4)),
            do: rule.do,
          })),
          otherwise: messages.otherwise,
        }),
  };
}

export const idAt = (pattern: string, index: number): string =>
  pattern.replace(/\{index(?::(0+))?\}/, (_, zeros: string | undefined) =>
    String(Number.isInteger(index) ? index : 1).padStart(zeros?.length ?? 0, '0'),
  );
