// While any fault is on, this says so in plain words, so that nobody hunts a fault that is on purpose.
import { actionOf } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import { describeSettings } from '../faults/words.ts';
import { Button } from '../widgets/Button.tsx';
import { plural } from '../widgets/format.ts';
import { Bolt } from '../widgets/StateMark.tsx';
import styles from './Bars.module.css';

const open = actionOf('faults.open');
const lift = actionOf('faults.liftAll');

export function FaultBanner() {
  const faults = useTotals((totals) => totals.faults);
  if (!faults || faults.length === 0) return null;
  return (
    <section aria-label="Active faults" className={`${styles.bar} ${styles.faults}`}>
      <Bolt />
      <span className={`${styles.grow} clip`}>
        <strong>{plural(faults.length, 'fault')} active</strong>
        {faults.map((fault) => (
          <span key={fault.spec.name} className={styles.fault}>
            <b>{fault.spec.name}</b> {describeSettings(fault.spec.settings)} on {plural(fault.devices, 'device')}
            {fault.strikes > 0 ? `, struck ${plural(fault.strikes, 'time')}` : ''}
          </span>
        ))}
      </span>
      <Button look="quiet" onClick={open.perform}>
        Show
      </Button>
      <Button look="quiet" onClick={lift.perform}>
        Lift all
      </Button>
    </section>
  );
}
