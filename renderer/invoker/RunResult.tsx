// What came of the last press: one result in full, or for many the counts, the percentiles and a cell each.
import { IconExternalLink, IconPlayerStop } from '@tabler/icons-react';
import { memo, useEffect, useState } from 'react';
import { order } from '../actions/registry.ts';
import { client, type Refused, refusedBy } from '../connection/client.ts';
import { useSnapshot } from '../connection/hooks.ts';
import type { CallResult, RunCell, RunView } from '../connection/shapes.ts';
import { useInvoker } from '../store/invoker.ts';
import { useWindow } from '../store/window.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { CopyText } from '../widgets/Copy.tsx';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { count, millis, percent, plural, secondsSo } from '../widgets/format.ts';
import { JsonText } from '../widgets/JsonText.tsx';
import { Empty, Explanation, Problem } from '../widgets/Notes.tsx';
import { useFastNow } from '../widgets/now.ts';
import { DeviceStatus, HttpStatus } from '../widgets/Status.tsx';
import styles from './Invoker.module.css';

export function RunResult() {
  const run = useInvoker((state) => state.run);
  const { data } = useSnapshot('run', run === undefined ? undefined : { run });
  if (run === undefined) {
    return (
      <Empty title="No call yet">
        <p>The answer of the device, or the hub's refusal with its cause and fix, stays here.</p>
      </Empty>
    );
  }
  if (data === null) return <Empty title="The host has forgotten this run" />;
  if (!data || data.id !== run) return null;
  return (
    <div className={styles.result}>
      {data.total === 1 && data.cells[0] ? <Single run={data} cell={data.cells[0]} /> : <FanOut run={data} />}
    </div>
  );
}

function Single({ run, cell }: { readonly run: RunView; readonly cell: RunCell }) {
  return (
    <>
      <div className={styles.head}>
        <code className="clip">{run.method}</code>
        <span className="quiet">on</span>
        <DeviceLink device={cell.device} />
        <span className="quiet">
          <Elapsed at={run.startedAt} />
        </span>
      </div>
      {cell.state === 'done' ? (
        <OneResult run={run.id} device={cell.device} />
      ) : run.state === 'cancelled' ? (
        <p className="quiet">Cancelled before it ended.</p>
      ) : (
        <div className={styles.statuses}>
          <InFlight since={run.startedAt} />
          <Button icon={<IconPlayerStop aria-hidden="true" />} onClick={() => order('run.cancel', { run: run.id })}>
            Cancel
          </Button>
        </div>
      )}
    </>
  );
}

function InFlight({ since }: { readonly since: number }) {
  const now = useFastNow();
  return <span>In flight for {secondsSo(now - since)}</span>;
}

function DeviceLink({ device }: { readonly device: string }) {
  return (
    <Button
      look="quiet"
      icon={<IconExternalLink aria-hidden="true" />}
      title={`Open ${device}`}
      onClick={() => useWindow.getState().openDevice(device)}
    >
      <code className="clip">{device}</code>
    </Button>
  );
}

function OneResult({ run, device }: { readonly run: string; readonly device: string }) {
  const [result, setResult] = useState<CallResult>();
  const [problem, setProblem] = useState<Refused>();
  useEffect(() => {
    let current = true;
    setResult(undefined);
    setProblem(undefined);
    client.run('run.result', { run, device }).then(
      (answer) => current && setResult(answer),
      (error: unknown) => current && setProblem(refusedBy(error)),
    );
    return () => {
      current = false;
    };
  }, [run, device]);
  if (problem) return <Problem problem={problem} />;
  if (!result) return null;
  return (
    <>
      <div className={styles.statuses} role="status">
        <span className="quiet">HTTP</span>
        <HttpStatus status={result.httpStatus} />
        {result.deviceStatus === undefined ? null : (
          <>
            <span className="quiet">device</span>
            <DeviceStatus status={result.deviceStatus} />
          </>
        )}
        <span className={styles.took}>{millis(result.duration)}</span>
      </div>
      {result.error ? (
        <div className={styles.error}>
          <span>
            <code>{result.error.name}</code>
            {result.error.number === undefined ? null : <code className="quiet"> {result.error.number}</code>}
          </span>
          <span>{result.error.message}</span>
        </div>
      ) : null}
      {result.explanation ? (
        <Explanation {...result.explanation} failed={result.httpStatus !== 200 || (result.deviceStatus ?? 0) >= 400} />
      ) : null}
      {result.payload === undefined || result.payload === '' ? (
        <p className="quiet">No payload came back.</p>
      ) : (
        <JsonText
          text={result.payload}
          label={result.httpStatus === 200 ? 'Response payload' : 'Body of the refusal'}
        />
      )}
    </>
  );
}

function FanOut({ run }: { readonly run: RunView }) {
  const shown = useInvoker((state) => state.shown);
  const show = useInvoker((state) => state.show);
  const running = run.state === 'running';
  return (
    <>
      <div className={styles.head}>
        <code className="clip">{run.method}</code>
        <span className="quiet clip">on {plural(run.total, 'device')}</span>
        {running ? (
          <IconButton label="Cancel the run" onClick={() => order('run.cancel', { run: run.id })}>
            <IconPlayerStop />
          </IconButton>
        ) : null}
        <span className="quiet">
          <Elapsed at={run.startedAt} />
        </span>
      </div>
      <div>
        <div
          className={styles.progress}
          role="progressbar"
          aria-label="Calls ended"
          aria-valuemin={0}
          aria-valuemax={run.total}
          aria-valuenow={run.done}
        >
          <i style={{ width: `${(run.done / Math.max(1, run.total)) * 100}%` }} />
        </div>
        <div className={styles.head}>
          <span role="status">
            {count(run.done)} of {count(run.total)} ended{run.state === 'cancelled' ? ', cancelled' : ''}
          </span>
          <span className="quiet">
            {run.endedAt === undefined ? <InFlightShort since={run.startedAt} /> : millis(run.endedAt - run.startedAt)}
          </span>
        </div>
      </div>
      <ul className={styles.outcomes} aria-label="Outcomes">
        {[...run.outcomes]
          .sort((left, right) => right.count - left.count)
          .map(({ key, count: many }) => (
            <li key={key} aria-label={`${wordsOfOutcome(key)}: ${plural(many, 'call')}`}>
              <Outcome name={key} />
              <span
                className={`${styles.bar} ${isGood(key) ? '' : styles.bad}`}
                style={{ width: `${(many / Math.max(1, run.done)) * 100}%` }}
              />
              <span className={styles.number}>{count(many)}</span>
              <span className={styles.share}>
                {percent(Math.round((many / Math.max(1, run.done)) * 1_000) / 1_000)}
              </span>
            </li>
          ))}
      </ul>
      <dl className={styles.figures} title="Of the calls a device answered">
        {(['p50', 'p95', 'p99'] as const).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{millis(run[name])}</dd>
          </div>
        ))}
      </dl>
      <Cells cells={run.cells} shown={shown} show={show} />
      {run.total > run.cells.length ? (
        <p className="quiet">The first {count(run.cells.length)} are shown; the counts cover all.</p>
      ) : null}
      {shown && run.cells.some((cell) => cell.device === shown && cell.state === 'done') ? (
        <section className={styles.one} aria-label={`Result of ${shown}`}>
          <CopyText text={shown} label="device id" />
          <OneResult run={run.id} device={shown} />
        </section>
      ) : null}
    </>
  );
}

function InFlightShort({ since }: { readonly since: number }) {
  const now = useFastNow();
  return <>{secondsSo(now - since)}</>;
}

/** `200/404`: HTTP status, device status. */
function Outcome({ name }: { readonly name: string }) {
  const [http, device] = name.split('/');
  const status = Number(http);
  if (Number.isNaN(status)) return <span className={styles.badges}>{name}</span>;
  return (
    <span className={styles.badges}>
      <HttpStatus status={status} />
      <DeviceStatus status={device === undefined ? undefined : Number(device)} />
    </span>
  );
}
function wordsOfOutcome(key: string): string {
  const [http, device] = key.split('/');
  if (Number.isNaN(Number(http))) return key;
  return device === undefined ? `HTTP ${http}` : `HTTP ${http}, device ${device}`;
}
const isGood = (key: string): boolean => /^200(\/[123]\d\d)?$/.test(key);

function Cells({
  cells,
  shown,
  show,
}: {
  readonly cells: readonly RunCell[];
  readonly shown: string | undefined;
  show(device: string): void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in
    <div
      className={styles.cells}
      role="group"
      aria-label="One cell a device; arrows move, Enter opens"
      onKeyDown={(event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        const list = [...event.currentTarget.querySelectorAll('button')];
        const next = list[list.indexOf(document.activeElement as HTMLButtonElement) + step];
        next?.focus();
      }}
    >
      {cells.map((cell, index) => (
        <Cell
          key={cell.device}
          device={cell.device}
          state={
            cell.state !== 'done'
              ? cell.state
              : cell.httpStatus === 200 && (cell.deviceStatus ?? 200) < 400
                ? 'ok'
                : 'bad'
          }
          words={wordsOf(cell)}
          current={cell.device === shown}
          first={index === 0}
          show={show}
        />
      ))}
    </div>
  );
}

const marks = {
  waiting: null,
  running: <path d="M6 1.5A4.5 4.5 0 0 1 10.5 6M6 10.5A4.5 4.5 0 0 1 1.5 6" />,
  ok: <path d="m2.5 6.5 2.5 2.5 4.5-6" />,
  bad: <path d="m3 3 6 6m0-6-6 6" />,
} as const;

const Cell = memo(function Cell({
  device,
  state,
  words,
  current,
  first,
  show,
}: {
  readonly device: string;
  readonly state: keyof typeof marks;
  readonly words: string;
  readonly current: boolean;
  readonly first: boolean;
  show(device: string): void;
}) {
  return (
    <button
      type="button"
      className={styles.cell}
      data-state={state}
      tabIndex={current || first ? 0 : -1}
      aria-label={words}
      aria-current={current}
      title={words}
      onClick={() => {
        show(device);
        useWindow.getState().openDevice(device);
      }}
    >
      <svg viewBox="0 0 12 12" aria-hidden="true" focusable="false">
        {marks[state]}
      </svg>
    </button>
  );
});

function wordsOf(cell: RunCell): string {
  if (cell.state !== 'done')
    return `${cell.device}, ${cell.state === 'running' ? 'in flight' : 'waiting for its turn'}`;
  return [
    cell.device,
    cell.httpStatus === 0 ? 'no answer' : `HTTP ${cell.httpStatus}`,
    cell.deviceStatus === undefined ? undefined : `device ${cell.deviceStatus}`,
    cell.error,
    cell.duration === undefined ? undefined : millis(cell.duration),
  ]
    .filter(Boolean)
    .join(', ');
}
