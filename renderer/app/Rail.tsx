// The screens, one icon each.
import { Tooltip } from '@mantine/core';
import {
  IconArrowsLeftRight,
  IconChecklist,
  IconLayoutGrid,
  IconListSearch,
  IconServer2,
  IconSettings,
} from '@tabler/icons-react';
import { actionOf } from '../actions/registry.ts';
import { type Screen, useWindow } from '../store/window.ts';
import { KeyText } from '../widgets/KeyText.tsx';
import styles from './Rail.module.css';

const entries = [
  { screen: 'fleet', name: 'Fleet', Icon: IconLayoutGrid },
  { screen: 'traffic', name: 'Traffic', Icon: IconArrowsLeftRight },
  { screen: 'query', name: 'Query', Icon: IconListSearch },
  { screen: 'jobs', name: 'Jobs', Icon: IconChecklist },
  { screen: 'hub', name: 'Hub', Icon: IconServer2 },
  { screen: 'settings', name: 'Settings', Icon: IconSettings },
] as const satisfies readonly { screen: Screen; name: string; Icon: unknown }[];

export function Rail() {
  const screen = useWindow((state) => state.screen);
  return (
    <nav aria-label="Screens" className={styles.rail}>
      {entries.map(({ screen: each, name, Icon }) => {
        const action = actionOf(`go.${each}`);
        return (
          <Tooltip
            key={each}
            position="right"
            label={
              <>
                {name}
                <KeyText shortcut={action.shortcut ?? ''} />
              </>
            }
          >
            <button
              type="button"
              aria-label={name}
              aria-current={screen === each ? 'page' : undefined}
              className={`${styles.entry} ${each === 'settings' ? styles.last : ''}`}
              onClick={action.perform}
            >
              <Icon aria-hidden="true" />
            </button>
          </Tooltip>
        );
      })}
    </nav>
  );
}
