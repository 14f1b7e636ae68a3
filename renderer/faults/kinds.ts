// Every kind of fault with the form it is set by, in its family. Made from the host's own schemas.
import { faultKinds, faultSchemas, jsonSchemaOf, whenSchema } from '../../preload/contract/spec-forms.ts';
import type { FaultSpec } from '../connection/shapes.ts';
import { type Form, formOf } from '../widgets/schema/shape.ts';

export type FaultKind = FaultSpec['settings']['kind'];

const made = new Map<FaultKind, Form>();

/** Made when it is first asked for. */
export function formOfKind(kind: FaultKind): Form {
  const form = made.get(kind) ?? formOf(jsonSchemaOf(faultSchemas[kind]));
  made.set(kind, form);
  return form;
}
export const whenForm: Form = formOf(jsonSchemaOf(whenSchema));

const families = { reply: 'Reply', link: 'Link', twin: 'Twin', hub: 'Hub' } as const;

export interface Family {
  readonly title: string;
  readonly kinds: readonly { readonly kind: FaultKind; readonly form: Form }[];
}

/** The kinds in which every word of a search is found, by family; families without any are left out. */
export function kindsFor(search: string): readonly Family[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return Object.entries(families)
    .map(([name, title]) => ({
      title,
      kinds: faultKinds
        .map((kind) => ({ kind, form: formOfKind(kind) }))
        .filter(({ kind, form }) => {
          const text = `${kind} ${form.title} ${form.description}`.toLowerCase();
          return kind.startsWith(`${name}.`) && words.every((word) => text.includes(word));
        }),
    }))
    .filter(({ kinds }) => kinds.length > 0);
}
