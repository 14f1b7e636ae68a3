// Two panes with a line between them that can be dragged or moved with the arrow keys; where it stands is remembered.
import { type ReactNode, useEffect, useRef } from 'react';
import { Group, type GroupImperativeHandle, type Layout, Panel, Separator } from 'react-resizable-panels';
import styles from './Split.module.css';

export interface Pane {
  readonly id: string;
  readonly content: ReactNode;
  /** CSS lengths (`22rem`, `40%`). */
  readonly size?: string;
  readonly min: string;
  readonly max?: string;
  /** Keeps its width when the window grows. */
  readonly fixed?: boolean;
}

export function Split({
  name,
  direction,
  panes,
}: {
  readonly name: string;
  readonly direction: 'horizontal' | 'vertical';
  readonly panes: readonly (Pane | false | undefined)[];
}) {
  const shown = panes.filter((pane): pane is Pane => Boolean(pane));
  const key = `hubfleet.split.${name}.${shown.map((pane) => pane.id).join('-')}`;
  const stored = remembered(key);
  const group = useRef<GroupImperativeHandle>(null);
  const first = useRef(true);
  // Another set of panes is another arrangement with its own memory; the panes themselves stay mounted.
  useEffect(() => {
    const layout = first.current ? undefined : remembered(key);
    first.current = false;
    if (layout) group.current?.setLayout(layout);
  }, [key]);
  return (
    <Group
      groupRef={group}
      orientation={direction}
      className={styles.group}
      {...(stored ? { defaultLayout: stored } : {})}
      onLayoutChanged={(layout, meta) => {
        if (meta.isUserInteraction) localStorage.setItem(key, JSON.stringify(layout));
      }}
    >
      {shown.flatMap((pane, index) => [
        index > 0 ? (
          <Separator
            key={`${pane.id}-line`}
            className={styles[direction]}
            aria-label={`Resize ${shown[index - 1]?.id} and ${pane.id}`}
          />
        ) : null,
        <Panel
          key={pane.id}
          id={pane.id}
          className={styles.pane}
          minSize={pane.min}
          {...(pane.size ? { defaultSize: pane.size } : {})}
          {...(pane.max ? { maxSize: pane.max } : {})}
          {...(pane.fixed ? { groupResizeBehavior: 'preserve-pixel-size' } : {})}
        >
          {pane.content}
        </Panel>,
      ])}
    </Group>
  );
}

function remembered(key: string): Layout | undefined {
  try {
    const text = localStorage.getItem(key);
    return text ? (JSON.parse(text) as Layout) : undefined;
  } catch {
    return undefined;
  }
}
