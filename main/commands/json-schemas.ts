// The schemas that check what a user writes, as JSON Schema: for scripts that ask for them and for the pages generated into docs/.
import { z } from 'zod';
import { type FaultKind, faultKinds, faultSchemas } from '../../simulators/vocabulary/specs.ts';

/** A schema of JSON Schema 2020-12, as far as ours go. */
export interface JsonSchema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  /** What of a device or hub a fault takes hold of. */
  readonly touches?: string;
  /** Names of the methods a behaviour answers. */
  readonly methods?: readonly string[] | 'any';
}

/** What is to be written (defaults may be left out). The root stands at the root, not behind a reference. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $ref, $defs = {}, ...made } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  if ($ref === undefined) return { ...made, ...(Object.keys($defs).length > 0 && { $defs }) };
  const name = $ref.slice('#/$defs/'.length);
  const { [name]: root, ...rest } = $defs;
  return { ...made, ...root, ...(Object.keys(rest).length > 0 && { $defs: rest }) };
}

export interface FaultKindView {
  readonly kind: FaultKind;
  readonly title: string;
  readonly description: string;
  readonly touches: string;
  /** Of its settings. */
  readonly schema: JsonSchema;
}

export function faultKindViews(): readonly FaultKindView[] {
  return faultKinds.map((kind) => {
    const schema = jsonSchemaOf(faultSchemas[kind]);
    const { title = kind, description = '', touches = '' } = schema;
    return { kind, title, description, touches, schema };
  });
}
