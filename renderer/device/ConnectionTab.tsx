// How this device reaches the hub, and its connection string for a device program of your own.
import type { ReactNode } from 'react';
import { client } from '../connection/client.ts';
import { useTotals } from '../connection/hooks.ts';
import type { DeviceRow, DeviceView, FleetSummary } from '../connection/shapes.ts';
import { CopyText } from '../widgets/Copy.tsx';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { count, millis, plural } from '../widgets/format.ts';
import { authenticationWords } from '../widgets/ProtocolMark.tsx';
import { Secret } from '../widgets/Secret.tsx';
import { StateMark, stateMeanings } from '../widgets/StateMark.tsx';
import styles from './Device.module.css';

type Spec = FleetSummary['spec'];

const wires: Readonly<Record<DeviceRow['protocol'], string>> = {
  mqtt: 'MQTT 3.1.1',
  'mqtt-ws': 'MQTT 3.1.1 in a WebSocket',
  amqp: 'AMQP 1.0',
  'amqp-ws': 'AMQP 1.0 in a WebSocket',
  https: 'HTTPS',
};

export function ConnectionTab({ view }: { readonly view: NonNullable<DeviceView> }) {
  const { row, connects, twin } = view;
  const local = useTotals((totals) => totals.hub.hostName) ?? '';
  const spec = useTotals((totals) => totals.fleets.find((fleet) => fleet.name === row.fleet)?.spec);
  const byKey = row.authentication === 'sas';
  const hostName = row.remote ?? local;
  const facts: readonly (readonly [string, ReactNode])[] = [
    [
      'State',
      <span key="state" className={styles.now}>
        <StateMark state={row.state} /> {row.detail ?? stateMeanings[row.state]}, <Elapsed at={row.since} />
      </span>,
    ],
    ['Hub', row.remote === undefined ? undefined : <code key="hub">{row.remote}</code>],
    [
      'Connection string',
      <Secret
        key="secret"
        masked={`HostName=${hostName};${idPart(row.id)};${byKey ? 'SharedAccessKey=••••••••' : 'x509=true'}`}
        label="connection string"
        reveal={async () => (await client.run('hub.reveal', { kind: 'device', device: row.id })).connectionString}
      />,
    ],
    ['Protocol', `${wires[row.protocol]}${row.tls ? ' over TLS' : ' on the plain loopback listener'}`],
    ['Shared connection', spec && shared(row, spec)],
    ['Authentication', authenticationWords[row.authentication]],
    [
      'Thumbprint',
      byKey || twin?.thumbprint === undefined ? undefined : (
        <CopyText key="thumbprint" text={twin.thumbprint} label="thumbprint" />
      ),
    ],
    [
      'Token',
      byKey && spec
        ? `lives ${millis(spec.tokenLifetimeSeconds * 1_000)}, renewed before it ends without a new connection`
        : undefined,
    ],
    ['Connects', plural(connects, 'time')],
    ['Keep-alive', spec && `${count(spec.keepAliveSeconds)} s`],
    [
      'Reconnect',
      spec &&
        (spec.reconnect.kind === 'none'
          ? 'none'
          : `back-off from ${millis(spec.reconnect.first)} to ${millis(spec.reconnect.most)}, with jitter`),
    ],
    ['Fleet', row.fleet],
    ['Behaviour', <code key="behaviour">{row.behaviour}</code>],
    ['Calls', `${count(row.calls)}, ${count(row.failures)} failed, p95 ${millis(row.p95)}`],
    ['Telemetry', spec && telemetryWords(row, spec)],
    ['Messages taken', spec && `${count(row.messages)}, ${settlingWords(spec)}`],
  ];
  return (
    <dl className={styles.connection}>
      {facts
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function idPart(id: string): string {
  const [device, module] = id.split('/');
  return module === undefined ? `DeviceId=${device}` : `DeviceId=${device};ModuleId=${module}`;
}

function shared(row: DeviceRow, { devicesPerConnection }: Spec): string | undefined {
  if (!row.protocol.startsWith('amqp') || devicesPerConnection === 1) return undefined;
  return `one AMQP connection for up to ${plural(devicesPerConnection, 'device')} of the fleet`;
}

function telemetryWords({ telemetry }: DeviceRow, spec: Spec): string {
  if (spec.telemetry === undefined) return 'none';
  const every = `every ${millis(spec.telemetry.intervalMs)}`;
  const failed = telemetry.failed > 0 ? `, ${count(telemetry.failed)} refused or lost` : '';
  return `${plural(telemetry.sent, 'message')} taken by the hub${failed}, ${every}`;
}

function settlingWords({ messages }: Spec): string {
  if (messages === 'complete') return 'each completed';
  if (messages === 'reject') return 'each rejected';
  if (messages === 'abandon') return 'each abandoned';
  return `settled by ${plural(messages.rules.length, 'rule')}`;
}
