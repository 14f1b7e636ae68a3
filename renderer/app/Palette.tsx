// The palette: every command that can be done now, by name.
import { Spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { type Action, allActions } from '../actions/registry.ts';
import { KeyText } from '../widgets/KeyText.tsx';

export function Palette() {
  // Read when it opens: what can be done is a question of the moment.
  const [actions, setActions] = useState(() => shown());
  const groups = new Map<string, Action[]>();
  for (const action of actions) groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
  return (
    <Spotlight
      shortcut={null}
      attributes={{ content: { 'aria-label': 'Commands' } }}
      transitionProps={{ duration: 0 }}
      scrollable
      maxHeight="26rem"
      highlightQuery={false}
      onSpotlightOpen={() => setActions(shown())}
      nothingFound="No command of that name"
      searchProps={{
        placeholder: 'Search commands',
        'aria-label': 'Search commands',
        leftSection: <IconSearch size="1rem" aria-hidden="true" />,
      }}
      actions={[...groups].map(([group, list]) => ({
        group,
        actions: list.map((action) => ({
          id: action.id,
          label: action.name,
          rightSection: action.shortcut ? <KeyText shortcut={action.shortcut} /> : null,
          onClick: action.perform,
        })),
      }))}
    />
  );
}

const shown = () => allActions().filter((action) => !action.hidden && action.enabled?.() !== false);
