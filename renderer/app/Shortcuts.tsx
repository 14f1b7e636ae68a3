// The list of shortcuts, from the same registry the keys are read from.
import { Modal } from '@mantine/core';
import { allActions } from '../actions/registry.ts';
import { useWindow } from '../store/window.ts';
import { KeyText } from '../widgets/KeyText.tsx';
import styles from './Shortcuts.module.css';

const inLists = [
  ['Move in a list', ['ArrowUp', 'ArrowDown', 'Home', 'End']],
  ['Open the row', ['Enter']],
  ['Select the row', ['Space']],
  ['Select a range', ['shift+ArrowDown']],
] as const;

export function Shortcuts() {
  const opened = useWindow((state) => state.shortcutsOpen);
  const show = useWindow((state) => state.showShortcuts);
  return (
    <Modal
      opened={opened}
      onClose={() => show(false)}
      title="Shortcuts"
      size="26rem"
      classNames={{ content: styles.sheet ?? '', header: styles.header ?? '', title: styles.title ?? '' }}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <dl className={styles.list}>
        {allActions()
          .filter((action) => action.shortcut)
          .map((action) => (
            <div key={action.id}>
              <dt>{action.name}</dt>
              <dd>
                <KeyText shortcut={action.shortcut ?? ''} />
              </dd>
            </div>
          ))}
        {inLists.map(([name, keys]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {keys.map((key) => (
                <KeyText key={key} shortcut={key} />
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
