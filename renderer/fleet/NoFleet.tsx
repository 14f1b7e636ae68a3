// First start: the demo fleet, already typed in, one click away.
import { IconPlayerPlay } from '@tabler/icons-react';
import { actionOf } from '../actions/registry.ts';
import { client } from '../connection/client.ts';
import { useAttempt } from '../connection/hooks.ts';
import { Button } from '../widgets/Button.tsx';
import { Problem } from '../widgets/Notes.tsx';
import { Bolt } from '../widgets/StateMark.tsx';
import styles from './Fleet.module.css';

export function NoFleet() {
  const { busy, problem, attempt } = useAttempt();
  return (
    <section className={styles.none} aria-label="No devices yet">
      <h2>No devices yet</h2>
      <p>
        The local hub is ready for them. Start with the demo fleet, call its method reboot, and watch a device answer,
        go dark, come back and report.
      </p>
      <dl className={styles.plan}>
        <dt>Fleet</dt>
        <dd>demo</dd>
        <dt>Devices</dt>
        <dd>100 over MQTT</dd>
        <dt>Behaviour</dt>
        <dd>
          <code>reboot</code> answers 200, reports lastReboot, restarts
        </dd>
        <dt>Faults</dt>
        <dd>
          <Bolt /> 7% answer late, 2% never answer
        </dd>
      </dl>
      <Problem problem={problem} />
      <div className={styles.deeds}>
        <Button
          look="main"
          disabled={busy}
          icon={<IconPlayerPlay aria-hidden="true" />}
          onClick={() => void attempt(() => client.run('fleet.demo', {}))}
        >
          Start the demo fleet
        </Button>
        <Button onClick={actionOf('fleet.new').perform}>Add a fleet of your own</Button>
      </div>
      <p className={styles.other}>
        <button
          type="button"
          disabled={busy}
          onClick={() => void attempt(() => client.run('fleet.demo', { demo: 'firmware' }))}
        >
          Or start the firmware fleet
        </button>
        : 200 devices whose <code>firmwareUpdate</code> reports each phase in the twin. Every tenth update fails.
      </p>
    </section>
  );
}
