// POST /devices: up to 100 changes in one transaction (reference 4.3). An entry that is refused is named in the result; the others stand.
import { type DeviceId, identityId, partsOf } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { Store } from '../store/store.ts';
import type { TwinKeeper } from '../twins/open-twins.ts';
import { idProblem, invalid, isBody, shown } from './identity.ts';
import type { Changes } from './open-registry.ts';

const mostEntries = 100;

type Entry = Readonly<Record<string, unknown>>;

interface Tools {
  readonly changes: Changes;
  readonly twins: TwinKeeper;
  readonly store: Store;
}
type Mode = (id: DeviceId, entry: Entry, tools: Tools) => Refusal | undefined;

/** A plain `update` or `delete` is unconditional; the IfMatchETag forms need the entry's etag. */
const modes: Readonly<Record<string, Mode>> = {
  create(id, entry, { changes, twins }) {
    const initial = twins.checkInitial(twinPart(entry));
    return initial instanceof Refusal ? initial : refusalOf(changes.create(id, entry, initial));
  },
  update: (id, entry, { changes }) => refusalOf(changes.update(id, entry, '*')),
  updateifmatchetag: (id, entry, { changes }) =>
    withEtag(entry, 'eTag', (etag) => refusalOf(changes.update(id, entry, etag))),
  delete: (id, _, { changes }) => changes.delete(id, '*'),
  deleteifmatchetag: (id, entry, { changes }) => withEtag(entry, 'eTag', (etag) => changes.delete(id, etag)),
  updatetwin: (id, entry, { twins }) => refusalOf(twins.patch(id, twinPart(entry), '*')),
  updatetwinifmatchetag: (id, entry, { twins }) =>
    withEtag(entry, 'twinETag', (etag) => refusalOf(twins.patch(id, twinPart(entry), etag))),
};
const modeNames = 'create, update, updateIfMatchETag, delete, deleteIfMatchETag, updateTwin, updateTwinIfMatchETag';

interface EntryError {
  readonly deviceId: string;
  readonly moduleId?: string;
  readonly errorCode: string;
  readonly errorStatus: string;
  readonly operation?: string;
}

export function runBulk(body: unknown, tools: Tools): { readonly result: object; readonly ok: boolean } | Refusal {
  if (!Array.isArray(body)) return invalid('The request body must be a list of devices.');
  if (body.length === 0 || body.length > mostEntries) {
    return invalid(`The list holds ${body.length} devices; 1 to ${mostEntries} are allowed.`);
  }
  const twice = firstTwice(body.map(idOf));
  if (twice !== undefined)
    return refuse(
      'DeviceDefinedMultipleTimes',
      `${twice.includes('/') ? 'Module' : 'Device'} '${twice}' is in the list twice.`,
    );
  const errors = tools.store.transaction(() => body.flatMap((entry, index) => runEntry(entry, index, tools)));
  return { ok: errors.length === 0, result: { isSuccessful: errors.length === 0, errors, warnings: [] } };
}

function runEntry(entry: unknown, index: number, tools: Tools): readonly EntryError[] {
  const id = idOf(entry);
  const { device, module } = partsOf(id ?? '');
  const refused = (refusal: Refusal, operation?: string): readonly EntryError[] => [
    {
      deviceId: device,
      ...(module === undefined ? {} : { moduleId: module }),
      errorCode: refusal.name,
      errorStatus: refusal.message,
      ...(operation === undefined ? {} : { operation }),
    },
  ];
  if (!isBody(entry) || id === undefined) return refused(invalid(`entry ${index + 1}: 'id' is missing.`));
  const asked = entry.importMode;
  const name = typeof asked === 'string' ? asked.toLowerCase() : '';
  const mode = Object.hasOwn(modes, name) ? modes[name] : undefined;
  if (mode === undefined) {
    return refused(invalid(`importMode: ${shown(asked)} must be one of ${modeNames}.`));
  }
  // An id with a slash in it would be taken for a module's.
  const problem = idProblem(String(entry.id ?? entry.deviceId));
  const refusal = problem ?? mode(id, entry, tools);
  return refusal === undefined ? [] : refused(refusal, String(asked));
}

function withEtag(
  entry: Entry,
  field: 'eTag' | 'twinETag',
  run: (etag: string) => Refusal | undefined,
): Refusal | undefined {
  const etag = entry[field] ?? (field === 'eTag' ? entry.etag : undefined);
  return typeof etag === 'string' && etag !== ''
    ? run(etag)
    : invalid(`${field}: is missing; this importMode needs it.`);
}

/** The identity an entry is about: a module's when it names one. */
const idOf = (entry: unknown): DeviceId | undefined => {
  const { id, deviceId, moduleId }: Entry = isBody(entry) ? entry : {};
  const device = id ?? deviceId;
  if (typeof device !== 'string') return undefined;
  return identityId(device, typeof moduleId === 'string' && moduleId !== '' ? moduleId : undefined);
};

const twinPart = ({ tags, properties }: Entry): object => ({
  // Null is what clients with fixed classes send for 'not set'.
  ...(tags === undefined || tags === null ? {} : { tags }),
  ...(properties === undefined || properties === null ? {} : { properties }),
});

const refusalOf = (outcome: object): Refusal | undefined => (outcome instanceof Refusal ? outcome : undefined);

function firstTwice(ids: readonly (string | undefined)[]): string | undefined {
  const seen = new Set<string>();
  for (const id of ids) {
    if (id === undefined) continue;
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return undefined;
}
