// The fleet: a table or a wall, filtered as you type; beside it, when one is open, the page of a device.
import { useTotals } from '../connection/hooks.ts';
import { DevicePage } from '../device/DevicePage.tsx';
import { useFleet } from '../store/fleet.ts';
import { useWindow } from '../store/window.ts';
import { Split } from '../widgets/Split.tsx';
import { useWidth } from '../widgets/width.ts';
import styles from './Fleet.module.css';
import { FleetTable } from './FleetTable.tsx';
import { FleetFooter, FleetToolbar } from './FleetToolbar.tsx';
import { NoFleet } from './NoFleet.tsx';
import { Wall } from './Wall.tsx';

/** Below this a list and a page side by side serve neither: the page takes it all and Esc gives it back. In rem. */
const enoughForTwo = 44;

export function FleetScreen() {
  const device = useWindow((state) => state.device);
  const fleets = useTotals((totals) => totals.fleets.length);
  const [ref, width] = useWidth();
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const narrow = width > 0 && width < enoughForTwo * rem;

  return (
    <div ref={ref} className={styles.screen}>
      {fleets === 0 ? (
        <NoFleet />
      ) : (
        <Split
          name="fleet"
          direction="horizontal"
          panes={[
            (!device || !narrow) && { id: 'devices', min: '12rem', content: <Devices /> },
            device !== undefined && {
              id: 'device',
              size: narrow ? '100%' : '64%',
              min: '20rem',
              content: <DevicePage key={device} device={device} />,
            },
          ]}
        />
      )}
    </div>
  );
}

function Devices() {
  const look = useFleet((state) => state.look);
  return (
    <section aria-label="Devices" className={styles.devices}>
      <FleetToolbar />
      {look === 'table' ? <FleetTable /> : <Wall />}
      <FleetFooter />
    </section>
  );
}
