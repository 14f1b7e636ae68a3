// The fields of a schema that hold no form of their own: a number, one of a few, several of a few, a list of words.
import { type ReactNode, useId, useState } from 'react';
import { CheckField, NumberField, SelectField, TextField } from '../Field.tsx';
import { type Problems, problemAt } from '../form.tsx';
import { Words } from '../Words.tsx';
import styles from './Schema.module.css';
import type { Field, Shape } from './shape.ts';

export interface FieldProps {
  readonly field: Field;
  readonly value: unknown;
  change(value: unknown): void;
  readonly problems: Problems;
  readonly at: string;
}
export type Of<Kind extends Shape['kind']> = { readonly shape: Extract<Shape, { kind: Kind }> } & FieldProps;

export function NumberOf({ field, shape, value, change, problems, at }: Of<'number'>) {
  const [touched, setTouched] = useState(false);
  const shown = typeof value === 'number' ? rounded(value / shape.factor) : Number.NaN;
  const empty = Number.isNaN(shown);
  return (
    <NumberField
      label={field.label}
      hint={<Words text={field.hint} />}
      {...(shape.unit === undefined ? {} : { unit: shape.unit })}
      // A field nobody has filled yet is not wrong yet.
      problem={empty && !touched ? undefined : missing(problemAt(problems, at), empty, field)}
      value={shown}
      step={shape.whole ? 1 : 'any'}
      {...(shape.least === undefined ? {} : { min: shape.least })}
      {...(shape.most === undefined ? {} : { max: shape.most })}
      placeholder={field.optional && field.usual === undefined ? 'none' : ''}
      onBlur={() => setTouched(true)}
      change={(next) => {
        setTouched(true);
        change(Number.isNaN(next) ? (field.optional ? undefined : next) : rounded(next * shape.factor));
      }}
    />
  );
}
const missing = (problem: string | undefined, empty: boolean, field: Field) =>
  problem === undefined ? undefined : empty ? `${field.label}: a number is missing` : problem;
/** 7% is 0.07, not 0.07000000000000001. */
const rounded = (value: number): number => Number(value.toPrecision(12));

export function ChoiceOf({ field, shape, value, change, problems, at }: Of<'choice'>) {
  return (
    <SelectField
      label={field.label}
      hint={<Words text={meaningOf(field.hint, String(value ?? field.usual ?? ''))} />}
      problem={problemAt(problems, at)}
      value={String(value ?? '')}
      onChange={({ target }) => change(shape.choices.find((each) => String(each) === target.value))}
    >
      {field.optional && field.usual === undefined ? <option value="">none</option> : null}
      {shape.choices.map((each) => (
        <option key={each} value={String(each)}>
          {String(each)}
        </option>
      ))}
    </SelectField>
  );
}

/** Of a hint that tells each choice apart, what it says of the one that is chosen. */
function meaningOf(hint: string | undefined, chosen: string): string | undefined {
  const parts = hint?.replace(/\.$/, '').split('; ') ?? [];
  const said = parts.find((part) => part.startsWith(`\`${chosen}\`: `))?.slice(chosen.length + 4);
  return said === undefined ? hint : `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}

/** Several of a few; none of them means that it is left out. */
export function ChoicesOf({ field, shape, value, change, problems, at }: Of<'choices'>) {
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  const put = (name: string, on: boolean) => {
    const next = shape.choices.filter((each) => (each === name ? on : chosen.includes(each)));
    change(next.length === 0 && field.optional ? undefined : next);
  };
  return (
    <Part label={field.label} hint={field.hint} problem={problemAt(problems, at)}>
      <div className={styles.checks}>
        {shape.choices.map((each) => (
          <CheckField key={each} label={each} checked={chosen.includes(each)} change={(on) => put(each, on)} />
        ))}
      </div>
    </Part>
  );
}

export function TextsOf({ field, value, change, problems, at }: FieldProps) {
  const [text, setText] = useState(() => (Array.isArray(value) ? value.join(', ') : ''));
  return (
    <TextField
      className={styles.wide ?? ''}
      label={field.label}
      hint={
        <>
          <Words text={field.hint} /> Parted by commas.
        </>
      }
      mono
      problem={problemAt(problems, at)}
      value={text}
      onChange={({ target }) => {
        setText(target.value);
        change(target.value.split(/[\s,]+/).filter(Boolean));
      }}
    />
  );
}

/** A field that is made of several controls. */
export function Part({
  label,
  hint,
  problem,
  children,
}: {
  readonly label: string;
  readonly hint: string | undefined;
  readonly problem: string | undefined;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <fieldset className={`${styles.part} ${styles.wide}`} aria-describedby={id}>
      <legend className={styles.label}>{label}</legend>
      <p id={id} className={problem ? styles.problem : styles.hint}>
        {problem ?? <Words text={hint} />}
      </p>
      {children}
    </fieldset>
  );
}
