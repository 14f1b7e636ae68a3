// Edits the desired properties: shows the patch that will be sent, sends it with the etag that was read, says a refusal in place.
import { useMemo, useState } from 'react';
import { client } from '../connection/client.ts';
import { useAttempt } from '../connection/hooks.ts';
import type { TwinView } from '../connection/shapes.ts';
import { Button } from '../widgets/Button.tsx';
import { JsonEditor, jsonProblem } from '../widgets/JsonEditor.tsx';
import { JsonText } from '../widgets/JsonText.tsx';
import { Problem } from '../widgets/Notes.tsx';
import styles from './Device.module.css';
import { type Json, mergePatch, withoutMetadata } from './twin.ts';

export function DesiredEditor({
  device,
  twin,
  close,
}: {
  readonly device: string;
  readonly twin: TwinView;
  close(): void;
}) {
  // What the draft began from; the patch and the etag are against this, not against what came since.
  const [base, setBase] = useState(twin);
  const [text, setText] = useState(() => indented(twin));
  const { busy, problem, attempt, clear } = useAttempt();
  const { patch, wrong } = useMemo(() => read(base, text), [base, text]);
  const moved = twin.desiredVersion !== base.desiredVersion;
  const changes = patch ? Object.keys(patch).length : 0;

  const restart = () => {
    clear();
    setBase(twin);
    setText(indented(twin));
  };
  const apply = () => {
    if (!patch || changes === 0) return;
    void attempt(() => client.run('twin.patchDesired', { device, patch, etag: base.etag })).then((done) => {
      if (done) close();
    });
  };

  return (
    <section aria-label="Edit desired" className={styles.editor}>
      <div className={styles.editors}>
        <div>
          <span className={styles.caption}>Desired properties, from version {base.desiredVersion}</span>
          <JsonEditor value={text} change={setText} label="Desired properties as JSON" fill />
        </div>
        <div>
          <span className={styles.caption}>Patch to send{changes > 0 ? '; null removes a property' : ''}</span>
          {changes > 0 ? (
            <JsonText text={JSON.stringify(patch)} label="Patch" />
          ) : (
            <p className="quiet">{wrong ? 'Mend the JSON first.' : 'Nothing is changed yet.'}</p>
          )}
        </div>
      </div>
      <Problem problem={problem} />
      <div className={styles.deeds}>
        <span className={styles.wrong}>
          {wrong ??
            (moved
              ? `The desired properties are at version ${twin.desiredVersion} by now; this draft would be refused.`
              : '')}
        </span>
        {moved ? <Button onClick={restart}>Start from version {twin.desiredVersion}</Button> : null}
        <Button onClick={close}>Cancel</Button>
        <Button look="main" disabled={busy || wrong !== undefined || changes === 0} onClick={apply}>
          Apply
        </Button>
      </div>
    </section>
  );
}

const indented = (twin: TwinView): string => JSON.stringify(withoutMetadata(twin.desired), null, 2);

function read(
  base: TwinView,
  text: string,
): { readonly patch?: Record<string, Json>; readonly wrong?: string | undefined } {
  if (text.trim() === '') return { wrong: 'Desired: write {} to remove every property.' };
  const problem = jsonProblem(text, 'Desired');
  if (problem) return { wrong: problem };
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { wrong: 'Desired: expected an object, { ... }.' };
  }
  return { patch: mergePatch(base.desired, value as Record<string, unknown>) };
}
