// One of a few, side by side: a radio group that looks like one control.
import { type ReactNode, useId } from 'react';
import styles from './Segments.module.css';

export function Segments<Name extends string>({
  options,
  chosen,
  choose,
  label,
}: {
  readonly options: readonly { readonly name: Name; readonly label: ReactNode; readonly title?: string }[];
  readonly chosen: Name;
  choose(name: Name): void;
  readonly label: string;
}) {
  const group = useId();
  return (
    <fieldset className={styles.group}>
      <legend className="unseen">{label}</legend>
      {options.map((option) => (
        <label key={option.name} className={styles.option} title={option.title}>
          <input
            type="radio"
            name={group}
            className="unseen"
            aria-label={option.title}
            checked={option.name === chosen}
            onChange={() => choose(option.name)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
