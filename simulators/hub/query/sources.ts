// What can be asked: twins of devices, twins of modules, and the part of each device in a job. A source gives its rows by key and reads one
// path of a row without making the whole of it.

import { deviceId } from '../../vocabulary/ids.ts';
import { type QueryCollection, queryRoots } from '../../vocabulary/query-words.ts';
import type { Registry } from '../registry/registry.ts';
import type { KnownTwin, TwinMemberName } from '../twins/members.ts';
import { type Section, serviceView } from '../twins/sections.ts';
import type { Twins } from '../twins/twins.ts';
import type { Reader } from './compile.ts';
import type { Path } from './parse.ts';

/** What `x-ms-item-type` says; case matters (reference 4.4). */
export type ItemType = 'Twin' | 'DeviceJob' | 'JobResponse' | 'Raw';

export interface Source<Row> {
  readonly itemType: ItemType;
  /** Unique, in order of code units: a page begins behind a key, whether it is still there or not. */
  keys(): readonly string[];
  row(key: string): Row | undefined;
  readerOf(path: Path): Reader<Row>;
  shape(row: Row): object;
}

export interface SourceOptions {
  readonly registry: Registry;
  readonly twins: Twins;
  /** The rows of `devices.jobs`, read with each query of them. */
  readonly deviceJobs: () => Iterable<object>;
}

/** Calls `use` with the source of a collection, whatever its rows are. */
export function withSource<Result>(
  { registry, twins, deviceJobs }: SourceOptions,
  from: QueryCollection,
  use: <Row>(source: Source<Row>) => Result,
): Result {
  if (from === 'devices.jobs') return use(jobSource(deviceJobs));
  return use(twinSource(twins, from, () => (from === 'devices' ? registry.ids() : registry.moduleIds())));
}

const twinSource = (twins: Twins, from: QueryCollection, ids: () => readonly string[]): Source<KnownTwin> => ({
  itemType: 'Twin',
  keys: () => inOrder(ids()),
  row: (key) => twins.known(deviceId(key)),
  readerOf(path) {
    const [root, ...rest] = rooted(path, from, Object.keys(twins.members));
    if (root === 'properties') return propertiesReader(rest, twins);
    const member = Object.hasOwn(twins.members, root) ? twins.members[root as TwinMemberName] : undefined;
    if (member === undefined) return () => undefined;
    return root === 'tags' ? walking(member, rest, bareStep) : walking(member, rest);
  },
  shape: (known) => twinShapeOf(twins, known),
});

function twinShapeOf(twins: Twins, { id }: KnownTwin): object {
  const found = twins.get(id);
  return 'body' in found ? found.body : {};
}

/** Reads into a section without making the view of it that an answer shows. */
function propertiesReader(path: readonly string[], twins: Twins): Reader<KnownTwin> {
  const [name, first, ...rest] = path;
  if (name === undefined) return twins.members.properties;
  if (name !== 'desired' && name !== 'reported') return () => undefined;
  if (first === undefined) return ({ twin }) => serviceView(twin[name]);
  const member = sectionMember(first);
  return walking(({ twin }) => member(twin[name]), rest, bareStep);
}

function sectionMember(name: string): (section: Section) => unknown {
  if (name === '$version') return ({ version }) => version;
  if (name === '$metadata') return ({ metadata }) => metadata;
  return ({ content }) => bareStep(content, name);
}

interface JobRow {
  readonly key: string;
  readonly shape: object;
}

function jobSource(deviceJobs: () => Iterable<object>): Source<JobRow> {
  let rows: ReadonlyMap<string, JobRow> | undefined;
  const all = (): ReadonlyMap<string, JobRow> => {
    rows ??= new Map([...deviceJobs()].map((shape) => [jobKey(shape), { key: jobKey(shape), shape }]));
    return rows;
  };
  return {
    itemType: 'DeviceJob',
    keys: () => [...all().keys()].sort(byCodeUnits),
    row: (key) => all().get(key),
    readerOf(path) {
      const names = queryRoots['devices.jobs'].map(({ word }) => word);
      const [root, ...rest] = rooted(path, 'devices.jobs', [...names, 'createdTimeUtc']);
      // The documents of the service write both names of the one moment (reference 4.3, 7).
      const other = root === 'createdTimeUtc' ? 'createdDateTimeUtc' : undefined;
      const own = walking(({ shape }: JobRow) => shape, [root, ...rest]);
      if (other === undefined) return own;
      const named = walking(({ shape }: JobRow) => shape, [other, ...rest]);
      return (row) => own(row) ?? named(row);
    },
    shape: ({ shape }) => shape,
  };
}

/** A slash is in no id of a job or device. */
const jobKey = (shape: object): string =>
  ['jobId', 'deviceId', 'moduleId'].map((name) => String(stepInto(shape, name) ?? '')).join('/');

/** A path without the name of its collection, its first member spelled as the shape spells it. */
function rooted(path: Path, from: QueryCollection, names: readonly string[]): readonly [string, ...string[]] {
  const prefix = from.split('.');
  const prefixed = path.length > prefix.length && prefix.every((step, at) => path[at]?.toLowerCase() === step);
  const [root = '', ...rest] = (prefixed ? path.slice(prefix.length) : path).map(interned);
  return [names.find((name) => name.toLowerCase() === root.toLowerCase()) ?? root, ...rest];
}

/** The same name as the engine keeps names of members: a piece of a longer text is looked up ten times slower. */
const interned = (name: string): string => Object.keys({ [name]: true })[0] as string;

/** The last step of a path as a result names it: roots in the spelling of the shape. */
export function nameOf(path: Path, from: QueryCollection): string {
  const names = queryRoots[from].map(({ word }) => word.split('.')[0] as string);
  return rooted(path, from, names).at(-1) as string;
}

type Step = (value: unknown, name: string) => unknown;

function walking<Row>(start: Reader<Row>, steps: readonly string[], step: Step = stepInto): Reader<Row> {
  const [only] = steps;
  if (only === undefined) return start;
  if (steps.length === 1) return (row) => step(start(row), only);
  return (row) => {
    let value = start(row);
    for (const name of steps) value = step(value, name);
    return value;
  };
}

/** Own members of objects only: not the length of a text, not what every object inherits. */
const stepInto: Step = (value, name) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** The same in sections of twins, whose objects have no prototype to inherit from: three times as fast. */
const bareStep: Step = (value, name) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)[name]
    : undefined;

const sorted = new WeakMap<readonly string[], readonly string[]>();

/** Lists of ids are kept between changes; one that is not in order of code units is put into it once. */
function inOrder(ids: readonly string[]): readonly string[] {
  let known = sorted.get(ids);
  if (known === undefined) {
    known = ids.every((id, at) => at === 0 || (ids[at - 1] as string) < id) ? ids : [...ids].sort(byCodeUnits);
    sorted.set(ids, known);
  }
  return known;
}

export const byCodeUnits = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
