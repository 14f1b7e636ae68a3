// A labelled field with its unit, its allowed range and, when it is wrong, the sentence that says so.
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react';
import styles from './Field.module.css';

interface Around {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly problem?: string | undefined;
  readonly className?: string;
}

function Shell({
  label,
  hint,
  problem,
  className,
  id,
  children,
}: Around & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className={`${styles.field} ${className ?? ''}`}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children}
      {problem ? (
        <p id={`${id}-problem`} className={styles.problem}>
          {problem}
        </p>
      ) : hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
const described = (id: string, { hint, problem }: Around) => ({
  'aria-invalid': problem ? true : undefined,
  'aria-describedby': problem ? `${id}-problem` : hint ? `${id}-hint` : undefined,
});

export function TextField({
  label,
  hint,
  problem,
  className,
  mono,
  ...input
}: Around & { readonly mono?: boolean } & Omit<InputHTMLAttributes<HTMLInputElement>, 'className'>) {
  const id = useId();
  return (
    <Shell label={label} hint={hint} problem={problem} id={id} {...(className ? { className } : {})}>
      <input
        id={id}
        type="text"
        spellCheck={false}
        autoComplete="off"
        className={`${styles.input} ${mono ? 'mono' : ''}`}
        {...described(id, { label, hint, problem })}
        {...input}
      />
    </Shell>
  );
}

/** A number with its unit behind it. Text that is no number reaches the caller as NaN, so that it can be named. */
export function NumberField({
  label,
  hint,
  problem,
  className,
  unit,
  value,
  change,
  ...input
}: Around & {
  readonly unit?: string;
  readonly value: number;
  change(value: number): void;
} & Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'className'>) {
  const id = useId();
  return (
    <Shell label={label} hint={hint} problem={problem} id={id} {...(className ? { className } : {})}>
      <span className={styles.measure}>
        <input
          id={id}
          type="number"
          inputMode="decimal"
          className={styles.input}
          value={Number.isNaN(value) ? '' : value}
          onChange={(event) => change(event.target.value === '' ? Number.NaN : Number(event.target.value))}
          {...described(id, { label, hint, problem })}
          {...input}
        />
        {unit ? (
          <span className={styles.unit} aria-hidden="true">
            {unit}
          </span>
        ) : null}
      </span>
    </Shell>
  );
}

export function SelectField({
  label,
  hint,
  problem,
  className,
  children,
  ...select
}: Around & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className'>) {
  const id = useId();
  return (
    <Shell label={label} hint={hint} problem={problem} id={id} {...(className ? { className } : {})}>
      <select
        id={id}
        className={`${styles.input} ${styles.select}`}
        {...described(id, { label, hint, problem })}
        {...select}
      >
        {children}
      </select>
    </Shell>
  );
}

export function CheckField({
  label,
  hint,
  checked,
  change,
  disabled = false,
}: {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly checked: boolean;
  /** Where something else has decided; the hint says what. */
  readonly disabled?: boolean;
  change(checked: boolean): void;
}) {
  const id = useId();
  return (
    <div className={styles.check}>
      <input
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        checked={checked}
        disabled={disabled}
        onChange={(event) => change(event.target.checked)}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint ? (
          <p id={`${id}-hint`} className={styles.hint}>
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}
