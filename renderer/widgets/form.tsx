// Fields bound to a draft by name: a row of a form says what it is called and what it may hold, and nothing about plumbing.
// What is wrong is found by the schema the host uses, and said beside its field as it is typed.
import { type ComponentProps, type ReactNode, useMemo, useState } from 'react';
import { CheckField, NumberField, SelectField, TextField } from './Field.tsx';

type NamesOf<Draft, Value> = { [Name in keyof Draft]: Draft[Name] extends Value ? Name : never }[keyof Draft] & string;
/** `at`: the path in the schema, where it is not the field's own name. */
type Rest<Field extends typeof TextField | typeof NumberField | typeof SelectField, Bound extends string> = Partial<
  Omit<ComponentProps<Field>, Bound | 'label' | 'problem'>
> & { readonly at?: string };

interface Schema {
  safeParse(input: unknown): {
    readonly error?: {
      readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
    };
  };
}
/** Path of a field -> its first sentence. */
export type Problems = ReadonlyMap<string, string>;

/** `below` names the part of the input the fields are of. */
export function problemsIn(schema: Schema, input: unknown, below: string): Problems {
  const problems = new Map<string, string>();
  for (const issue of schema.safeParse(input).error?.issues ?? []) {
    const [first, ...rest] = issue.path;
    const path = (first === below ? rest : issue.path).map(String).join('.');
    if (!problems.has(path)) problems.set(path, issue.message);
  }
  return problems;
}

/** What is wrong with a field, or with something inside it. */
export const problemAt = (problems: Problems, path: string): string | undefined =>
  problems.get(path) ?? [...problems].find(([each]) => each.startsWith(`${path}.`))?.[1];

export function useDraft<Draft extends object>(first: Draft | (() => Draft), problemsOf: (draft: Draft) => Problems) {
  const [draft, setDraft] = useState(first);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is wrong follows from the draft alone
  const problems = useMemo(() => problemsOf(draft), [draft]);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const set = (name: string, value: unknown) => change({ [name]: value } as Partial<Draft>);
  const fields = {
    text: (
      name: NamesOf<Draft, string>,
      label: ReactNode,
      { at = name, ...rest }: Rest<typeof TextField, 'value'> = {},
    ) => (
      <TextField
        label={label}
        value={String(draft[name])}
        onChange={(event) => set(name, event.target.value)}
        problem={problemAt(problems, at)}
        {...rest}
      />
    ),
    number: (
      name: NamesOf<Draft, number>,
      label: ReactNode,
      { at = name, ...rest }: Rest<typeof NumberField, 'value' | 'change'> = {},
    ) => (
      <NumberField
        label={label}
        value={Number(draft[name])}
        change={(value) => set(name, value)}
        problem={problemAt(problems, at)}
        {...rest}
      />
    ),
    /** Choices as value -> words. */
    choice: (
      name: NamesOf<Draft, string>,
      label: ReactNode,
      choices: Readonly<Record<string, string>>,
      { at = name, ...rest }: Rest<typeof SelectField, 'value' | 'children'> = {},
    ) => (
      <SelectField
        label={label}
        value={String(draft[name])}
        onChange={(event) => set(name, event.target.value)}
        problem={problemAt(problems, at)}
        {...rest}
      >
        {Object.entries(choices).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </SelectField>
    ),
    check: (
      name: NamesOf<Draft, boolean>,
      label: ReactNode,
      rest: Partial<Omit<ComponentProps<typeof CheckField>, 'label' | 'change'>> = {},
    ) => <CheckField label={label} checked={Boolean(draft[name])} change={(value) => set(name, value)} {...rest} />,
  };
  return { draft, change, problems, fields };
}
