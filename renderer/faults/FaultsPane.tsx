// The faults that are on, each changeable and liftable while all runs, and the form for one more.
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { actionOf, order } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { count, plural } from '../widgets/format.ts';
import { Heading } from '../widgets/Notes.tsx';
import { Bolt } from '../widgets/StateMark.tsx';
import { FaultForm } from './FaultForm.tsx';
import styles from './Faults.module.css';
import { describeSettings, describeTarget } from './words.ts';

export default function FaultsPane() {
  const faults = useTotals((totals) => totals.faults) ?? [];
  const [open, setOpen] = useState<string | undefined>();
  return (
    <div className={styles.pane}>
      <div className={styles.heading}>
        <Heading
          after={
            faults.length > 0 ? (
              <Button look="quiet" onClick={actionOf('faults.liftAll').perform}>
                Lift all
              </Button>
            ) : null
          }
        >
          {faults.length === 0 ? 'No fault is on' : `${plural(faults.length, 'fault')} on`}
        </Heading>
      </div>
      {faults.length === 0 ? (
        <p className={styles.lead}>
          A fault makes a part of the fleet slow or silent on purpose. It can be changed and lifted at any time.
        </p>
      ) : null}
      <ul className={styles.list} aria-label="Faults">
        {faults.map(({ spec, devices, touched }) => (
          <li key={spec.name}>
            <div className={styles.fault}>
              <Bolt />
              <div className={styles.words}>
                <span>
                  <b>{spec.name}</b> {describeSettings(spec.settings)}
                </span>
                <span className="quiet">
                  {describeTarget(spec.on)}: {plural(devices, 'device')}, {count(touched)}{' '}
                  {touched === 1 ? 'reply' : 'replies'} touched
                </span>
              </div>
              <Button
                look="quiet"
                aria-expanded={open === spec.name}
                onClick={() => setOpen(open === spec.name ? undefined : spec.name)}
              >
                Change
              </Button>
              <IconButton label={`Lift ${spec.name}`} onClick={() => order('fault.lift', { fault: spec.name })}>
                <IconX />
              </IconButton>
            </div>
            {open === spec.name ? <FaultForm of={spec} done={() => setOpen(undefined)} /> : null}
          </li>
        ))}
      </ul>
      <div className={styles.add}>
        {open === '' ? (
          <FaultForm done={() => setOpen(undefined)} />
        ) : (
          <Button icon={<IconPlus aria-hidden="true" />} onClick={() => setOpen('')}>
            Add a fault
          </Button>
        )}
      </div>
    </div>
  );
}
