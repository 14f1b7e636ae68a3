// Twin documents and patches as they arrive: JSON text in, checked objects without `$version` out, undefined when they make no sense.
import type { JsonObject, TwinDocument } from './connection.ts';

/** Stands for every empty section, so that an idle device holds none of its own. */
export const nothing: JsonObject = Object.freeze({});

/** The body of a GET: `{"desired":{...,"$version":n},"reported":{...,"$version":m}}` (reference 2.8). */
export function readTwin(text: string): TwinDocument | undefined {
  const twin = parse(text);
  if (!isObject(twin) || !isObject(twin.desired) || !isObject(twin.reported)) return undefined;
  return {
    desired: contentOf(twin.desired),
    desiredVersion: versionOf(twin.desired) ?? 0,
    reported: contentOf(twin.reported),
    reportedVersion: versionOf(twin.reported) ?? 0,
  };
}

/** A desired patch; its version is the body's, else the topic's. */
export function readPatch(
  text: string,
  topicVersion: number | undefined,
): { readonly desired: JsonObject; readonly version: number } | undefined {
  const patch = parse(text);
  if (!isObject(patch)) return undefined;
  const version = versionOf(patch) ?? topicVersion;
  return version === undefined ? undefined : { desired: contentOf(patch), version };
}

/** The message in an error body, as `: message`, or nothing. */
export function refusalText(body: string): string {
  const error = parse(body);
  const message = isObject(error) ? error.message : undefined;
  return typeof message === 'string' && message ? `: ${message}` : '';
}

/** RFC 7386: members merge, null deletes, everything else replaces. Makes a new object; neither argument changes. */
export function merge(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = Object.assign(Object.create(null), target);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (isObject(value)) merged[name] = merge(isObject(merged[name]) ? merged[name] : nothing, value);
    else merged[name] = value;
  }
  return Object.keys(merged).length > 0 ? { ...merged } : nothing;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function versionOf(section: JsonObject): number | undefined {
  const version = section.$version;
  return typeof version === 'number' && Number.isInteger(version) && version >= 0 ? version : undefined;
}

function contentOf({ $version, $metadata, ...content }: JsonObject): JsonObject {
  return Object.keys(content).length > 0 ? content : nothing;
}
