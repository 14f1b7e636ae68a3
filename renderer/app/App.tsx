// The window's frame: rail, top bar, banner, the screen in the middle, the side pane, the status bar.
import { Notifications } from '@mantine/notifications';
import { lazy, Suspense, useEffect } from 'react';
import { useKeys } from '../actions/keys.ts';
import { useTotals } from '../connection/hooks.ts';
import { FleetScreen } from '../fleet/FleetScreen.tsx';
import { useWindow } from '../store/window.ts';
import { TrafficScreen } from '../traffic/TrafficScreen.tsx';
import { hearHostTime } from '../widgets/now.ts';
import { Split } from '../widgets/Split.tsx';
import styles from './App.module.css';
import { FaultBanner } from './FaultBanner.tsx';
import { LostBar } from './LostBar.tsx';
import { Palette } from './Palette.tsx';
import { Rail } from './Rail.tsx';
import { Shortcuts } from './Shortcuts.tsx';
import { SidePane } from './SidePane.tsx';
import { StatusBar } from './StatusBar.tsx';
import { TopBar } from './TopBar.tsx';

const QueryScreen = lazy(() => import('../query/QueryScreen.tsx'));
const JobsScreen = lazy(() => import('../jobs/JobsScreen.tsx'));
const HubScreen = lazy(() => import('../hub/HubScreen.tsx'));
const SettingsScreen = lazy(() => import('../settings/SettingsScreen.tsx'));

export function App() {
  useKeys();
  const sideOpen = useWindow((state) => state.sideOpen);
  return (
    <div className={styles.window}>
      <HostClock />
      <TopBar />
      <LostBar />
      <FaultBanner />
      <div className={styles.body}>
        <Rail />
        <main className={styles.middle}>
          <Split
            name="window"
            direction="horizontal"
            panes={[
              { id: 'screen', min: '20rem', content: <Screen /> },
              sideOpen && { id: 'side', size: '23rem', min: '18rem', max: '60%', fixed: true, content: <SidePane /> },
            ]}
          />
        </main>
      </div>
      <StatusBar />
      <Palette />
      <Shortcuts />
      <Notifications position="bottom-right" limit={3} />
    </div>
  );
}

/** On its own, so that a tick of the totals draws nothing else again. */
function HostClock() {
  const at = useTotals((totals) => totals.at);
  useEffect(() => {
    if (at !== undefined) hearHostTime(at);
  }, [at]);
  return null;
}

function Screen() {
  const screen = useWindow((state) => state.screen);
  return (
    <div className={styles.screen}>
      <Suspense fallback={null}>
        {screen === 'fleet' ? <FleetScreen /> : null}
        {screen === 'traffic' ? <TrafficScreen /> : null}
        {screen === 'query' ? <QueryScreen /> : null}
        {screen === 'jobs' ? <JobsScreen /> : null}
        {screen === 'hub' ? <HubScreen /> : null}
        {screen === 'settings' ? <SettingsScreen /> : null}
      </Suspense>
    </div>
  );
}
