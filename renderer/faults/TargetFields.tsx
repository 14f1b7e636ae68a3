// Whom a fault is for, with a live count of the devices it would be on and what is wrong with its condition.
import { useEffect, useState } from 'react';
import { client, type Refused, refusedBy } from '../connection/client.ts';
import { useLink, useTotals } from '../connection/hooks.ts';
import type { CommandAnswer } from '../connection/shapes.ts';
import type { useDraft } from '../widgets/form.tsx';
import { count, plural } from '../widgets/format.ts';
import { type Draft, specOf } from './draft.ts';
import styles from './Faults.module.css';

type Count = CommandAnswer<'fault.count'>;

/** Long enough that a word can be typed, short enough to be live. In ms. */
const pause = 250;

export function TargetFields({
  form: { draft, problems, fields },
  devices,
}: {
  readonly form: ReturnType<typeof useDraft<Draft>>;
  /** Single devices one may mean. */
  readonly devices: readonly string[];
}) {
  const fleets = useTotals((totals) => totals.fleets.map(({ name }) => name)) ?? [];
  const unsaid = [...problems.keys()].every((path) => path !== 'name' && path !== 'seed' && !path.startsWith('on'));
  const { found, problem } = useCount(draft, unsaid);
  const one = draft.on.startsWith('device:');
  // The host names the field and the error of the service; here it stands beside the field.
  const refused = problem?.message.replace(/^on\.tags: (ArgumentInvalid: )?/, '');
  return (
    <>
      <div className={styles.pair}>
        {fields.choice('on', 'On', {
          '': 'All devices',
          ...Object.fromEntries(fleets.map((name) => [`fleet:${name}`, `Fleet ${name}`])),
          ...Object.fromEntries([...new Set(devices)].map((each) => [`device:${each}`, each])),
        })}
        {one ? null : fields.number('share', 'Share', { unit: '%', step: 'any', min: 0, max: 100, at: 'on.share' })}
      </div>
      {one
        ? null
        : fields.text('tags', 'Condition', {
            mono: true,
            at: 'on.tags',
            placeholder: 'tags.floor = 3',
            hint: 'Only devices whose twin meets it. Looked at again when tags change.',
            ...(refused && draft.tags.trim() !== '' ? { problem: refused } : {}),
          })}
      <p className={styles.count} role="status">
        {found === undefined ? (
          refused && draft.tags.trim() === '' ? (
            refused
          ) : (
            ' '
          )
        ) : (
          <>
            On <b>{count(found.devices)}</b> of {plural(found.total, 'device')}
            {found.some.length > 0 ? <span className={styles.some}>{someWords(found)}</span> : null}
          </>
        )}
      </p>
    </>
  );
}

function someWords({ devices, some }: Count): string {
  const named = some.slice(0, 4);
  return `${named.join(', ')}${devices > named.length ? ', …' : ''}`;
}

/** Asked again when the target changed, or the number of devices. */
function useCount(draft: Draft, ready: boolean): { readonly found?: Count; readonly problem?: Refused } {
  const [answer, setAnswer] = useState<{ readonly found?: Count; readonly problem?: Refused }>({});
  const total = useTotals((totals) => totals.devices.total);
  const link = useLink();
  const { name, on, seed } = specOf(draft);
  const asked = JSON.stringify({ name, on, ...(seed === undefined ? {} : { seed }) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number of devices, or a host that is back, is another question
  useEffect(() => {
    if (!ready || link !== 'open') {
      setAnswer({});
      return;
    }
    let current = true;
    const later = setTimeout(() => {
      client.run('fault.count', JSON.parse(asked) as Parameters<typeof client.run<'fault.count'>>[1]).then(
        (found) => current && setAnswer({ found }),
        (error: unknown) => current && setAnswer({ problem: refusedBy(error) }),
      );
    }, pause);
    return () => {
      current = false;
      clearTimeout(later);
    };
  }, [asked, ready, total, link]);
  return answer;
}
