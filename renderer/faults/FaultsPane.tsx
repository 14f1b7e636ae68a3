// The faults there are, each with its switch, changeable and liftable while all runs; the presets, and the way to one more.
import { IconPencil, IconPlus, IconX } from '@tabler/icons-react';
import { faultPresets } from '../../preload/contract/spec-forms.ts';
import { actionOf, order } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import type { FaultSummary } from '../connection/shapes.ts';
import { addPreset, useFaults } from '../store/faults.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { count, plural } from '../widgets/format.ts';
import { Heading } from '../widgets/Notes.tsx';
import { Switch } from '../widgets/Switch.tsx';
import { FaultForm } from './FaultForm.tsx';
import styles from './Faults.module.css';
import { KindChoice } from './KindChoice.tsx';
import { formOfKind } from './kinds.ts';
import { describeSettings, describeTarget, describeWhen, titleOf } from './words.ts';

export default function FaultsPane() {
  const faults = useTotals((totals) => totals.faults) ?? [];
  const shown = useFaults((state) => state.shown);
  const show = useFaults((state) => state.show);
  const back = () => show({ kind: 'list' });
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
              <Button icon={<IconPlus aria-hidden="true" />} onClick={() => show({ kind: 'choose' })}>
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
      <ul className={styles.list} aria-label="Faults">
        {faults.map((fault) => (
          <li key={fault.spec.name}>
            <FaultRow fault={fault} />
            {shown.kind === 'change' && shown.name === fault.spec.name ? (
              <FaultForm of={fault.spec} done={back} />
            ) : null}
          </li>
        ))}
      </ul>
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

function headline(all: number, on: number): string {
  if (all === 0) return 'No fault';
  return on === all ? `${plural(all, 'fault')} on` : `${on} of ${plural(all, 'fault')} on`;
}

/** One fault: what it does, to whom, when, and how often it did. */
export function FaultRow({ fault: { spec, devices, strikes } }: { readonly fault: FaultSummary }) {
  const shown = useFaults((state) => state.shown);
  const show = useFaults((state) => state.show);
  const open = shown.kind === 'change' && shown.name === spec.name;
  const what = describeSettings(spec.settings);
  const when = describeWhen(spec.when);
  const whole = formOfKind(spec.settings.kind).touches === 'hub';
  return (
    <div className={`${styles.fault} ${spec.enabled ? '' : styles.off}`}>
      <Switch
        label={`Fault ${spec.name}`}
        on={spec.enabled}
        change={(enabled) => order('fault.change', { spec: { ...spec, enabled } })}
      />
      <div className={styles.words}>
        <span className="clip">
          <b>{spec.name}</b> {titleOf(spec.settings.kind)}
        </span>
        {what === '' ? null : <span className={styles.what}>{what}</span>}
        <span className="quiet">
          {whole ? 'The whole hub' : `${describeTarget(spec.on)}: ${plural(devices, 'device')}`}
          {when === '' ? '' : `; ${when}`}
        </span>
      </div>
      <span className={styles.strikes} title={`Struck ${plural(strikes, 'time')} since it was added`}>
        {count(strikes)}
        <span className="quiet">{strikes === 1 ? 'strike' : 'strikes'}</span>
      </span>
      <IconButton
        label={`Change ${spec.name}`}
        aria-expanded={open}
        onClick={() => show(open ? { kind: 'list' } : { kind: 'change', name: spec.name })}
      >
        <IconPencil />
      </IconButton>
      <IconButton label={`Lift ${spec.name}`} onClick={() => order('fault.lift', { fault: spec.name })}>
        <IconX />
      </IconButton>
    </div>
  );
}
