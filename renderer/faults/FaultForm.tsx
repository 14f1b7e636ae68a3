// One fault: what it does, to whom, when. The fields are made from the schema of its kind; the same form adds a new one and changes one there is.
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { commands } from '../../preload/contract/contract.ts';
import { client } from '../connection/client.ts';
import { useAttempt, useTotals } from '../connection/hooks.ts';
import type { FaultSpec } from '../connection/shapes.ts';
import { useFaults } from '../store/faults.ts';
import { useWindow } from '../store/window.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { problemsIn, useDraft } from '../widgets/form.tsx';
import { Heading, Problem } from '../widgets/Notes.tsx';
import { SchemaFields } from '../widgets/schema/SchemaFields.tsx';
import { Words } from '../widgets/Words.tsx';
import { draftOf, newDraft, specOf } from './draft.ts';
import styles from './Faults.module.css';
import { type FaultKind, formOfKind, whenForm } from './kinds.ts';
import { TargetFields } from './TargetFields.tsx';
import { describeWhen } from './words.ts';

export function FaultForm({
  of,
  begin,
  done,
}: {
  /** The one that is changed; or how a new one begins. */
  readonly of?: FaultSpec;
  readonly begin?: { readonly fault: FaultKind; readonly device?: string };
  done(): void;
}) {
  const show = useFaults((state) => state.show);
  const names = useTotals((totals) => totals.faults.map(({ spec }) => spec.name)) ?? [];
  const form = useDraft(
    () => (of ? draftOf(of) : newDraft(begin?.fault ?? 'reply.delay', begin?.device, names)),
    (now) => problemsIn(commands['fault.add'].input, { spec: specOf(now) }, 'spec'),
  );
  const { draft, change, problems, fields } = form;
  const kind = draft.settings.kind as FaultKind;
  const shape = formOfKind(kind);
  const device = useWindow((state) => state.device);
  const { busy, problem, attempt } = useAttempt();
  const wrongWhen = [...problems.keys()].some((path) => path.startsWith('when') || path === 'seed');
  const [more, setMore] = useState(false);
  const self = useRef<HTMLFormElement>(null);
  const isNew = of === undefined;
  useEffect(() => {
    // In a long list it opens below the edge; a new one takes the place of the button that was pressed.
    self.current?.scrollIntoView({ block: 'nearest' });
    if (isNew) self.current?.querySelector('input')?.focus({ preventScroll: true });
  }, [isNew]);

  return (
    <form
      ref={self}
      className={`${styles.form} ${of ? '' : styles.alone}`}
      aria-label={of ? `Change ${of.name}` : 'New fault'}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        done();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        if (problems.size > 0) return;
        void attempt(() => client.run(of ? 'fault.change' : 'fault.add', { spec: specOf(draft, of?.enabled) })).then(
          (ok) => {
            if (ok) done();
          },
        );
      }}
    >
      {of ? null : (
        <div className={styles.back}>
          <IconButton
            label="Choose another kind"
            onClick={() => show({ kind: 'choose', ...(begin?.device === undefined ? {} : { device: begin.device }) })}
          >
            <IconArrowLeft />
          </IconButton>
          <Heading>{shape.title}</Heading>
        </div>
      )}
      <p className={styles.about}>
        <Words text={shape.description} />
      </p>
      {of ? null : fields.text('name', 'Name')}
      <SchemaFields
        form={shape}
        value={draft.settings}
        change={(settings) => change({ settings })}
        problems={problems}
        at="settings"
      />
      {shape.touches === 'hub' ? null : (
        <TargetFields
          form={form}
          devices={[device, of?.on.device, begin?.device].filter((each) => each !== undefined)}
        />
      )}
      {shape.touches === 'request' && (draft.on !== '' || draft.tags.trim() !== '' || draft.share < 100) ? (
        <p className={styles.about}>
          Requests that concern no single device are struck only when it is on all devices.
        </p>
      ) : null}
      <details className={styles.when} open={more || wrongWhen} onToggle={(event) => setMore(event.currentTarget.open)}>
        <summary>
          When
          <span className="quiet">
            {problems.size > 0 ? '' : describeWhen(draft.when as FaultSpec['when']) || 'always'}
          </span>
        </summary>
        <div className={styles.whenFields}>
          <SchemaFields
            form={whenForm}
            value={draft.when}
            change={(when) => change({ when })}
            problems={problems}
            at="when"
          />
          {fields.text('seed', 'Seed', {
            inputMode: 'numeric',
            placeholder: "the lab's own",
            hint: 'The same seed and name pick the same devices and draw the same numbers.',
          })}
        </div>
      </details>
      <Problem problem={problem} />
      <div className={styles.deeds}>
        <Button onClick={done}>Cancel</Button>
        <Button look="main" type="submit" disabled={busy || problems.size > 0}>
          {of ? 'Change' : 'Add fault'}
        </Button>
      </div>
    </form>
  );
}
