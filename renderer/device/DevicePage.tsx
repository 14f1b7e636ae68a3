// One device beside the fleet: what it is now, what can be done to it, its traffic, its twin, its connection. Esc closes it.
import { IconArrowLeft, IconPlugConnected, IconPlugOff, IconRotate, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { actionOf, order } from '../actions/registry.ts';
import { useSnapshot } from '../connection/hooks.ts';
import { MessagesTab } from '../messages/MessagesTab.tsx';
import { useTraffic } from '../store/traffic.ts';
import { type DeviceTab, useWindow } from '../store/window.ts';
import { TrafficPane } from '../traffic/TrafficPane.tsx';
import { Button, IconButton } from '../widgets/Button.tsx';
import { CopyText } from '../widgets/Copy.tsx';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { Empty } from '../widgets/Notes.tsx';
import { Bolt, StateMark, stateMeanings, stateWords } from '../widgets/StateMark.tsx';
import { type Tab, Tabs } from '../widgets/Tabs.tsx';
import { BehaviourTab } from './BehaviourTab.tsx';
import { ConnectionTab } from './ConnectionTab.tsx';
import styles from './Device.module.css';
import { FaultsTab } from './FaultsTab.tsx';
import { Relatives } from './Relatives.tsx';
import { TwinTab } from './TwinTab.tsx';

const close = actionOf('device.close');

export function DevicePage({ device }: { readonly device: string }) {
  const { data, error } = useSnapshot('device', { device });
  const tab = useWindow((state) => state.deviceTab);
  const showTab = useWindow((state) => state.showDeviceTab);
  const reset = useTraffic((state) => state.reset);
  // The page is made anew for each device; its table begins unfiltered.
  useEffect(() => () => reset('device'), [reset]);

  const row = data?.row;
  const drifts = data?.twin?.drift.length ?? 0;
  const tabs: readonly Tab<DeviceTab>[] = [
    { name: 'traffic', label: 'Traffic' },
    {
      name: 'twin',
      label: (
        <>
          Twin
          {drifts > 0 ? <span className={styles.drifts}>{drifts} ≠</span> : null}
        </>
      ),
    },
    { name: 'messages', label: 'Messages' },
    { name: 'behaviour', label: 'Behaviour' },
    {
      name: 'faults',
      label: (
        <>
          Faults
          {row && row.faults.length > 0 ? <span className={styles.drifts}>{row.faults.length}</span> : null}
        </>
      ),
    },
    { name: 'connection', label: 'Connection' },
  ];

  return (
    <section aria-label={`Device ${device}`} className={styles.page}>
      <header className={styles.header}>
        {row ? <StateMark state={row.state} busy={row.inFlight > 0} /> : null}
        <h2 className={styles.id}>
          <CopyText text={device} label="device id" />
        </h2>
        {row ? (
          <span className={`${styles.state} clip`} title={stateMeanings[row.state]} role="status">
            {stateWords[row.state]}
            {row.detail ? `, ${row.detail}` : ''}
          </span>
        ) : null}
        {row ? (
          <span className="quiet clip">
            <Elapsed at={row.since} />
          </span>
        ) : null}
        {row && row.faults.length > 0 ? (
          <span className={styles.faults} title={`Under ${row.faults.join(', ')}`}>
            <Bolt />
            {row.faults.join(', ')}
          </span>
        ) : null}
        <span className={styles.space} />
        {row ? (
          <>
            <Button
              icon={<IconRotate aria-hidden="true" />}
              disabled={row.state === 'off'}
              title="Drops the link as a power cycle would"
              onClick={() => order('device.reboot', { devices: [device] })}
            >
              <span>Reboot</span>
            </Button>
            {row.state === 'off' || row.state === 'failed' ? (
              <Button
                icon={<IconPlugConnected aria-hidden="true" />}
                onClick={() => order('device.start', { devices: [device] })}
              >
                <span>Connect</span>
              </Button>
            ) : (
              <Button
                icon={<IconPlugOff aria-hidden="true" />}
                onClick={() => order('device.stop', { devices: [device] })}
              >
                <span>Disconnect</span>
              </Button>
            )}
          </>
        ) : null}
        <IconButton label="Close the device" shortcut={close.shortcut} onClick={close.perform}>
          <IconX />
        </IconButton>
      </header>
      {row ? <Relatives device={device} fleet={row.fleet} /> : null}
      {data === null || error ? (
        <Empty title={error?.message ?? `There is no device ${device}`}>
          <Button icon={<IconArrowLeft aria-hidden="true" />} onClick={close.perform}>
            Back to the fleet
          </Button>
        </Empty>
      ) : (
        <Tabs label={`Device ${device}`} tabs={tabs} chosen={tab} choose={showTab}>
          {tab === 'traffic' ? <TrafficPane place="device" device={device} /> : null}
          {tab === 'twin' && data ? <TwinTab device={device} view={data} /> : null}
          {tab === 'messages' && data ? <MessagesTab device={device} /> : null}
          {tab === 'behaviour' && data ? <BehaviourTab view={data} /> : null}
          {tab === 'faults' && data ? <FaultsTab view={data} /> : null}
          {tab === 'connection' && data ? <ConnectionTab view={data} /> : null}
        </Tabs>
      )}
    </section>
  );
}
