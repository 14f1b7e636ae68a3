// The faults that are on this device, and those that are meant for it alone but switched off.
import { IconPlus } from '@tabler/icons-react';
import { useTotals } from '../connection/hooks.ts';
import type { DeviceView } from '../connection/shapes.ts';
import { FaultList } from '../faults/FaultList.tsx';
import { showFaults } from '../store/faults.ts';
import { Button } from '../widgets/Button.tsx';
import { plural } from '../widgets/format.ts';
import { Empty } from '../widgets/Notes.tsx';
import styles from './Device.module.css';

export function FaultsTab({ view: { row } }: { readonly view: NonNullable<DeviceView> }) {
  const names: readonly string[] = row.faults;
  const faults =
    useTotals((totals) => totals.faults.filter(({ spec }) => names.includes(spec.name) || spec.on.device === row.id)) ??
    [];
  const add = (
    <Button icon={<IconPlus aria-hidden="true" />} onClick={() => showFaults({ kind: 'choose', device: row.id })}>
      Add a fault on this device
    </Button>
  );
  return (
    <div className={styles.tab}>
      <div className={styles.bar}>
        <span className="quiet">
          {names.length === 0 ? 'No fault is on it' : `${plural(names.length, 'fault')} on it`}
        </span>
        <span className={styles.space} />
        {faults.length > 0 ? add : null}
      </div>
      {faults.length === 0 ? (
        <Empty title="Nothing goes wrong here on purpose">{add}</Empty>
      ) : (
        <div className={`${styles.scroll} ${styles.flush}`}>
          <FaultList faults={faults} />
        </div>
      )}
    </div>
  );
}
