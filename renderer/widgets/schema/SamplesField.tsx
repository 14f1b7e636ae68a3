// Recorded numbers: typed as a list, or read from a file. A long list is not shown, only told.
import { useId, useState } from 'react';
import { TextField } from '../Field.tsx';
import { plural } from '../format.ts';
import styles from './Schema.module.css';
import { samplesIn } from './samples.ts';

/** More of them in one line of text help nobody. */
const mostTyped = 200;

export function SamplesField({
  label,
  problem,
  value,
  change,
}: {
  readonly label: string;
  readonly problem: string | undefined;
  readonly value: readonly number[];
  change(value: readonly number[]): void;
}) {
  const id = useId();
  const [text, setText] = useState(() => (value.length > mostTyped ? '' : value.join(', ')));
  const [wrong, setWrong] = useState<string>();
  const read = async (file: File) => {
    const found = samplesIn(await file.text(), file.name);
    setWrong('problem' in found ? found.problem : undefined);
    if ('problem' in found) return;
    change(found.samples);
    setText(found.samples.length > mostTyped ? '' : found.samples.join(', '));
  };
  const long = value.length > mostTyped;
  return (
    <div className={`${styles.part} ${styles.wide}`}>
      <TextField
        label={label}
        mono
        placeholder={long ? plural(value.length, 'number') : '120, 80, 2400'}
        hint={long ? `${plural(value.length, 'number')} from the file.` : 'In ms, parted by commas.'}
        problem={wrong ?? (text === '' && !long ? undefined : problem)}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setWrong(undefined);
          change(
            target.value
              .split(/[\s,;]+/)
              .filter(Boolean)
              .map(Number),
          );
        }}
      />
      <div className={styles.file}>
        <label htmlFor={id} className={styles.label}>
          Or from a file: numbers one a line, CSV, or a JSON array
        </label>
        <input
          id={id}
          type="file"
          accept=".txt,.csv,.json,text/plain,text/csv,application/json"
          onChange={({ target }) => {
            const file = target.files?.[0];
            if (file) void read(file);
          }}
        />
      </div>
    </div>
  );
}
