// The local hub: its doors, its policies, how an SDK is told to trust it, where its data lies.
import { Fragment } from 'react';
import { client } from '../connection/client.ts';
import { useSnapshot } from '../connection/hooks.ts';
import type { HubState } from '../connection/shapes.ts';
import { CopyButton, CopyText } from '../widgets/Copy.tsx';
import { count } from '../widgets/format.ts';
import { Secret } from '../widgets/Secret.tsx';
import { StateMark } from '../widgets/StateMark.tsx';
import styles from './Hub.module.css';
import { Tier } from './Tier.tsx';

const marks = { starting: 'connecting', running: 'online', failed: 'failed', stopped: 'off' } as const;
const words: Readonly<Record<HubState, string>> = {
  starting: 'starting',
  running: 'running',
  failed: 'failed',
  stopped: 'stopped',
};

export default function HubScreen() {
  const { data: hub } = useSnapshot('hub', {});
  if (!hub) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard
    <section className={styles.page} tabIndex={0} aria-label="Local hub">
      <header className={styles.header}>
        <h2>Local hub</h2>
        <span className={styles.state}>
          <StateMark state={marks[hub.state]} />
          {words[hub.state]}
        </span>
        <CopyText text={hub.hostName} label="host name" />
        <span className="quiet">
          {count(hub.devices)} identities, {count(hub.connected)} connected
        </span>
      </header>
      {hub.notices.length > 0 ? (
        <ul className={styles.notices} aria-label="Notices">
          {hub.notices.map((notice) => (
            <li key={notice}>{notice}</li>
          ))}
        </ul>
      ) : null}

      <h3>Doors</h3>
      <table className={styles.table} aria-label="Doors">
        <thead>
          <tr>
            <th scope="col">Door</th>
            <th scope="col">Address</th>
            <th scope="col">For</th>
          </tr>
        </thead>
        <tbody>
          {hub.doors.map((door) => (
            <tr key={door.name}>
              <th scope="row">{door.name}</th>
              <td>
                <CopyText text={`${door.host}:${door.port}${door.path ?? ''}`} label="address" />
              </td>
              <td className={styles.wrap}>{door.use}</td>
            </tr>
          ))}
        </tbody>
      </table>

      <h3>Tier</h3>
      {hub.usage ? <Tier usage={hub.usage} /> : <p className="quiet">Asking the hub</p>}

      <h3>Shared access policies</h3>
      <table className={styles.table} aria-label="Shared access policies">
        <thead>
          <tr>
            <th scope="col">Policy</th>
            <th scope="col">Rights</th>
            <th scope="col">Connection string</th>
          </tr>
        </thead>
        <tbody>
          {hub.policies.map((policy) => (
            <tr key={policy.name}>
              <th scope="row">
                <code>{policy.name}</code>
              </th>
              <td className={styles.wrap}>{policy.rights.join(', ')}</td>
              <td>
                <Secret
                  masked={policy.masked}
                  label={`connection string of ${policy.name}`}
                  reveal={async () =>
                    (await client.run('hub.reveal', { kind: 'policy', policy: policy.name })).connectionString
                  }
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>

      <h3>Trust</h3>
      <p className={styles.lead}>
        The hub made its own certificate authority. Tell your program to trust it, once, the way its language has for
        it.
      </p>
      <dl className={styles.trust}>
        {hub.caFile ? (
          <>
            <dt>CA file</dt>
            <dd>
              <CopyText text={hub.caFile} label="path of the CA file" />
            </dd>
          </>
        ) : null}
        {hub.trust.map(({ sdk, steps }) => (
          <Fragment key={sdk}>
            <dt>{sdk}</dt>
            <dd>
              <ol>
                {steps.map((step) => (
                  <li key={step}>
                    <code>{step}</code>
                    <CopyButton text={step} label={`Copy the step for ${sdk}`} />
                  </li>
                ))}
              </ol>
            </dd>
          </Fragment>
        ))}
      </dl>

      <h3>Data</h3>
      <dl className={styles.trust}>
        <dt>Folder</dt>
        <dd>
          {hub.dataFolder ? (
            <CopyText text={hub.dataFolder} label="path of the data folder" />
          ) : (
            'Nothing is kept: started with --ephemeral'
          )}
        </dd>
      </dl>
    </section>
  );
}
