// The faults there are, each with its switch, changeable and liftable while all runs; the presets, and the way to one more.
import { IconPlus } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { faultPresets } from '../../preload/contract/spec-forms.ts';
import { actionOf } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import { addPreset, type FaultsShown, useFaults } from '../store/faults.ts';
import { Button } from '../widgets/Button.tsx';
import { plural } from '../widgets/format.ts';
import { Heading } from '../widgets/Notes.tsx';
import { FaultForm } from './FaultForm.tsx';
import { FaultList } from './FaultList.tsx';
import styles from './Faults.module.css';
import { KindChoice } from './KindChoice.tsx';

export default function FaultsPane() {
  const faults = useTotals((totals) => totals.faults) ?? [];
  const shown = useFaults((state) => state.shown);
  const show = useFaults((state) => state.show);
  const back = () => show({ kind: 'list' });
  useFocusKept(shown);
  if (shown.kind === 'choose') {
    return (
      <KindChoice
        choose={(fault) =>
          show({ kind: 'new', fault, ...(shown.device === undefined ? {} : { device: shown.device }) })
        }
        back={back}
      />
    );
  }
  if (shown.kind === 'new') return <FaultForm key={shown.fault} begin={shown} done={back} />;
  const on = faults.filter(({ spec }) => spec.enabled).length;
  return (
    <div className={styles.pane}>
      <div className={styles.heading}>
        <Heading
          after={
            <span className={styles.deeds}>
              {faults.length > 0 ? (
                <Button look="quiet" onClick={actionOf('faults.liftAll').perform}>
                  Lift all
                </Button>
              ) : null}
              <Button data-add-fault icon={<IconPlus aria-hidden="true" />} onClick={() => show({ kind: 'choose' })}>
                Add a fault
              </Button>
            </span>
          }
        >
          {headline(faults.length, on)}
        </Heading>
      </div>
      {faults.length === 0 ? (
        <p className={styles.lead}>
          A fault makes a part go wrong on purpose: replies, links, twins, the hub itself. It can be changed, switched
          off and lifted at any time.
        </p>
      ) : null}
      <FaultList
        faults={faults}
        below={({ spec }) =>
          shown.kind === 'change' && shown.name === spec.name ? <FaultForm of={spec} done={back} /> : null
        }
      />
      <section className={styles.presets} aria-label="Presets">
        <h3>Presets, one click and then as you like</h3>
        <ul>
          {faultPresets.map(({ name, title, description }) => (
            <li key={name}>
              <button type="button" className={styles.choice} onClick={() => void addPreset(name)}>
                <b>{title}</b>
                <span>{description}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

/** Back in the list the keyboard goes on where it left: what had its focus is gone with the form. */
function useFocusKept(shown: FaultsShown): void {
  const last = useRef(shown);
  useEffect(() => {
    const before = last.current;
    last.current = shown;
    if (shown.kind !== 'list' || before.kind === 'list' || document.activeElement !== document.body) return;
    const name = before.kind === 'change' ? `Change ${before.name}` : undefined;
    const place = name === undefined ? '[data-add-fault]' : `[aria-label=${JSON.stringify(name)}]`;
    document.querySelector<HTMLElement>(place)?.focus();
  }, [shown]);
}

function headline(all: number, on: number): string {
  if (all === 0) return 'No fault';
  return on === all ? `${plural(all, 'fault')} on` : `${on} of ${plural(all, 'fault')} on`;
}
