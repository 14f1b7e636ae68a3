// One fault: what it does, to whom. The same form adds a new one and changes one that is on.
import { useMemo, useState } from 'react';
import { commands } from '../../preload/contract/contract.ts';
import { client } from '../connection/client.ts';
import { useAttempt, useTotals } from '../connection/hooks.ts';
import type { Distribution, FaultSpec, FaultSpecInput } from '../connection/shapes.ts';
import { useWindow } from '../store/window.ts';
import { Button } from '../widgets/Button.tsx';
import { NumberField, SelectField, TextField } from '../widgets/Field.tsx';
import { plural } from '../widgets/format.ts';
import { Problem } from '../widgets/Notes.tsx';
import styles from './Faults.module.css';

interface Draft {
  readonly name: string;
  readonly kind: 'reply.delay' | 'reply.never';
  readonly shape: Distribution['kind'];
  /** All in ms. */
  readonly ms: number;
  readonly low: number;
  readonly high: number;
  readonly median: number;
  readonly sigma: number;
  /** '' for all devices, `fleet:x` or `device:x`. */
  readonly on: string;
  /** In percent. */
  readonly share: number;
}

export function FaultForm({ of, done }: { readonly of?: FaultSpec; done(): void }) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(of));
  const fleets = useTotals((totals) => totals.fleets.map(({ name, spec }) => ({ name, count: spec.count }))) ?? [];
  const total = useTotals((totals) => totals.devices.total) ?? 0;
  const device = useWindow((state) => state.device);
  const { busy, problem, attempt } = useAttempt();
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const spec = useMemo(() => specOf(draft, of), [draft, of]);
  const problems = useMemo(() => problemsOf(spec), [spec]);

  const within = draft.on.startsWith('device:')
    ? 1
    : draft.on === ''
      ? total
      : (fleets.find((fleet) => `fleet:${fleet.name}` === draft.on)?.count ?? 0);
  const devices = [...new Set([device, of?.on.device].filter((each) => each !== undefined))];

  return (
    <form
      className={styles.form}
      aria-label={of ? `Change ${of.name}` : 'New fault'}
      onSubmit={(event) => {
        event.preventDefault();
        if (problems.size > 0) return;
        void attempt(() => client.run(of ? 'fault.change' : 'fault.add', { spec })).then((ok) => {
          if (ok) done();
        });
      }}
    >
      {of ? null : (
        <TextField
          label="Name"
          value={draft.name}
          onChange={(event) => change({ name: event.target.value })}
          problem={problems.get('name')}
        />
      )}
      <div className={styles.pair}>
        <SelectField
          label="Does"
          value={draft.kind}
          onChange={(event) => change({ kind: event.target.value as Draft['kind'] })}
        >
          <option value="reply.delay">Reply late</option>
          <option value="reply.never">Never reply</option>
        </SelectField>
        {draft.kind === 'reply.delay' ? (
          <SelectField
            label="Delay"
            value={draft.shape}
            onChange={(event) => change({ shape: event.target.value as Draft['shape'] })}
          >
            <option value="fixed">Fixed</option>
            <option value="uniform">Uniform</option>
            <option value="log-normal">Log-normal</option>
          </SelectField>
        ) : null}
      </div>
      {draft.kind === 'reply.never' ? (
        <p className="quiet">The method is executed; the caller gets 504 after its response timeout.</p>
      ) : draft.shape === 'fixed' ? (
        <NumberField
          label="Each reply waits"
          unit="ms"
          value={draft.ms}
          change={(ms) => change({ ms })}
          problem={problems.get('settings.delay.ms')}
        />
      ) : draft.shape === 'uniform' ? (
        <div className={styles.pair}>
          <NumberField
            label="From"
            unit="ms"
            value={draft.low}
            change={(low) => change({ low })}
            problem={problems.get('settings.delay.low') ?? problems.get('settings.delay')}
          />
          <NumberField
            label="To"
            unit="ms"
            value={draft.high}
            change={(high) => change({ high })}
            problem={problems.get('settings.delay.high')}
          />
        </div>
      ) : (
        <div className={styles.pair}>
          <NumberField
            label="Median"
            unit="ms"
            value={draft.median}
            change={(median) => change({ median })}
            problem={problems.get('settings.delay.median')}
            hint="Half wait less"
          />
          <NumberField
            label="Sigma"
            step="any"
            value={draft.sigma}
            change={(sigma) => change({ sigma })}
            problem={problems.get('settings.delay.sigma')}
            hint="Width of the tail, 0 to 3"
          />
        </div>
      )}
      <div className={styles.pair}>
        <SelectField label="On" value={draft.on} onChange={(event) => change({ on: event.target.value })}>
          <option value="">All devices</option>
          {fleets.map((fleet) => (
            <option key={fleet.name} value={`fleet:${fleet.name}`}>
              Fleet {fleet.name}
            </option>
          ))}
          {devices.map((each) => (
            <option key={each} value={`device:${each}`}>
              {each}
            </option>
          ))}
        </SelectField>
        {draft.on.startsWith('device:') ? null : (
          <NumberField
            label="Share"
            unit="%"
            step="any"
            min={0}
            max={100}
            value={draft.share}
            change={(share) => change({ share })}
            problem={problems.get('on.share')}
          />
        )}
      </div>
      <Problem problem={problem} />
      <div className={styles.deeds}>
        <span>
          {Number.isNaN(draft.share) ? '' : `About ${plural(Math.round((within * draft.share) / 100), 'device')}`}
        </span>
        <Button onClick={done}>Cancel</Button>
        <Button look="main" type="submit" disabled={busy || problems.size > 0}>
          {of ? 'Change' : 'Add fault'}
        </Button>
      </div>
    </form>
  );
}

function draftOf(spec: FaultSpec | undefined): Draft {
  const delay = spec?.settings.kind === 'reply.delay' ? spec.settings.delay : undefined;
  return {
    name: spec?.name ?? 'slow',
    kind: spec?.settings.kind ?? 'reply.delay',
    shape: delay?.kind ?? 'log-normal',
    ms: delay?.kind === 'fixed' ? delay.ms : 1_000,
    low: delay?.kind === 'uniform' ? delay.low : 200,
    high: delay?.kind === 'uniform' ? delay.high : 2_000,
    median: delay?.kind === 'log-normal' ? delay.median : 800,
    sigma: delay?.kind === 'log-normal' ? delay.sigma : 0.5,
    on: spec?.on.device ? `device:${spec.on.device}` : spec?.on.fleet ? `fleet:${spec.on.fleet}` : '',
    share: Number(((spec?.on.share ?? 1) * 100).toFixed(4)),
  };
}

function specOf(draft: Draft, of: FaultSpec | undefined): FaultSpecInput {
  const [what, ...name] = draft.on.split(':');
  const target = what === 'fleet' || what === 'device' ? { [what]: name.join(':') } : {};
  const delays: Readonly<Record<Draft['shape'], Distribution>> = {
    fixed: { kind: 'fixed', ms: draft.ms },
    uniform: { kind: 'uniform', low: draft.low, high: draft.high },
    'log-normal': { kind: 'log-normal', median: draft.median, sigma: draft.sigma },
  };
  return {
    name: draft.name,
    settings:
      draft.kind === 'reply.never' ? { kind: 'reply.never' } : { kind: 'reply.delay', delay: delays[draft.shape] },
    on: { ...target, share: what === 'device' ? 1 : draft.share / 100 },
    ...(of?.seed === undefined ? {} : { seed: of.seed }),
  };
}

function problemsOf(spec: FaultSpecInput): ReadonlyMap<string, string> {
  const read = commands['fault.add'].input.safeParse({ spec });
  const problems = new Map<string, string>();
  for (const issue of read.error?.issues ?? []) {
    const path = issue.path.slice(1).join('.');
    if (!problems.has(path)) problems.set(path, issue.message);
  }
  return problems;
}
