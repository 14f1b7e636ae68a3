// Faults below each other, each with its switch, the way to change it and the way to lift it.
import { IconPencil, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { order } from '../actions/registry.ts';
import type { FaultSummary } from '../connection/shapes.ts';
import { showFaults, useFaults } from '../store/faults.ts';
import { IconButton } from '../widgets/Button.tsx';
import { count, plural } from '../widgets/format.ts';
import { Switch } from '../widgets/Switch.tsx';
import styles from './Faults.module.css';
import { formOfKind } from './kinds.ts';
import { describeSettings, describeTarget, describeWhen, titleOf } from './words.ts';

export function FaultList({
  faults,
  below,
}: {
  readonly faults: readonly FaultSummary[];
  /** What stands under a row, such as its form. */
  readonly below?: (fault: FaultSummary) => ReactNode;
}) {
  return (
    <ul className={styles.list} aria-label="Faults">
      {faults.map((fault) => (
        <li key={fault.spec.name}>
          <FaultRow fault={fault} />
          {below?.(fault)}
        </li>
      ))}
    </ul>
  );
}

/** One fault: what it does, to whom, when, and how often it did. */
function FaultRow({ fault: { spec, devices, strikes } }: { readonly fault: FaultSummary }) {
  const shown = useFaults((state) => state.shown);
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
        onClick={() => showFaults(open ? { kind: 'list' } : { kind: 'change', name: spec.name })}
      >
        <IconPencil />
      </IconButton>
      <IconButton label={`Lift ${spec.name}`} onClick={() => order('fault.lift', { fault: spec.name })}>
        <IconX />
      </IconButton>
    </div>
  );
}
