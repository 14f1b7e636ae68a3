// Above the devices: filter, table or wall, one more fleet. Below them: how many there are, and what can be done to the selected.
import {
  IconLayoutGrid,
  IconList,
  IconPlugConnected,
  IconPlugOff,
  IconPlus,
  IconRotate,
  IconX,
} from '@tabler/icons-react';
import { actionOf, selectAllMatching } from '../actions/registry.ts';
import { useSnapshot, useTotals } from '../connection/hooks.ts';
import { type FleetGroup, type FleetLook, useFleet } from '../store/fleet.ts';
import { useWindow } from '../store/window.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { FilterBox } from '../widgets/FilterBox.tsx';
import { count, plural } from '../widgets/format.ts';
import { Segments } from '../widgets/Segments.tsx';
import styles from './Fleet.module.css';

const tokens = [
  { token: 'state:dark', means: 'online, connecting, waiting, dark, failed, off' },
  { token: 'fleet:demo', means: 'devices of one fleet' },
  { token: 'fault:slow', means: 'devices under a fault' },
  { token: 'protocol:amqp*', means: 'mqtt, mqtt-ws, amqp, amqp-ws' },
  { token: 'auth:x509-*', means: 'sas, x509-self-signed, x509-ca' },
  { token: 'is:module', means: 'module, remote, busy, faulted, drifting, failing' },
  { token: '-state:online', means: 'all but these' },
] as const;

const looks: readonly { name: FleetLook; label: React.ReactNode; title: string }[] = [
  { name: 'table', label: <IconList aria-hidden="true" />, title: 'Table' },
  { name: 'wall', label: <IconLayoutGrid aria-hidden="true" />, title: 'Wall of cells' },
];

export function FleetToolbar() {
  const filter = useFleet((state) => state.filter);
  const setFilter = useFleet((state) => state.setFilter);
  const look = useFleet((state) => state.look);
  const group = useFleet((state) => state.group);
  const setLook = useFleet((state) => state.setLook);
  const deviceOpen = useWindow((state) => state.device !== undefined);
  return (
    <div className={styles.toolbar}>
      <FilterBox value={filter} change={setFilter} label="Filter devices" tokens={tokens} keyHint={!deviceOpen} />
      <span className={styles.space} />
      {look === 'table' ? (
        <select
          className={styles.by}
          aria-label="Group devices by"
          title="Group devices by"
          value={group}
          onChange={(event) => useFleet.getState().groupBy(event.target.value as FleetGroup)}
        >
          <option value="none">No groups</option>
          <option value="fleet">By fleet</option>
          <option value="protocol">By protocol</option>
        </select>
      ) : null}
      <Segments label="How to show the fleet" options={looks} chosen={look} choose={setLook} />
      <Button icon={<IconPlus aria-hidden="true" />} onClick={actionOf('fleet.new').perform}>
        Add fleet
      </Button>
    </div>
  );
}

export function FleetFooter() {
  const filter = useFleet((state) => state.filter);
  const chosen = useFleet((state) => state.selected.size);
  const total = useTotals((totals) => totals.devices.total) ?? 0;
  const { data } = useSnapshot('fleet', { filter, from: 0, count: 0 });
  const matching = data?.matching ?? total;
  const modules = useTotals((totals) => totals.fleets.some(({ spec }) => spec.modules.length > 0)) ?? false;
  const all = modules ? plural(total, 'identity', 'identities') : plural(total, 'device');
  return (
    <section className={styles.footer} aria-label="Selected devices">
      <span role="status" className={styles.count}>
        <span className={chosen > 0 ? styles.whole : ''}>
          {filter.trim() === '' ? all : `${count(matching)} of ${all}`}
        </span>
        {chosen > 0 ? <strong>{count(chosen)} selected</strong> : null}
      </span>
      {chosen > 0 ? (
        <>
          {chosen < matching ? (
            <Button look="quiet" onClick={() => void selectAllMatching()}>
              Select all {count(matching)}
            </Button>
          ) : null}
          <span className={styles.space} />
          <Button look="quiet" icon={<IconRotate aria-hidden="true" />} onClick={actionOf('device.reboot').perform}>
            <span>Reboot</span>
          </Button>
          <Button
            look="quiet"
            icon={<IconPlugConnected aria-hidden="true" />}
            onClick={actionOf('device.start').perform}
          >
            <span>Connect</span>
          </Button>
          <Button look="quiet" icon={<IconPlugOff aria-hidden="true" />} onClick={actionOf('device.stop').perform}>
            <span>Disconnect</span>
          </Button>
          <IconButton label="Select none" onClick={actionOf('fleet.selectNone').perform}>
            <IconX />
          </IconButton>
        </>
      ) : null}
    </section>
  );
}
