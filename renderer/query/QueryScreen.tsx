// Queries: an editor, what it found as a table, a row in full, and what to do with the devices that were found.
import { Menu } from '@mantine/core';
import { IconHistory, IconPlayerPlay, IconTarget, IconX } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { client, refusedBy } from '../connection/client.ts';
import { useJobs } from '../jobs/store.ts';
import { useFleet } from '../store/fleet.ts';
import { useInvoker } from '../store/invoker.ts';
import { type SideTab, useWindow } from '../store/window.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { CopyButton } from '../widgets/Copy.tsx';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { count, millis, plural } from '../widgets/format.ts';
import { JsonText } from '../widgets/JsonText.tsx';
import { Empty, Problem } from '../widgets/Notes.tsx';
import { RowGrid } from '../widgets/RowGrid.tsx';
import { Split } from '../widgets/Split.tsx';
import { say } from '../widgets/say.ts';
import { columnsOf, DeviceButton } from './columns.tsx';
import { HubChoice } from './HubChoice.tsx';
import styles from './Query.module.css';
import { QueryEditor } from './QueryEditor.tsx';
import { learnPaths, runMore, runQuery, useQuery } from './store.ts';
import { conditionOf } from './words.ts';

const examples = [
  ['SELECT * FROM devices', 'every device'],
  ["SELECT * FROM devices WHERE connectionState = 'Disconnected'", 'those that are away'],
  [
    'SELECT deviceId, properties.reported.iothubDM.reboot.lastReboot AS lastReboot FROM devices WHERE IS_DEFINED(properties.reported.iothubDM)',
    'when each was last rebooted',
  ],
  ['SELECT connectionState, COUNT() AS devices FROM devices GROUP BY connectionState', 'how many of each'],
  ["SELECT * FROM devices.jobs WHERE devices.jobs.status = 'failed'", 'where jobs failed'],
] as const;

export default function QueryScreen() {
  const chosen = useQuery((state) => state.result?.rows[state.chosen]);
  useEffect(() => void learnPaths(), []);
  return (
    <section className={styles.screen} aria-label="Query">
      <Split
        name="query"
        direction="vertical"
        panes={[
          { id: 'query', size: '8.5rem', min: '6.5rem', max: '60%', fixed: true, content: <Form /> },
          { id: 'results', min: '8rem', content: <Results /> },
          chosen !== undefined && { id: 'row', size: '38%', min: '7rem', content: <RowDetail /> },
        ]}
      />
    </section>
  );
}

function Form() {
  const { text, busy, paths, result, refused, write } = useQuery();
  const problem = result?.problem;
  return (
    <form
      data-send
      className={styles.form}
      aria-label="Query"
      onSubmit={(event) => {
        event.preventDefault();
        void runQuery();
      }}
    >
      <QueryEditor value={text} change={write} label="Query text" kind="query" paths={paths} problem={problem} />
      {problem ? (
        <p role="alert" className={styles.wrong}>
          {problem.place ? `Line ${problem.place.line}, column ${problem.place.column}: ` : ''}
          {problem.message}
          {problem.fix ? ` ${problem.fix}` : ''}
        </p>
      ) : null}
      <Problem problem={refused} />
      <div className={styles.deeds}>
        <Button
          look="main"
          type="submit"
          disabled={busy || text.trim() === ''}
          icon={<IconPlayerPlay aria-hidden="true" />}
          shortcut="mod+Enter"
        >
          Run
        </Button>
        <Earlier />
        <HubChoice />
        <span className={styles.space} />
        <span className={`quiet ${styles.keys}`}>Ctrl+Space offers words</span>
      </div>
    </form>
  );
}

function Earlier() {
  const asked = useQuery((state) => state.asked);
  return (
    <Menu position="bottom-start" width="min(40rem, 80vw)" transitionProps={{ duration: 0 }} shadow="md">
      <Menu.Target>
        <Button icon={<IconHistory aria-hidden="true" />}>Earlier</Button>
      </Menu.Target>
      <Menu.Dropdown className={styles.menu}>
        {asked.length === 0 ? <Menu.Label>Queries that were run are kept here. To begin with:</Menu.Label> : null}
        {asked.length === 0
          ? examples.map(([text, says]) => (
              <Menu.Item key={text} onClick={() => void runQuery(text)}>
                <code className={styles.earlier}>{text}</code>
                <span className="quiet">{says}</span>
              </Menu.Item>
            ))
          : asked.map((each) => (
              <Menu.Item key={each.text} onClick={() => void runQuery(each.text)}>
                <code className={styles.earlier}>{each.text}</code>
                <span className="quiet">
                  {each.rows === undefined ? 'refused' : `${each.more ? 'more than ' : ''}${plural(each.rows, 'row')}`},{' '}
                  <Elapsed at={each.at} />
                </span>
              </Menu.Item>
            ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Results() {
  const { result, busy, chosen, choose } = useQuery();
  const rows = result?.rows ?? [];
  const itemType = result?.itemType ?? '';
  const columns = useMemo(() => columnsOf(rows, itemType), [rows, itemType]);
  if (!result || (result.problem && rows.length === 0)) {
    return result ? (
      <Empty title="The hub could not read it">
        <p>The mark above shows where. Ctrl+Space offers what may stand there.</p>
      </Empty>
    ) : (
      <Empty title={busy ? 'Asking the hub' : 'Nothing was asked yet'}>
        {busy ? null : (
          <>
            <p>Write a query and press Ctrl+Enter, or begin with one of these:</p>
            <ul className={styles.examples}>
              {examples.map(([text, says]) => (
                <li key={text}>
                  <button type="button" onClick={() => void runQuery(text)}>
                    <code>{text}</code>
                    <span className="quiet">{says}</span>
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
      </Empty>
    );
  }
  return (
    <div className={styles.results}>
      <ResultBar />
      <RowGrid
        label="Results"
        rows={rows}
        columns={columns}
        keyOf={(_, index) => index}
        chosen={chosen}
        choose={choose}
        empty={
          <Empty title="Nothing matches">
            <p>The query is right, and no row makes its condition true.</p>
          </Empty>
        }
        foot={
          result.continuation ? (
            <div className={styles.more}>
              <Button disabled={busy} onClick={() => void runMore()}>
                Show more
              </Button>
              <span className="quiet">{count(rows.length)} so far</span>
            </div>
          ) : null
        }
      />
    </div>
  );
}

function ResultBar() {
  const result = useQuery((state) => state.result);
  const [busy, setBusy] = useState(false);
  if (!result) return null;
  const { rows, continuation, itemType, duration, text, hub } = result;
  const named = typeof rows[0]?.deviceId === 'string';

  const target = async (tab: SideTab) => {
    setBusy(true);
    try {
      const { devices, more } = await client.run('query.devices', { text, ...(hub === undefined ? {} : { hub }) });
      useFleet.getState().select(devices);
      useInvoker.getState().change({ target: { kind: 'selection' } });
      useWindow.getState().openSide(tab);
      if (more) say({ message: `The query finds more than ${count(devices.length)} devices; those are the target.` });
    } catch (error) {
      say(refusedBy(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className={styles.bar}>
      <span role="status">
        <strong>
          {count(rows.length)}
          {continuation ? '+' : ''}
        </strong>{' '}
        {rows.length === 1 && !continuation ? 'row' : 'rows'}
      </span>
      {hub === undefined ? null : <span className="quiet clip">{hub}</span>}
      {itemType ? (
        <span className="quiet" title="What the hub calls the rows">
          {itemType}
        </span>
      ) : null}
      <span className="quiet" title="From asking to the whole answer, first page">
        {millis(duration)}
      </span>
      <span className={styles.space} />
      {rows.length > 0 ? (
        <CopyButton
          text={() => JSON.stringify(rows, null, 2)}
          label={continuation ? 'Copy the rows so far as JSON' : 'Copy the rows as JSON'}
        />
      ) : null}
      <Menu position="bottom-end" transitionProps={{ duration: 0 }} shadow="md">
        <Menu.Target>
          <Button
            disabled={!named || busy}
            icon={<IconTarget aria-hidden="true" />}
            title="What to do with the devices found"
          >
            Use as target
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void target('invoke')}>Invoke a method on them</Menu.Item>
          <Menu.Item onClick={() => void target('message')}>Send them a message</Menu.Item>
          <Menu.Item
            disabled={/\bFROM\s+devices\.jobs\b/i.test(text)}
            onClick={() => {
              useJobs.getState().change({ condition: conditionOf(text) });
              useJobs.getState().show({ kind: 'new' });
              useWindow.getState().go('jobs');
            }}
          >
            Schedule a job with this condition
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

function RowDetail() {
  const { result, chosen, choose } = useQuery();
  const row = result?.rows[chosen];
  if (!row) return null;
  return (
    <section className={styles.detail} aria-label="Row in full">
      <header className={styles.bar}>
        <span>
          Row {count(chosen + 1)} <span className="quiet">of {count(result?.rows.length ?? 0)}</span>
        </span>
        {typeof row.deviceId === 'string' ? <DeviceButton device={row.deviceId} module={row.moduleId} reached /> : null}
        <span className={styles.space} />
        <IconButton label="Close the row" shortcut="Escape" onClick={() => choose(undefined)}>
          <IconX />
        </IconButton>
      </header>
      <div className={styles.json}>
        <JsonText text={JSON.stringify(row)} label="Row as JSON" />
      </div>
    </section>
  );
}
