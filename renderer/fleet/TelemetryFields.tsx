// What a fleet's devices send of their own accord: how often, what it says, and one message as it will be.
import { IconRefresh } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { parseTemplate, placeholders, TemplateProblem, writeTemplate } from '../../preload/contract/telemetry.ts';
import { IconButton } from '../widgets/Button.tsx';
import type { useDraft } from '../widgets/form.tsx';
import { bytes, perSecond } from '../widgets/format.ts';
import { JsonEditor } from '../widgets/JsonEditor.tsx';
import { JsonText } from '../widgets/JsonText.tsx';
import { type Draft, idAt, identitiesOf, templateOf } from './draft.ts';
import styles from './Fleet.module.css';

type Form = ReturnType<typeof useDraft<Draft>>;

export function TelemetryFields({ form }: { readonly form: Form }) {
  const { draft, change, problems, fields } = form;
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round draws other values
  const preview = useMemo(() => previewOf(draft), [draft.template, draft.contentType, draft.id, round]);
  const rate = identitiesOf(draft) / draft.every;
  return (
    <fieldset className={styles.part}>
      <legend className="unseen">Telemetry</legend>
      <div className={styles.pair}>
        {fields.number('every', 'Every', {
          unit: 's',
          step: 'any',
          min: 0.01,
          at: 'telemetry.everySeconds',
          hint: Number.isFinite(rate) && rate > 0 ? `${perSecond(rate)} for the whole fleet` : undefined,
        })}
        {fields.number('jitter', 'Jitter', {
          unit: '%',
          min: 0,
          max: 100,
          at: 'telemetry.jitter',
          hint: 'Each wait is shorter or longer by up to so much',
        })}
      </div>
      {fields.text('contentType', 'Content type', { mono: true, at: 'telemetry.contentType' })}
      <div className={styles.template}>
        <span>Template of a message</span>
        <JsonEditor
          value={draft.template}
          change={(template) => change({ template })}
          label="Template of a message"
          placeholder="{ }"
        />
        {preview.problem ? (
          <p className={styles.wrong}>{problems.get('telemetry.template') ?? preview.problem}</p>
        ) : null}
        <details>
          <summary>Placeholders</summary>
          <dl className={styles.placeholders}>
            {placeholders.map(({ written, gives }) => (
              <div key={written}>
                <dt>
                  <code>{written}</code>
                </dt>
                <dd>{gives}</dd>
              </div>
            ))}
          </dl>
        </details>
      </div>
      {preview.text === undefined ? null : (
        <div className={styles.template}>
          <span className={styles.previewHead}>
            One message, {bytes(new TextEncoder().encode(preview.text).length)}
            <IconButton label="Draw another message" onClick={() => setRound(round + 1)}>
              <IconRefresh />
            </IconButton>
          </span>
          <JsonText text={preview.text} label="Preview of a message" />
        </div>
      )}
    </fieldset>
  );
}

function previewOf(draft: Draft): { readonly text?: string; readonly problem?: string } {
  const read = templateOf(draft);
  if ('problem' in read) return read;
  try {
    return {
      text: writeTemplate(parseTemplate(read.template), {
        ...{ deviceId: idAt(draft.id, 1), index: 1, count: 1, now: Date.now() },
        ...{ next: Math.random, walks: [], walksBefore: 0 },
      }),
    };
  } catch (error) {
    if (error instanceof TemplateProblem) return { problem: error.message };
    throw error;
  }
}
