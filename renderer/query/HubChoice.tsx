// The hub that is asked; only there when there is a choice.
import { useJobs } from '../jobs/store.ts';
import fields from '../widgets/Field.module.css';
import { useChosenHub, useHubChoice, useRemoteHubs } from './hub-choice.ts';
import styles from './Query.module.css';

export function HubChoice() {
  const hubs = useRemoteHubs();
  const { hub } = useChosenHub();
  if (hubs.length === 0) return null;
  return (
    <select
      aria-label="Hub"
      className={`${fields.input} ${fields.select} ${styles.hub}`}
      value={hub ?? ''}
      onChange={(event) => {
        useHubChoice.setState({ hub: event.target.value === '' ? undefined : event.target.value });
        // A job is one of its hub.
        if (useJobs.getState().shown.kind === 'job') useJobs.getState().show({ kind: 'nothing' });
      }}
    >
      <option value="">Local hub</option>
      {hubs.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
