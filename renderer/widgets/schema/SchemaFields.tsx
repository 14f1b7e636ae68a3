// The fields of a form that a schema asks for. The value is plain JSON; what is wrong with it is told by the schema itself, beside the field.
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Distribution } from '../../connection/shapes.ts';
import { Button, IconButton } from '../Button.tsx';
import { CheckField, SelectField, TextField } from '../Field.tsx';
import { type Problems, problemAt } from '../form.tsx';
import { Words } from '../Words.tsx';
import { DelayPlot } from './DelayPlot.tsx';
import { JsonField } from './JsonField.tsx';
import { SamplesField } from './SamplesField.tsx';
import styles from './Schema.module.css';
import { ChoiceOf, ChoicesOf, type FieldProps, NumberOf, type Of, Part, TextsOf } from './SimpleFields.tsx';
import { type Form, firstValue, firstVariant, type Values } from './shape.ts';

interface FieldsProps {
  readonly form: Form;
  readonly value: Values;
  change(value: Values): void;
  readonly problems: Problems;
  /** Path of the form in what the problems are about. */
  readonly at: string;
}

export function SchemaFields({ form, value, change, problems, at }: FieldsProps) {
  if (form.fields.length === 0) return null;
  return (
    <div className={styles.fields}>
      {form.fields.map((field) => (
        <SchemaField
          key={`${form.kind} ${field.name}`}
          field={field}
          value={value[field.name]}
          change={(next) => change(withMember(value, field.name, next))}
          problems={problems}
          at={at === '' ? field.name : `${at}.${field.name}`}
        />
      ))}
    </div>
  );
}

/** What is undefined is left out. */
export function withMember(value: Values, name: string, next: unknown): Values {
  const { [name]: _, ...rest } = value;
  return next === undefined ? rest : { ...value, [name]: next };
}

export function SchemaField(props: FieldProps) {
  const { shape } = props.field;
  switch (shape.kind) {
    case 'number':
      return <NumberOf {...props} shape={shape} />;
    case 'choice':
      return <ChoiceOf {...props} shape={shape} />;
    case 'flag':
      return (
        <CheckField
          label={props.field.label}
          hint={<Words text={props.field.hint} />}
          checked={props.value === true}
          change={props.change}
        />
      );
    case 'text':
      return (
        <TextField
          label={props.field.label}
          hint={<Words text={props.field.hint} />}
          problem={problemAt(props.problems, props.at)}
          mono
          value={typeof props.value === 'string' ? props.value : ''}
          onChange={({ target }) =>
            props.change(target.value === '' && props.field.optional ? undefined : target.value)
          }
        />
      );
    case 'texts':
      return <TextsOf {...props} />;
    case 'choices':
      return <ChoicesOf {...props} shape={shape} />;
    case 'numbers':
      return (
        <SamplesField
          label={props.field.label}
          problem={problemAt(props.problems, props.at)}
          value={Array.isArray(props.value) ? (props.value as number[]) : []}
          change={props.change}
        />
      );
    case 'distribution':
      return (
        <VariantsOf {...props} variants={shape.variants}>
          {problemAt(props.problems, props.at) ? null : <DelayPlot delay={props.value as Distribution} />}
        </VariantsOf>
      );
    case 'variants':
      return <VariantsOf {...props} variants={shape.variants} />;
    case 'list':
      return <ListOf {...props} shape={shape} />;
    case 'group':
      return <GroupOf {...props} shape={shape} />;
    case 'json':
      return (
        <JsonField
          label={props.field.label}
          hint={<Words text={props.field.hint} />}
          problem={problemAt(props.problems, props.at)}
          value={props.value}
          change={props.change}
        />
      );
  }
}

function VariantsOf({
  field,
  variants,
  value,
  change,
  problems,
  at,
  children,
}: FieldProps & { readonly variants: readonly Form[]; readonly children?: ReactNode }) {
  const now = (typeof value === 'object' && value !== null ? value : {}) as Values;
  const form = variants.find((each) => each.kind === now.kind) ?? variants[0];
  if (!form) return null;
  const whole = problems.get(at);
  return (
    <fieldset className={`${styles.part} ${styles.wide}`}>
      <legend className="unseen">{field.label}</legend>
      <VariantChoice label={field.label} variants={variants} form={form} change={change} problem={whole} />
      {field.hint ? (
        <p className={styles.hint}>
          <Words text={`${field.hint} ${form.description}`} />
        </p>
      ) : null}
      <SchemaFields form={form} value={now} change={change} problems={problems} at={at} />
      {children}
    </fieldset>
  );
}

/** Another variant begins with values of its own. */
export function VariantChoice({
  label,
  variants,
  form,
  change,
  problem,
}: {
  readonly label: string;
  readonly variants: readonly Form[];
  readonly form: Form;
  change(value: Values): void;
  readonly problem?: string | undefined;
}) {
  return (
    <SelectField
      label={label}
      value={form.kind}
      problem={problem}
      onChange={({ target }) => {
        const next = variants.find((each) => each.kind === target.value);
        if (next) change(firstVariant(next));
      }}
    >
      {variants.map((each) => (
        <option key={each.kind} value={each.kind}>
          {each.title.charAt(0).toUpperCase() + each.title.slice(1)}
        </option>
      ))}
    </SelectField>
  );
}

function ListOf({ field, shape, value, change, problems, at }: Of<'list'>) {
  const items = Array.isArray(value) ? (value as Values[]) : [];
  const put = (place: number, next: Values) => change(items.map((each, index) => (index === place ? next : each)));
  return (
    <Part label={field.label} hint={field.hint} problem={problems.get(at)}>
      {items.map((item, index) => {
        const form = shape.of.find((each) => each.kind === item.kind) ?? shape.of[0];
        return form ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place in the order
          <div key={`${index} ${form.kind}`} className={styles.item}>
            <div className={styles.part}>
              <VariantChoice
                label={`Number ${index + 1}`}
                variants={shape.of}
                form={form}
                change={(next) => put(index, next)}
              />
              <div className={styles.inner}>
                <SchemaFields
                  form={form}
                  value={item}
                  change={(next) => put(index, next)}
                  problems={problems}
                  at={`${at}.${index}`}
                />
              </div>
            </div>
            <IconButton
              label={`Remove ${form.title}`}
              onClick={() => change(items.filter((_, place) => place !== index))}
            >
              <IconX />
            </IconButton>
          </div>
        ) : null;
      })}
      <div>
        <Button
          icon={<IconPlus aria-hidden="true" />}
          onClick={() => {
            // The next one that is not among them yet.
            const next = shape.of.find((each) => !items.some((item) => item.kind === each.kind)) ?? shape.of[0];
            if (next) change([...items, firstValue(next)]);
          }}
        >
          Add one more
        </Button>
      </div>
    </Part>
  );
}

function GroupOf({ field, shape, value, change, problems, at }: Of<'group'>) {
  const on = typeof value === 'object' && value !== null;
  return (
    <div className={`${styles.part} ${styles.wide}`}>
      {field.optional && field.usual === undefined ? (
        <CheckField
          label={field.label}
          hint={<Words text={field.hint} />}
          checked={on}
          change={(now) => change(now ? firstValue(shape.form) : undefined)}
        />
      ) : null}
      {on ? (
        <div className={styles.inner}>
          <SchemaFields form={shape.form} value={value as Values} change={change} problems={problems} at={at} />
        </div>
      ) : null}
    </div>
  );
}
