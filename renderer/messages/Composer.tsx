// Writes a cloud-to-device message and sends it; below stays what became of the last one.
import { IconPlus, IconSend, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { client } from '../connection/client.ts';
import { useAttempt } from '../connection/hooks.ts';
import type { SendResult } from '../connection/shapes.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { NumberField, SelectField, TextField } from '../widgets/Field.tsx';
import { count, plural } from '../widgets/format.ts';
import { JsonEditor } from '../widgets/JsonEditor.tsx';
import { Problem } from '../widgets/Notes.tsx';
import { Segments } from '../widgets/Segments.tsx';
import styles from './Messages.module.css';
import { type Ack, acks, inputOf, type Property, problemsOf, useMessage } from './store.ts';

const forms = [
  { name: 'json', label: 'JSON' },
  { name: 'text', label: 'Text' },
] as const;
const ackWords: Readonly<Record<Ack, string>> = {
  none: 'none: no feedback',
  positive: 'positive: when it is completed',
  negative: 'negative: when it is not',
  full: 'full: in any case',
};

export function Composer({ devices }: { readonly devices: readonly string[] }) {
  const draft = useMessage();
  const { change } = draft;
  const [result, setResult] = useState<SendResult>();
  const { busy, problem, attempt, clear } = useAttempt();
  const problems = problemsOf(draft);
  const ready = devices.length > 0 && Object.keys(problems).length === 0;

  const send = () => {
    if (!ready || busy) return;
    clear();
    setResult(undefined);
    void attempt(async () => setResult(await client.run('message.send', inputOf(draft, devices))));
  };

  return (
    <form
      data-send
      data-message
      className={styles.form}
      aria-label="Cloud-to-device message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className={styles.field}>
        <div className={styles.between}>
          <span className={styles.label}>
            Body <span className="quiet">at most 64 KB</span>
          </span>
          <Segments label="Body is" options={forms} chosen={draft.form} choose={(form) => change({ form })} />
        </div>
        {draft.form === 'json' ? (
          <JsonEditor value={draft.body} change={(body) => change({ body })} label="Body as JSON" placeholder="{ }" />
        ) : (
          <textarea
            className={styles.text}
            aria-label="Body as text"
            spellCheck={false}
            value={draft.body}
            onChange={(event) => change({ body: event.target.value })}
          />
        )}
        {problems.body ? <p className={styles.problem}>{problems.body}</p> : null}
      </div>
      <Properties properties={draft.properties} problem={problems.properties} />
      <div className={styles.two}>
        <TextField
          label="Message id"
          mono
          placeholder="made up"
          value={draft.messageId}
          problem={problems.messageId}
          onChange={(event) => change({ messageId: event.target.value })}
        />
        <NumberField
          label="Expires after"
          unit="s"
          min={1}
          max={172_800}
          placeholder="3600"
          title="1 to 172800 s; an hour when left blank"
          value={draft.expiry}
          change={(expiry) => change({ expiry })}
          problem={problems.expiry}
        />
      </div>
      <SelectField
        label="Acknowledgement"
        hint="Feedback goes to the receiver of the hub's feedback queue; the outcome is in the traffic in any case."
        value={draft.ack}
        onChange={(event) => change({ ack: event.target.value as Ack })}
      >
        {acks.map((ack) => (
          <option key={ack} value={ack}>
            {ackWords[ack]}
          </option>
        ))}
      </SelectField>
      <Problem problem={problem} />
      <Button
        look="main"
        type="submit"
        disabled={!ready || busy}
        icon={<IconSend aria-hidden="true" />}
        shortcut="mod+Enter"
      >
        {devices.length === 0
          ? 'Choose devices'
          : devices.length === 1
            ? 'Send'
            : `Send to ${plural(devices.length, 'device')}`}
      </Button>
      <div role="status">{result ? <Outcome result={result} /> : null}</div>
    </form>
  );
}

function Properties({
  properties,
  problem,
}: {
  readonly properties: readonly Property[];
  readonly problem: string | undefined;
}) {
  const change = useMessage((state) => state.change);
  const set = (key: number, part: Partial<Property>) =>
    change({ properties: properties.map((each) => (each.key === key ? { ...each, ...part } : each)) });
  const add = () =>
    change({
      properties: [...properties, { key: Math.max(0, ...properties.map(({ key }) => key)) + 1, name: '', value: '' }],
    });
  return (
    <fieldset className={styles.properties}>
      <legend className="unseen">Properties</legend>
      <div className={styles.between}>
        <span className={styles.label} aria-hidden="true">
          Properties
        </span>
        <Button look="quiet" icon={<IconPlus aria-hidden="true" />} onClick={add}>
          Add property
        </Button>
      </div>
      {properties.map(({ key, name, value }, index) => (
        <div key={key} className={styles.property}>
          <input
            className={styles.input}
            aria-label={`Name of property ${index + 1}`}
            placeholder="name"
            spellCheck={false}
            value={name}
            onChange={(event) => set(key, { name: event.target.value })}
          />
          <input
            className={styles.input}
            aria-label={`Value of property ${index + 1}`}
            placeholder="value"
            spellCheck={false}
            value={value}
            onChange={(event) => set(key, { value: event.target.value })}
          />
          <IconButton
            label={`Remove property ${name || index + 1}`}
            onClick={() => change({ properties: properties.filter((each) => each.key !== key) })}
          >
            <IconX />
          </IconButton>
        </div>
      ))}
      {problem ? <p className={styles.problem}>{problem}</p> : null}
    </fieldset>
  );
}

function Outcome({ result: { sent, refused, reasons } }: { readonly result: SendResult }) {
  return (
    <div className={styles.outcome}>
      <p>
        {sent > 0
          ? `The hub took ${sent === 1 && refused === 0 ? 'it' : plural(sent, 'message')}.`
          : 'The hub took none.'}
        {refused > 0 ? <span className={styles.refused}> {count(refused)} refused.</span> : null}
      </p>
      {reasons.length > 0 ? (
        <ul>
          {reasons.slice(0, 20).map(({ device, message }) => (
            <li key={device}>
              <code>{device}</code> <span className={styles.refused}>{message}</span>
            </li>
          ))}
          {refused > 20 ? <li className="quiet">and {count(refused - 20)} more</li> : null}
        </ul>
      ) : null}
    </div>
  );
}
