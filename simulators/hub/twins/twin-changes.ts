// What a service or device may ask of a twin, checked and turned into a new twin. Pure: nothing is kept or told here.
// A section above its size limit is refused with 400004 like every other broken limit: one rule for one kind of mistake.
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { contentProblem, pathOf, type SectionName, sizeProblem } from './limits.ts';
import {
  bare,
  bared,
  contentOf,
  difference,
  isObject,
  type Json,
  type JsonObject,
  type Metadata,
  merged,
  nothing,
  type Section,
  stampedBy,
} from './sections.ts';

export interface Twin {
  /** Grows by one with every accepted change of any section. */
  readonly version: number;
  /** Grows with changes of tags and desired, not of reported. */
  readonly etag: number;
  readonly tags: JsonObject;
  readonly desired: Section;
  readonly reported: Section;
}

/** What a request asks for, section by section; undefined where it says nothing. */
export interface Asked {
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
  /** The service never writes reported; it is passed over and hinted at. */
  readonly reportedToo: boolean;
}

/** A class, so that no member of a user's twin can be taken for it. */
export class Broken {
  constructor(
    readonly section: SectionName,
    readonly refusal: Refusal,
  ) {}
}

export interface Change {
  readonly section: SectionName;
  readonly version: number;
  /** As it is told to the device, and as it is recorded. */
  readonly patch: JsonObject;
}
export interface Changed {
  readonly twin: Twin;
  readonly changes: readonly Change[];
}

/** Reads the body of PATCH and PUT /twins/{id}. Root members other than `tags` and `properties` are passed over. */
export function readTwinBody(body: unknown): Asked | Broken {
  if (!isObject(body)) return broken('desired', 'The request body must be a JSON object.');
  const properties = body.properties;
  if (properties !== undefined && !isObject(properties)) {
    return broken('desired', `properties: must be an object, not ${kindOf(properties)}.`);
  }
  const tags = body.tags === undefined ? undefined : readSection('tags', body.tags);
  if (tags instanceof Broken) return tags;
  const desired = properties?.desired === undefined ? undefined : readSection('desired', properties.desired);
  if (desired instanceof Broken) return desired;
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(desired === undefined ? {} : { desired }),
    reportedToo: properties?.reported !== undefined,
  };
}

/** Checks everything about a section that can be told without the twin it goes to. */
export function readSection(section: SectionName, value: unknown): JsonObject | Broken {
  if (!isObject(value)) {
    const advice = value === null ? ' A whole section is emptied with PUT.' : '';
    return broken(section, `${pathOf(section)}: must be an object, not ${kindOf(value)}.${advice}`);
  }
  const content = contentOf(value);
  const problem = contentProblem(section, content);
  return problem === undefined ? (bared(content) as JsonObject) : broken(section, problem);
}

/** PATCH: tags and desired are merged. */
export const patched = (twin: Twin, asked: Asked, at: string): Changed | Broken =>
  changed(twin, asked, at, (before, patch) => ({ after: merged(before, patch), told: patch }));

/** PUT: sections in the body are replaced, others kept. The device hears of the difference by existence (reference 6.4). */
export const replaced = (twin: Twin, asked: Asked, at: string): Changed | Broken =>
  changed(twin, asked, at, (before, content) => {
    const after = merged(nothing, content);
    return { after, told: difference(before, after), fresh: true };
  });

/** A device's report: merged into reported. */
export function reported(twin: Twin, patch: JsonObject, at: string): Changed | Broken {
  const content = merged(twin.reported.content, patch);
  const problem = sizeProblem('reported', content);
  if (problem !== undefined) return broken('reported', problem);
  const version = twin.reported.version + 1;
  const metadata = stampedBy(twin.reported.metadata, patch, stampOf(at));
  return {
    twin: { ...twin, version: twin.version + 1, reported: { content, metadata, version } },
    changes: [{ section: 'reported', version, patch }],
  };
}

interface Step {
  readonly after: JsonObject;
  readonly told: JsonObject;
  /** Every part counts as written now. */
  readonly fresh?: boolean;
}

function changed(
  twin: Twin,
  asked: Asked,
  at: string,
  step: (before: JsonObject, asked: JsonObject) => Step,
): Changed | Broken {
  let { tags, desired } = twin;
  const changes: Change[] = [];
  if (asked.tags !== undefined) {
    const { after, told } = step(tags, asked.tags);
    const problem = sizeProblem('tags', after);
    if (problem !== undefined) return broken('tags', problem);
    tags = after;
    changes.push({ section: 'tags', version: twin.version + 1, patch: told });
  }
  if (asked.desired !== undefined) {
    const { after, told, fresh } = step(desired.content, asked.desired);
    const problem = sizeProblem('desired', after);
    if (problem !== undefined) return broken('desired', problem);
    const version = desired.version + 1;
    const stamp = stampOf(at, version);
    const metadata = fresh ? stampedBy(undefined, after, stamp) : stampedBy(desired.metadata, told, stamp);
    desired = { content: after, metadata, version };
    changes.push({ section: 'desired', version, patch: told });
  }
  if (changes.length === 0) return { twin, changes };
  return { twin: { ...twin, tags, desired, version: twin.version + 1, etag: twin.etag + 1 }, changes };
}

/** One frozen object for all parts written together: metadata is most of what a twin weighs. */
export const stampOf = (at: string, version?: number): Metadata =>
  Object.freeze(
    Object.assign(bare<Metadata[string]>(), {
      $lastUpdated: at,
      ...(version === undefined ? {} : { $lastUpdatedVersion: version }),
    }),
  );

export const broken = (section: SectionName, message: string): Broken =>
  new Broken(section, refuse('ArgumentInvalid', message));

const kindOf = (value: Json | unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'string'
        ? 'a text'
        : `a ${typeof value}`;
