// A message to what is selected, or else to the open device.
import { selectedDevices } from '../invoker/invoke.ts';
import { useFleet } from '../store/fleet.ts';
import { useWindow } from '../store/window.ts';
import { count } from '../widgets/format.ts';
import { Composer } from './Composer.tsx';
import styles from './Messages.module.css';

export default function MessagePane() {
  const selected = useFleet((state) => state.selected);
  const open = useWindow((state) => state.device);
  const devices = selectedDevices(selected, open);
  return (
    <div className={styles.pane}>
      <dl className={styles.target}>
        <dt>Cloud-to-device message to</dt>
        <dd>
          {devices.length === 0 ? (
            <span className="quiet">nobody yet: select devices in the fleet, or find them with a query</span>
          ) : devices.length === 1 ? (
            <code>{devices[0]}</code>
          ) : (
            `${count(devices.length)} selected devices`
          )}
        </dd>
      </dl>
      <Composer devices={devices} />
    </div>
  );
}
