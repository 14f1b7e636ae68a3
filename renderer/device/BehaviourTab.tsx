// What this device does on a direct method and with desired properties. It is its fleet's, and is changed for the fleet.
import { IconPencil } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTotals } from '../connection/hooks.ts';
import type { DeviceView, FleetSummary } from '../connection/shapes.ts';
import { describeValues } from '../faults/words.ts';
import { formOfBehaviour } from '../fleet/behaviours.ts';
import { useWindow } from '../store/window.ts';
import { Button } from '../widgets/Button.tsx';
import { setMillis } from '../widgets/format.ts';
import { JsonText } from '../widgets/JsonText.tsx';
import { Words } from '../widgets/Words.tsx';
import styles from './Device.module.css';

type Spec = FleetSummary['spec'];

const unknownWords: Readonly<Record<Spec['methods']['unknown'], string>> = {
  '404': "404 'Unknown method'",
  silence: 'silence: its callers get 504',
  '501': '501 Not Implemented',
};
const busyWords: Readonly<Record<Spec['methods']['busy'], string>> = {
  parallel: 'served beside it',
  queue: 'served after it',
  refuse: 'refused with 503',
};

export function BehaviourTab({ view: { row } }: { readonly view: NonNullable<DeviceView> }) {
  const spec = useTotals((totals) => totals.fleets.find(({ name }) => name === row.fleet)?.spec);
  if (!spec) return null;
  const { behaviour, methods, acknowledge } = spec;
  const several = behaviour.kind === 'several' ? behaviour.of : [behaviour];
  const facts: readonly (readonly [string, ReactNode])[] = [
    ...several.map((each, index): readonly [string, ReactNode] => {
      const form = formOfBehaviour(each.kind);
      const set = describeValues(form, each as unknown as Readonly<Record<string, unknown>>);
      return [
        several.length === 1 ? 'Behaviour' : `Behaviour ${index + 1}`,
        <div key={each.kind}>
          <b>{form.title}</b>
          <p className="quiet">
            <Words text={form.description} />
          </p>
          <p className="quiet">
            Knows{' '}
            {form.methods === 'any'
              ? 'any method'
              : form.methods?.map((name) => (
                  <code key={name} className={styles.knows}>
                    {name}
                  </code>
                ))}
            {set === '' ? '' : `; ${set}`}
          </p>
        </div>,
      ];
    }),
    ['Unknown methods', unknownWords[methods.unknown]],
    ['While busy', `another method is ${busyWords[methods.busy]}`],
    ['Desired properties', acknowledgeWords(acknowledge)],
    [
      'Answers by rule',
      methods.stubs.length === 0 ? (
        'none'
      ) : (
        <JsonText key="stubs" text={JSON.stringify(methods.stubs)} label="Answers by rule" />
      ),
    ],
  ];
  return (
    <div className={styles.tab}>
      <div className={styles.bar}>
        <span className="quiet">As every device of fleet {row.fleet}</span>
        <span className={styles.space} />
        <Button icon={<IconPencil aria-hidden="true" />} onClick={() => useWindow.getState().openFleetForm(row.fleet)}>
          Change the fleet
        </Button>
      </div>
      <dl className={styles.connection}>
        {facts.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function acknowledgeWords({ how, after, code, description }: Spec['acknowledge']): string {
  if (how === 'never') return 'taken, never acknowledged';
  const late = after > 0 ? `, ${setMillis(after)} after they came` : '';
  if (how === 'echo') return `reported as they came${late}`;
  return `reported as {value, ac: ${code}, ${description === undefined ? '' : `ad: ${description}, `}av}${late}`;
}
