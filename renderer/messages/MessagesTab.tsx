// The messages of one device: how many wait for it, purging them, and sending another. What passed is in its traffic.
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { client } from '../connection/client.ts';
import { useAttempt, useSnapshot } from '../connection/hooks.ts';
import { useTraffic } from '../store/traffic.ts';
import { useWindow } from '../store/window.ts';
import { Button } from '../widgets/Button.tsx';
import { plural } from '../widgets/format.ts';
import { Problem } from '../widgets/Notes.tsx';
import { Composer } from './Composer.tsx';
import styles from './Messages.module.css';

export function MessagesTab({ device }: { readonly device: string }) {
  // The id was checked when the page was opened; the contract checks it again.
  const id = device as never;
  const { data } = useSnapshot('messages', { device: id });
  const [purged, setPurged] = useState<number>();
  const { busy, problem, attempt } = useAttempt();
  const waiting = data?.waiting;
  return (
    <div className={styles.tab}>
      <div className={styles.queue}>
        <span role="status">
          {waiting === undefined || waiting === null ? (
            <span className="quiet">{data?.problem ?? 'Asking the hub'}</span>
          ) : (
            <>
              <strong>{plural(waiting, 'message')}</strong> waiting for the device
            </>
          )}
          {purged === undefined ? null : <span className="quiet">, {plural(purged, 'message')} purged</span>}
        </span>
        <span className={styles.space} />
        <Button
          look="quiet"
          onClick={() => {
            useTraffic.getState().change('device', { filter: 'kind:message', open: undefined });
            useWindow.getState().showDeviceTab('traffic');
          }}
        >
          Show in traffic
        </Button>
        <Button
          icon={<IconTrash aria-hidden="true" />}
          disabled={busy || !waiting}
          title="Throws away what waits; whoever asked for feedback hears Purged"
          onClick={() =>
            void attempt(async () => setPurged((await client.run('message.purge', { device: id })).purged))
          }
        >
          Purge
        </Button>
      </div>
      <div className={styles.scroll}>
        <Problem problem={problem} />
        <Composer devices={[device]} />
      </div>
    </div>
  );
}
