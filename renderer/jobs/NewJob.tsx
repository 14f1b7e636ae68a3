// The form of a job: what to do, to whom (with how many that is now), when, and how long it may take.
import { IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { client, refusedBy } from '../connection/client.ts';
import { useAttempt } from '../connection/hooks.ts';
import type { CommandAnswer } from '../connection/shapes.ts';
import { useChosenHub } from '../query/hub-choice.ts';
import { QueryEditor } from '../query/QueryEditor.tsx';
import { learnPaths, useQuery } from '../query/store.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { CheckField, NumberField, TextField } from '../widgets/Field.tsx';
import { plural } from '../widgets/format.ts';
import { JsonEditor } from '../widgets/JsonEditor.tsx';
import { Problem } from '../widgets/Notes.tsx';
import { useNow } from '../widgets/now.ts';
import { Segments } from '../widgets/Segments.tsx';
import styles from './Jobs.module.css';
import { problemsOf, schedule, useJobs } from './store.ts';

const kinds = [
  { name: 'method', label: 'Call a method' },
  { name: 'twin', label: 'Update twins' },
] as const;
const moments = [
  { name: 'now', label: 'Now' },
  { name: 'later', label: 'Later' },
] as const;

export function NewJob() {
  const draft = useJobs();
  const { change, show } = draft;
  const paths = useQuery((state) => state.paths);
  const now = useNow();
  const { hub } = useChosenHub();
  const picked = usePicked(draft.condition, hub);
  const { busy, problem, attempt } = useAttempt();
  const problems = problemsOf(draft, now);
  const confirmed = hub === undefined || draft.confirmed === hub;
  const ready = confirmed && Object.keys(problems).length === 0 && !(picked && 'problem' in picked);
  useEffect(() => void learnPaths(), []);

  return (
    <section className={styles.detail} aria-label="New job">
      <header className={styles.toolbar}>
        <h2>New job</h2>
        <span className={styles.space} />
        <IconButton label="Close the form" shortcut="Escape" onClick={() => show({ kind: 'nothing' })}>
          <IconX />
        </IconButton>
      </header>
      <form
        data-send
        className={styles.form}
        aria-label="New job"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void attempt(schedule);
        }}
      >
        <Segments label="What the job does" options={kinds} chosen={draft.kind} choose={(kind) => change({ kind })} />
        {draft.kind === 'method' ? (
          <>
            <TextField
              label="Method"
              mono
              value={draft.method}
              problem={problems.method}
              onChange={(event) => change({ method: event.target.value })}
            />
            <div className={styles.field}>
              <span className={styles.label}>
                Payload <span className="quiet">JSON, at most 128 KB; blank sends null</span>
              </span>
              <JsonEditor
                value={draft.payload}
                change={(payload) => change({ payload })}
                label="Payload as JSON"
                placeholder="{ }"
              />
              {problems.payload ? <p className={styles.problem}>{problems.payload}</p> : null}
            </div>
            <div className={styles.two}>
              <NumberField
                label="Response timeout"
                unit="s"
                min={5}
                max={300}
                title="5 to 300 s"
                value={draft.responseTimeout}
                change={(responseTimeout) => change({ responseTimeout })}
                problem={problems.responseTimeout}
              />
              <NumberField
                label="Connect timeout"
                unit="s"
                min={0}
                max={300}
                title="0 to 300 s"
                value={draft.connectTimeout}
                change={(connectTimeout) => change({ connectTimeout })}
                problem={problems.connectTimeout}
              />
            </div>
          </>
        ) : (
          <div className={styles.field}>
            <span className={styles.label}>
              Update <span className="quiet">tags and properties.desired; null removes</span>
            </span>
            <JsonEditor
              value={draft.twin}
              change={(twin) => change({ twin })}
              label="Twin update as JSON"
              placeholder={'{ "tags": { }, "properties": { "desired": { } } }'}
            />
            {problems.twin ? <p className={styles.problem}>{problems.twin}</p> : null}
          </div>
        )}

        <div className={styles.field}>
          <span className={styles.label}>
            Condition <span className="quiet">the text after WHERE; * is every device</span>
          </span>
          <QueryEditor
            value={draft.condition}
            change={(condition) => change({ condition })}
            label="Condition"
            kind="condition"
            paths={paths}
            problem={picked && 'problem' in picked ? picked.problem : undefined}
            hint="tags.site = 'north'"
          />
          <p role="status" className={picked && 'problem' in picked ? styles.problem : styles.hint}>
            {pickedWords(picked, draft.condition)}
          </p>
        </div>

        <div className={styles.row}>
          <div className={styles.field}>
            <span className={styles.label}>Start</span>
            <Segments label="Start" options={moments} chosen={draft.when} choose={(when) => change({ when })} />
          </div>
          {draft.when === 'later' ? (
            <TextField
              label="At"
              type="datetime-local"
              step={1}
              value={draft.startAt}
              problem={problems.startAt}
              onChange={(event) => change({ startAt: event.target.value })}
            />
          ) : null}
          <NumberField
            label="Longest run"
            unit="s"
            min={1}
            title="1 s and more; the job is ended then"
            value={draft.maxSeconds}
            change={(maxSeconds) => change({ maxSeconds })}
            problem={problems.maxSeconds}
          />
        </div>
        <TextField
          label="Job id"
          mono
          placeholder="made up when left blank"
          value={draft.id}
          problem={problems.id}
          onChange={(event) => change({ id: event.target.value })}
        />
        {hub === undefined ? null : (
          <CheckField
            label={`Do it on ${hub}`}
            hint="The condition may pick devices that are not run here."
            checked={confirmed}
            change={(checked) => change({ confirmed: checked ? hub : undefined })}
          />
        )}
        <Problem problem={problem} />
        <Button
          look="main"
          type="submit"
          disabled={busy || !ready}
          icon={<IconPlayerPlay aria-hidden="true" />}
          shortcut="mod+Enter"
        >
          {draft.when === 'later' ? 'Schedule the job' : 'Start the job'}
        </Button>
      </form>
    </section>
  );
}

type Picked = CommandAnswer<'job.count'> | { readonly failed: string };

/** How many devices the condition picks now; asked a little after the last key. */
function usePicked(condition: string, hub: string | undefined): Picked | undefined {
  const [picked, setPicked] = useState<Picked>();
  useEffect(() => {
    let current = true;
    setPicked(undefined);
    const timer = setTimeout(() => {
      client.run('job.count', { condition, ...(hub === undefined ? {} : { hub }) }).then(
        (answer) => current && setPicked(answer),
        (error: unknown) => current && setPicked({ failed: refusedBy(error).message }),
      );
    }, 400);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [condition, hub]);
  return picked;
}

function pickedWords(picked: Picked | undefined, condition: string): string {
  if (picked === undefined) return 'Counting.';
  if ('failed' in picked) return picked.failed;
  if ('count' in picked)
    return `Picks ${plural(picked.count, /^\s*FROM\s+devices\.modules/i.test(condition) ? 'module' : 'device')} now.`;
  const { message, place, fix } = picked.problem;
  return `${place ? `Column ${place.column}: ` : ''}${message}${fix ? ` ${fix}` : ''}`;
}
