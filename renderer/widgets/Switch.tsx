// On or off, at once: a switch, where a box would wait for a button.
import styles from './Switch.module.css';

export function Switch({
  label,
  on,
  change,
}: {
  readonly label: string;
  readonly on: boolean;
  change(on: boolean): void;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      title={`${label}: ${on ? 'on' : 'off'}`}
      className={styles.switch}
      onClick={() => change(!on)}
    >
      <i />
    </button>
  );
}
