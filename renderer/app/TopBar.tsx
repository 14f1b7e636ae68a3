// Hub, fleets and faults at a glance, with what can be done to them.
import { Menu } from '@mantine/core';
import {
  IconChevronDown,
  IconLayoutSidebarRight,
  IconPencil,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlus,
  IconSearch,
  IconTrash,
} from '@tabler/icons-react';
import { memo, useState } from 'react';
import { actionOf, order } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import type { FleetSummary, HubState } from '../connection/shapes.ts';
import { useWindow } from '../store/window.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { CopyText } from '../widgets/Copy.tsx';
import { count, plural } from '../widgets/format.ts';
import { KeyText } from '../widgets/KeyText.tsx';
import { Bolt, StateMark } from '../widgets/StateMark.tsx';
import styles from './TopBar.module.css';

const hubMarks = { starting: 'connecting', running: 'online', failed: 'failed', stopped: 'off' } as const;
const hubWords: Readonly<Record<HubState, string>> = {
  starting: 'Local hub starting',
  running: 'Local hub',
  failed: 'Local hub failed',
  stopped: 'Local hub stopped',
};
const search = actionOf('palette');
const side = actionOf('side.toggle');

export const TopBar = memo(function TopBar() {
  const sideOpen = useWindow((state) => state.sideOpen);
  return (
    <header className={styles.bar}>
      <h1 className={styles.name}>
        <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
          <circle cx="8" cy="8" r="2.5" />
          <path d="M8 1.5a6.5 6.5 0 0 1 6.5 6.5M8 14.5A6.5 6.5 0 0 1 1.5 8" />
          <circle cx="8" cy="1.6" r="1.1" />
          <circle cx="8" cy="14.4" r="1.1" />
        </svg>
        Hubfleet
      </h1>
      <Hub />
      <Fleets />
      <span className={styles.space} />
      <Faults />
      <button type="button" className={styles.search} onClick={search.perform}>
        <IconSearch aria-hidden="true" />
        <span>Search commands</span>
        <KeyText shortcut={search.shortcut ?? ''} />
      </button>
      <IconButton
        label={sideOpen ? 'Hide the side pane' : 'Show the side pane'}
        shortcut={side.shortcut}
        pressed={sideOpen}
        onClick={side.perform}
      >
        <IconLayoutSidebarRight />
      </IconButton>
    </header>
  );
});

function Hub() {
  const hub = useTotals((totals) => totals.hub);
  if (!hub) return <span className={styles.hub}>Waiting for the host</span>;
  return (
    <div className={styles.hub}>
      <StateMark state={hubMarks[hub.state]} />
      <span>{hubWords[hub.state]}</span>
      <CopyText text={hub.hostName} label="host name" />
    </div>
  );
}

function Fleets() {
  const fleets = useTotals((totals) => totals.fleets) ?? [];
  if (fleets.length === 0) return null;
  const only = fleets.length === 1 ? fleets[0] : undefined;
  const running = fleets.filter((fleet) => fleet.state !== 'stopped');
  return (
    <div className={styles.fleets}>
      <Menu position="bottom-start" width="20rem">
        <Menu.Target>
          <Button look="quiet">
            {only ? `Fleet ${only.name}` : `${fleets.length} fleets`}
            <span className="quiet">
              {running.length === 0
                ? 'stopped'
                : `${running.length < fleets.length ? `${running.length} ` : ''}running`}
            </span>
            <IconChevronDown aria-hidden="true" />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {fleets.map((fleet) => (
            <FleetItems key={fleet.name} fleet={fleet} />
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconPlus />} onClick={actionOf('fleet.new').perform}>
            Add a fleet
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {running.length > 0 ? (
        <Button
          look="quiet"
          icon={<IconPlayerStop aria-hidden="true" />}
          aria-label={only ? `Stop fleet ${only.name}` : 'Stop all fleets'}
          onClick={() => {
            for (const fleet of running) order('fleet.stop', { fleet: fleet.name });
          }}
        >
          Stop
        </Button>
      ) : (
        <Button
          look="quiet"
          icon={<IconPlayerPlay aria-hidden="true" />}
          aria-label={only ? `Start fleet ${only.name}` : 'Start all fleets'}
          onClick={() => {
            for (const fleet of fleets) order('fleet.start', { fleet: fleet.name });
          }}
        >
          Start
        </Button>
      )}
    </div>
  );
}

function FleetItems({ fleet }: { readonly fleet: FleetSummary }) {
  const stopped = fleet.state === 'stopped';
  // Identities on somebody else's hub are deleted at the second word, not the first.
  const remote = fleet.spec.hub !== 'local';
  const [sure, setSure] = useState(false);
  return (
    <>
      <Menu.Label>
        {fleet.name}: {count(fleet.online)} of {count(fleet.identities)} online
        {fleet.problem ? `. ${fleet.problem}` : ''}
      </Menu.Label>
      <Menu.Item
        leftSection={stopped ? <IconPlayerPlay /> : <IconPlayerStop />}
        onClick={() => order(stopped ? 'fleet.start' : 'fleet.stop', { fleet: fleet.name })}
      >
        {stopped ? 'Start' : 'Stop'} {fleet.name}
      </Menu.Item>
      <Menu.Item leftSection={<IconPencil />} onClick={() => useWindow.getState().openFleetForm(fleet.name)}>
        Change {fleet.name}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconTrash />}
        closeMenuOnClick={!remote || sure}
        onClick={() => {
          if (remote && !sure) setSure(true);
          else order('fleet.remove', { fleet: fleet.name, ...(remote ? { confirmRemote: true } : {}) });
        }}
      >
        {sure
          ? `Really delete its ${plural(fleet.identities, 'identity', 'identities')} on ${fleet.spec.hub}`
          : `Remove ${fleet.name} and its identities${remote ? ` on ${fleet.spec.hub}` : ''}`}
      </Menu.Item>
    </>
  );
}

function Faults() {
  const faults = useTotals((totals) => totals.faults.filter(({ spec }) => spec.enabled).length) ?? 0;
  return (
    <Button look="quiet" onClick={actionOf('faults.open').perform} className={styles.faults ?? ''}>
      {faults > 0 ? <Bolt /> : null}
      {faults === 0 ? 'No faults' : `${faults} ${faults === 1 ? 'fault' : 'faults'}`}
    </Button>
  );
}
