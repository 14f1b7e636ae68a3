// One fault: what it does, to whom. The same form adds a new one and changes one that is on.
import { commands } from '../../preload/contract/contract.ts';
import { client } from '../connection/client.ts';
import { useAttempt, useTotals } from '../connection/hooks.ts';
import type { Distribution, FaultSpec, FaultSpecInput } from '../connection/shapes.ts';
import { useWindow } from '../store/window.ts';
import { Button } from '../widgets/Button.tsx';
import { problemsIn, useDraft } from '../widgets/form.tsx';
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
  const { draft, problems, fields } = useDraft<Draft>(
    () => draftOf(of),
    (now) => problemsIn(commands['fault.add'].input, { spec: specOf(now, of) }, 'spec'),
  );
  const fleets =
    useTotals((totals) => totals.fleets.map(({ name, identities }) => ({ name, count: identities }))) ?? [];
  const total = useTotals((totals) => totals.devices.total) ?? 0;
  const device = useWindow((state) => state.device);
  const { busy, problem, attempt } = useAttempt();
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
        void attempt(() => client.run(of ? 'fault.change' : 'fault.add', { spec: specOf(draft, of) })).then((ok) => {
          if (ok) done();
        });
      }}
    >
      {of ? null : fields.text('name', 'Name')}
      <div className={styles.pair}>
        {fields.choice('kind', 'Does', { 'reply.delay': 'Reply late', 'reply.never': 'Never reply' })}
        {draft.kind === 'reply.delay'
          ? fields.choice('shape', 'Delay', { fixed: 'Fixed', uniform: 'Uniform', 'log-normal': 'Log-normal' })
          : null}
      </div>
      {draft.kind === 'reply.never' ? (
        <p className="quiet">The method is executed; the caller gets 504 after its response timeout.</p>
      ) : draft.shape === 'fixed' ? (
        fields.number('ms', 'Each reply waits', { unit: 'ms', at: 'settings.delay.ms' })
      ) : draft.shape === 'uniform' ? (
        <div className={styles.pair}>
          {fields.number('low', 'From', {
            unit: 'ms',
            // That it is above the other is said of the whole delay.
            at: problems.has('settings.delay') ? 'settings.delay' : 'settings.delay.low',
          })}
          {fields.number('high', 'To', { unit: 'ms', at: 'settings.delay.high' })}
        </div>
      ) : (
        <div className={styles.pair}>
          {fields.number('median', 'Median', { unit: 'ms', at: 'settings.delay.median', hint: 'Half wait less' })}
          {fields.number('sigma', 'Sigma', {
            step: 'any',
            at: 'settings.delay.sigma',
            hint: 'Width of the tail, 0 to 3',
          })}
        </div>
      )}
      <div className={styles.pair}>
        {fields.choice('on', 'On', {
          '': 'All devices',
          ...Object.fromEntries(fleets.map(({ name }) => [`fleet:${name}`, `Fleet ${name}`])),
          ...Object.fromEntries(devices.map((each) => [`device:${each}`, each])),
        })}
        {draft.on.startsWith('device:')
          ? null
          : fields.number('share', 'Share', { unit: '%', step: 'any', min: 0, max: 100, at: 'on.share' })}
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
