// The pane at the right: the invoker, always in reach; faults; the form for a new fleet.
import { IconX } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { actionOf } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import { Invoker } from '../invoker/Invoker.tsx';
import { type SideTab, useWindow } from '../store/window.ts';
import { IconButton } from '../widgets/Button.tsx';
import { type Tab, Tabs } from '../widgets/Tabs.tsx';
import styles from './SidePane.module.css';

const MessagePane = lazy(() => import('../messages/MessagePane.tsx'));
const FaultsPane = lazy(() => import('../faults/FaultsPane.tsx'));
const NewFleet = lazy(() => import('../fleet/NewFleet.tsx'));
const ChangeFleet = lazy(() => import('../fleet/ChangeFleet.tsx'));
const toggle = actionOf('side.toggle');

export function SidePane() {
  const chosen = useWindow((state) => state.sideTab);
  const openSide = useWindow((state) => state.openSide);
  const fleet = useWindow((state) => state.fleetInForm);
  const faults = useTotals((totals) => totals.faults.length) ?? 0;
  const tabs: readonly Tab<SideTab>[] = [
    { name: 'invoke', label: 'Invoke' },
    { name: 'message', label: 'Message' },
    {
      name: 'faults',
      label: <>Faults{faults > 0 ? <span className={styles.count}>{faults}</span> : null}</>,
    },
    { name: 'new-fleet', label: fleet === undefined ? 'New fleet' : 'Change fleet' },
  ];
  return (
    <section aria-label="Side pane" className={styles.pane}>
      <Tabs
        label="Side pane"
        tabs={tabs}
        chosen={chosen}
        choose={openSide}
        after={
          <IconButton label="Hide the side pane" shortcut={toggle.shortcut} onClick={toggle.perform}>
            <IconX />
          </IconButton>
        }
      >
        <Suspense fallback={null}>
          {chosen === 'invoke' ? <Invoker /> : null}
          {chosen === 'message' ? <MessagePane /> : null}
          {chosen === 'faults' ? <FaultsPane /> : null}
          {chosen === 'new-fleet' ? (
            fleet === undefined ? (
              <NewFleet />
            ) : (
              <ChangeFleet key={fleet} fleet={fleet} />
            )
          ) : null}
        </Suspense>
      </Tabs>
    </section>
  );
}
