// A row of tabs with the arrows of the WAI-ARIA pattern; the panel is the caller's, tied by id.
import { type KeyboardEvent, type ReactNode, useId } from 'react';
import styles from './Tabs.module.css';

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: ReactNode;
}

export function Tabs<Name extends string>({
  tabs,
  chosen,
  choose,
  label,
  children,
  after,
  className,
}: {
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  choose(name: Name): void;
  readonly label: string;
  readonly children: ReactNode;
  /** Right of the tabs. */
  readonly after?: ReactNode;
  readonly className?: string;
}) {
  const id = useId();
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = tabs.findIndex((tab) => tab.name === chosen);
    const steps: Record<string, number> = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = tabs[steps[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    choose(next.name);
    document.getElementById(`${id}-${next.name}`)?.focus();
  };
  return (
    <div className={`${styles.whole} ${className ?? ''}`}>
      <div className={styles.bar}>
        <div role="tablist" aria-label={label} className={styles.list} onKeyDown={move}>
          {tabs.map((tab) => (
            <button
              key={tab.name}
              type="button"
              role="tab"
              id={`${id}-${tab.name}`}
              aria-selected={tab.name === chosen}
              aria-controls={`${id}-panel`}
              tabIndex={tab.name === chosen ? 0 : -1}
              className={styles.tab}
              onClick={() => choose(tab.name)}
            >
              {tab.label}
            </button>
          ))}
        </div>
        {after}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} className={styles.panel}>
        {children}
      </div>
    </div>
  );
}
