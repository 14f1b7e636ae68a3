// Says calmly that the host cannot be heard; what is shown below is the last that was known.
import { IconPlugConnectedX } from '@tabler/icons-react';
import { client } from '../connection/client.ts';
import { useLink } from '../connection/hooks.ts';
import { Button } from '../widgets/Button.tsx';
import styles from './Bars.module.css';

export function LostBar() {
  const link = useLink();
  if (link !== 'lost') return null;
  return (
    <div role="status" className={`${styles.bar} ${styles.lost}`}>
      <IconPlugConnectedX aria-hidden="true" />
      <span className={styles.grow}>
        <strong>Connection to the host lost.</strong> What you see is the last that was known. It is tried again by
        itself; after a restart of Hubfleet, open the address it printed.
      </span>
      <Button look="quiet" onClick={() => client.retry()}>
        Try now
      </Button>
    </div>
  );
}
