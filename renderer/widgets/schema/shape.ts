// The form a JSON Schema asks for: its fields in order, each with label, hint, range and the control that fits what it holds.

/** The parts of JSON Schema our schemas use. */
interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: unknown;
  readonly touches?: string;
  readonly methods?: readonly string[] | 'any';
}

export type Shape =
  | {
      readonly kind: 'number';
      readonly whole: boolean;
      readonly least: number | undefined;
      readonly most: number | undefined;
      readonly unit: string | undefined;
      /** What one of its units is in the value: 0.01 for a share that is shown in percent. */
      readonly factor: number;
    }
  | { readonly kind: 'choice'; readonly choices: readonly (string | number)[] }
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'text' }
  | { readonly kind: 'texts' }
  | { readonly kind: 'numbers'; readonly unit: string | undefined }
  /** One of several forms, told apart by `kind`. */
  | { readonly kind: 'variants'; readonly variants: readonly Form[] }
  | { readonly kind: 'list'; readonly of: readonly Form[] }
  | { readonly kind: 'group'; readonly form: Form }
  | { readonly kind: 'distribution'; readonly variants: readonly Form[] }
  | { readonly kind: 'json' };

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint: string | undefined;
  /** It may be left out. */
  readonly optional: boolean;
  /** What holds when it is left out. */
  readonly usual: unknown;
  readonly shape: Shape;
}

export interface Form {
  /** The value of its field `kind`; '' where it has none. */
  readonly kind: string;
  readonly title: string;
  readonly description: string;
  /** A fault's: what it takes hold of. */
  readonly touches: string | undefined;
  /** A behaviour's: the methods it knows. */
  readonly methods: readonly string[] | 'any' | undefined;
  readonly fields: readonly Field[];
}

/** The title by which a distribution is known, wherever it stands. */
const distribution = 'distribution';

/** `schema` is an object's. */
export function formOf(schema: object): Form {
  const whole = schema as JsonSchema;
  return formIn(whole, whole.$defs ?? {}, whole);
}

type Definitions = Readonly<Record<string, JsonSchema>>;

function formIn(given: JsonSchema, definitions: Definitions, root: JsonSchema): Form {
  const schema = resolved(given, definitions, root);
  const { kind, ...properties } = schema.properties ?? {};
  return {
    kind: String(kind?.const ?? ''),
    title: schema.title ?? String(kind?.const ?? ''),
    description: schema.description ?? '',
    touches: schema.touches,
    methods: schema.methods,
    fields: Object.entries(properties).map(([name, property]) => fieldOf(name, property, schema, definitions, root)),
  };
}

function fieldOf(
  name: string,
  property: JsonSchema,
  parent: JsonSchema,
  definitions: Definitions,
  root: JsonSchema,
): Field {
  const of = resolved(property, definitions, root);
  const said = property.description ?? of.description;
  return {
    name,
    label: property.title === undefined || property.title === distribution ? labelOf(name) : property.title,
    hint: said === undefined ? undefined : hintOf(said, of),
    optional: !(parent.required ?? []).includes(name),
    usual: property.default ?? of.default,
    shape: shapeOf(of, said ?? '', definitions, root),
  };
}

function shapeOf(of: JsonSchema, said: string, definitions: Definitions, root: JsonSchema): Shape {
  if (of.oneOf) {
    const variants = of.oneOf.map((each) => formIn(each, definitions, root));
    return { kind: of.title === distribution ? 'distribution' : 'variants', variants };
  }
  if (of.enum) return { kind: 'choice', choices: of.enum };
  const constants = of.anyOf?.map((each) => each.const);
  if (constants?.every((each) => typeof each === 'string' || typeof each === 'number')) {
    return { kind: 'choice', choices: constants as (string | number)[] };
  }
  switch (of.type) {
    case 'number':
    case 'integer':
      return numberOf(of, said);
    case 'boolean':
      return { kind: 'flag' };
    case 'string':
      return { kind: 'text' };
    case 'array':
      return arrayOf(resolved(of.items ?? {}, definitions, root), said, definitions, root);
    case 'object':
      if (of.properties) return { kind: 'group', form: formIn(of, definitions, root) };
  }
  return { kind: 'json' };
}

function arrayOf(items: JsonSchema, said: string, definitions: Definitions, root: JsonSchema): Shape {
  if (items.oneOf) return { kind: 'list', of: items.oneOf.map((each) => formIn(each, definitions, root)) };
  if (items.enum) return { kind: 'choices', choices: items.enum.map(String) };
  if (items.type === 'string') return { kind: 'texts' };
  if (items.type === 'number' || items.type === 'integer') return { kind: 'numbers', unit: unitOf(said) };
  return { kind: 'json' };
}

function numberOf(of: JsonSchema, said: string): Shape {
  const whole = of.type === 'integer';
  const share = !whole && of.minimum === 0 && of.maximum === 1;
  return {
    kind: 'number',
    whole,
    least: share ? 0 : of.minimum,
    most: share ? 100 : of.maximum,
    unit: share ? '%' : unitOf(said),
    factor: share ? 0.01 : 1,
  };
}

function resolved(schema: JsonSchema, definitions: Definitions, root: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  if (schema.$ref === '#') return root;
  return definitions[schema.$ref.replace('#/$defs/', '')] ?? {};
}

/** Our schemas say the unit at the end of a sentence: `How long it works, ms.` */
const unitWords = /(?:, |^)(ms|seconds)(?=[.;])/;
const unitOf = (said: string): string | undefined => {
  const unit = unitWords.exec(said)?.[1];
  return unit === 'seconds' ? 's' : unit;
};
/** What the control says already is not said again. */
function hintOf(said: string, of: JsonSchema): string {
  const bare = said.replace(unitWords, '');
  return of.minimum === 0 && of.maximum === 1 ? bare.replace(/, 0 to 1(?=\.)/, '') : bare;
}

/** `bytesPerSecond` becomes `Bytes per second`, `wrong-rid` becomes `Wrong rid`. */
export function labelOf(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('-', ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a form is filled with: plain JSON. */
export type Values = Readonly<Record<string, unknown>>;

/** A new value of a form: what holds by itself is written out, so that it can be seen and changed. */
export function firstValue(form: Form): Values {
  const value: Record<string, unknown> = form.kind === '' ? {} : { kind: form.kind };
  for (const field of form.fields) {
    const first = field.usual ?? (field.optional ? undefined : firstOf(field.shape));
    if (first !== undefined) value[field.name] = first;
  }
  return value;
}

const firstOf = (shape: Shape): unknown => {
  switch (shape.kind) {
    case 'number':
      return Number.NaN;
    case 'choice':
      return shape.choices[0];
    case 'flag':
      return false;
    case 'text':
      return '';
    case 'choices':
    case 'texts':
    case 'numbers':
      return [];
    case 'list':
      return shape.of[0] ? [firstValue(shape.of[0])] : [];
    case 'variants':
      return shape.variants[0] ? firstValue(shape.variants[0]) : {};
    case 'distribution':
      // What latencies of real systems look like.
      return { kind: 'log-normal', ...firstLengths['log-normal'] };
    case 'group':
      return firstValue(shape.form);
    case 'json':
      return {};
  }
};

/** Lengths to begin with, so that a distribution can be looked at before it is changed. */
const firstLengths: Readonly<Record<string, Values>> = {
  fixed: { ms: 1_000 },
  uniform: { low: 200, high: 2_000 },
  normal: { mean: 1_000, deviation: 250 },
  'log-normal': { median: 800, sigma: 0.5 },
  pareto: { least: 200, shape: 1.5 },
  spike: { base: 50, spike: 5_000, probability: 0.05 },
};

/** A new value of a variant that was chosen. */
export const firstVariant = (form: Form): Values => ({ ...firstValue(form), ...firstLengths[form.kind] });
