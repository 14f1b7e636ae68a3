// How this device reaches the hub, and its connection string for a device program of your own.
import { client } from '../connection/client.ts';
import { useTotals } from '../connection/hooks.ts';
import type { DeviceView } from '../connection/shapes.ts';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { count, millis, plural } from '../widgets/format.ts';
import { Secret } from '../widgets/Secret.tsx';
import { StateMark, stateMeanings } from '../widgets/StateMark.tsx';
import styles from './Device.module.css';

export function ConnectionTab({ view }: { readonly view: NonNullable<DeviceView> }) {
  const { row, connects } = view;
  const hostName = useTotals((totals) => totals.hub.hostName) ?? '';
  const spec = useTotals((totals) => totals.fleets.find((fleet) => fleet.name === row.fleet)?.spec);
  return (
    <dl className={styles.connection}>
      <dt>State</dt>
      <dd>
        <span className={styles.now}>
          <StateMark state={row.state} /> {row.detail ?? stateMeanings[row.state]}, <Elapsed at={row.since} />
        </span>
      </dd>
      <dt>Connection string</dt>
      <dd>
        <Secret
          masked={`HostName=${hostName};DeviceId=${row.id};SharedAccessKey=••••••••`}
          label="connection string"
          reveal={async () => (await client.run('hub.reveal', { kind: 'device', device: row.id })).connectionString}
        />
      </dd>
      <dt>Protocol</dt>
      <dd>
        {row.protocol.toUpperCase()} 3.1.1{row.tls ? ' over TLS' : ' on the plain loopback listener'}
      </dd>
      <dt>Connects</dt>
      <dd>{plural(connects, 'time')}</dd>
      {spec ? (
        <>
          <dt>Keep-alive</dt>
          <dd>{count(spec.keepAliveSeconds)} s</dd>
          <dt>Token lifetime</dt>
          <dd>{millis(spec.tokenLifetimeSeconds * 1_000)}</dd>
          <dt>Reconnect</dt>
          <dd>
            {spec.reconnect.kind === 'none'
              ? 'none'
              : `back-off from ${millis(spec.reconnect.first)} to ${millis(spec.reconnect.most)}, with jitter`}
          </dd>
        </>
      ) : null}
      <dt>Fleet</dt>
      <dd>{row.fleet}</dd>
      <dt>Behaviour</dt>
      <dd>
        <code>{row.behaviour}</code>
      </dd>
      <dt>Calls</dt>
      <dd>
        {count(row.calls)}, {count(row.failures)} failed, p95 {millis(row.p95)}
      </dd>
    </dl>
  );
}
