// A fleet of your own: a template times a count. What is wrong is said beside its field as it is typed, by the schema the host uses.
import { useMemo, useState } from 'react';
import { commands } from '../../preload/contract/contract.ts';
import { client } from '../connection/client.ts';
import { useAttempt } from '../connection/hooks.ts';
import type { FleetSpecInput } from '../connection/shapes.ts';
import { useWindow } from '../store/window.ts';
import { Button } from '../widgets/Button.tsx';
import { CheckField, NumberField, SelectField, TextField } from '../widgets/Field.tsx';
import { millis, plural } from '../widgets/format.ts';
import { Problem } from '../widgets/Notes.tsx';
import styles from './Fleet.module.css';

type Behaviour = 'reboot' | 'rebootDevice' | 'echo';
interface Draft {
  readonly name: string;
  readonly count: number;
  readonly id: string;
  readonly behaviour: Behaviour;
  /** Seconds. */
  readonly dark: number;
  readonly work: number;
  readonly tls: boolean;
  readonly perSecond: number;
}

const behaviours: Readonly<Record<Behaviour, string>> = {
  reboot: 'Answers 200, reports lastReboot, then drops the link, stays dark and comes back.',
  rebootDevice: 'Works first, reports rebootTime, then answers 200. Any other method is 404.',
  echo: 'Answers every method at once with 200 and the payload it was sent.',
};
const first: Draft = {
  name: 'thermostats',
  count: 100,
  id: 'thermostat-{index:0000}',
  behaviour: 'reboot',
  dark: 5,
  work: 20,
  tls: false,
  perSecond: 200,
};

export default function NewFleet() {
  const [draft, setDraft] = useState(first);
  const { busy, problem, attempt } = useAttempt();
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const spec = useMemo(() => specOf(draft), [draft]);
  const problems = useMemo(() => problemsOf(spec), [spec]);
  const wrong = problems.size > 0;

  return (
    <form
      className={styles.form}
      aria-label="New fleet"
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong) return;
        void attempt(() => client.run('fleet.add', { spec })).then((done) => {
          if (!done) return;
          useWindow.getState().go('fleet');
          useWindow.getState().openSide('invoke');
        });
      }}
    >
      <TextField
        label="Name"
        value={draft.name}
        onChange={(event) => change({ name: event.target.value })}
        problem={problems.get('name')}
      />
      <div className={styles.pair}>
        <NumberField
          label="Devices"
          min={1}
          max={50_000}
          value={draft.count}
          change={(count) => change({ count })}
          problem={problems.get('count')}
        />
        <NumberField
          label="Connect ramp"
          unit="/s"
          min={1}
          value={draft.perSecond}
          change={(perSecond) => change({ perSecond })}
          problem={problems.get('connect.perSecond')}
        />
      </div>
      <TextField
        label="Id pattern"
        mono
        value={draft.id}
        onChange={(event) => change({ id: event.target.value })}
        problem={problems.get('id')}
        hint={
          <>
            First <code>{idAt(draft.id, 1)}</code>, last <code>{idAt(draft.id, draft.count)}</code>
          </>
        }
      />
      <SelectField
        label="Behaviour"
        value={draft.behaviour}
        onChange={(event) => change({ behaviour: event.target.value as Behaviour })}
        hint={behaviours[draft.behaviour]}
      >
        {Object.keys(behaviours).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
      {draft.behaviour === 'echo' ? null : (
        <div className={styles.pair}>
          <NumberField
            label="Dark after a reboot"
            unit="s"
            min={0}
            step="any"
            value={draft.dark}
            change={(dark) => change({ dark })}
            problem={problems.get('behaviour.dark')}
          />
          {draft.behaviour === 'rebootDevice' ? (
            <NumberField
              label="Works before it answers"
              unit="s"
              min={0}
              step="any"
              value={draft.work}
              change={(work) => change({ work })}
              problem={problems.get('behaviour.work')}
            />
          ) : null}
        </div>
      )}
      <CheckField
        label="Connect over TLS"
        hint="Slower and heavier. Without it our own devices use the hub's plain loopback listener."
        checked={draft.tls}
        change={(tls) => change({ tls })}
      />
      <Problem problem={problem} />
      <Button look="main" type="submit" disabled={busy || wrong}>
        {busy ? 'Registering' : `Add ${Number.isInteger(draft.count) ? plural(draft.count, 'device') : 'the fleet'}`}
      </Button>
      {wrong || !(draft.perSecond > 0) ? null : (
        <p className="quiet">All are online after about {millis((draft.count / draft.perSecond) * 1_000)}.</p>
      )}
    </form>
  );
}

function specOf(draft: Draft): FleetSpecInput {
  const dark = draft.dark * 1_000;
  return {
    name: draft.name,
    count: draft.count,
    id: draft.id,
    tls: draft.tls,
    behaviour:
      draft.behaviour === 'echo'
        ? { kind: 'echo' }
        : draft.behaviour === 'reboot'
          ? { kind: 'reboot', dark }
          : { kind: 'rebootDevice', dark, work: draft.work * 1_000 },
    connect: { perSecond: draft.perSecond },
  };
}

/** path of a field -> its first sentence. */
function problemsOf(spec: FleetSpecInput): ReadonlyMap<string, string> {
  const read = commands['fleet.add'].input.safeParse({ spec });
  const problems = new Map<string, string>();
  for (const issue of read.error?.issues ?? []) {
    const path = issue.path.slice(1).join('.');
    if (!problems.has(path)) problems.set(path, issue.message);
  }
  return problems;
}

const idAt = (pattern: string, index: number): string =>
  pattern.replace(/\{index(?::(0+))?\}/, (_, zeros: string | undefined) =>
    String(Number.isInteger(index) ? index : 1).padStart(zeros?.length ?? 0, '0'),
  );
