// The id of a device; of a module the device's part stands back, so that the module's name is read first and clipped last.
import styles from './IdText.module.css';

export function IdText({ id }: { readonly id: string }) {
  const slash = id.indexOf('/');
  if (slash < 0) return id;
  return (
    <span className={styles.module}>
      <span className="clip">{id.slice(0, slash)}</span>
      <span>{id.slice(slash)}</span>
    </span>
  );
}
