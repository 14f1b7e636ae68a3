// While any fault is on, this says so in plain words, so that nobody hunts a fault that is on purpose.
import { actionOf } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import type { FaultSettings } from '../connection/shapes.ts';
import { describeSettings, titleOf } from '../faults/words.ts';
import { Button } from '../widgets/Button.tsx';
import { count, plural } from '../widgets/format.ts';
import { Bolt } from '../widgets/StateMark.tsx';
import styles from './Bars.module.css';

const open = actionOf('faults.open');
const lift = actionOf('faults.liftAll');

export function FaultBanner() {
  const faults = useTotals((totals) => totals.faults.filter(({ spec }) => spec.enabled)) ?? [];
  if (faults.length === 0) return null;
  const strikes = faults.reduce((sum, fault) => sum + fault.strikes, 0);
  return (
    <section aria-label="Active faults" className={`${styles.bar} ${styles.faults}`}>
      <Bolt />
      <span className={`${styles.grow} clip`}>
        <strong>{plural(faults.length, 'fault')} active</strong>, {plural(strikes, 'strike')}
        {faults.map(({ spec, devices, strikes: own }) => (
          <span key={spec.name} className={styles.fault} title={detailOf(spec.settings)}>
            <b>{spec.name}</b> {titleOf(spec.settings.kind).toLowerCase()} on {plural(devices, 'device')}
            {faults.length > 1 && own > 0 ? ` (${count(own)})` : ''}
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

const detailOf = (settings: FaultSettings): string => {
  const set = describeSettings(settings);
  return `${titleOf(settings.kind)}${set === '' ? '' : `: ${set}`}`;
};
