// Keeps configurations in memory for reading and in the store for good, and applies the content of one to a device.
import type { Clock } from '../../clock/clock.ts';
import { type DeviceId, identityId } from '../../vocabulary/ids.ts';
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import { unmatched } from '../registry/if-match.ts';
import { isoText } from '../registry/moments.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/store.ts';
import type { Twins } from '../twins/twins.ts';
import {
  type CheckQuery,
  type Configuration,
  conditionProblem,
  idProblem,
  invalid,
  isBody,
  queryProblem,
  readContent,
  readSettings,
  readTexts,
  shapeOf,
} from './configuration.ts';
import type { Configurations } from './configurations.ts';
import { desiredOf, modulesIn } from './content.ts';

export interface ConfigurationsOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly randomBytes: (count: number) => Buffer;
  readonly registry: Pick<Registry, 'find' | 'put'>;
  readonly twins: Pick<Twins, 'patch' | 'replace'>;
  /** Left out, every text passes for a query. */
  readonly check?: CheckQuery;
}

/** Who looks after the modules that a content makes. */
const manager = 'IotEdge';

export function openConfigurations(options: ConfigurationsOptions): Configurations {
  const { clock, store, randomBytes, registry, twins, check = () => undefined } = options;
  const all = new Map<string, Configuration>(
    store.documents('configuration').map(({ id, json }) => [id, JSON.parse(json) as Configuration]),
  );

  function keep(configuration: Configuration): void {
    store.keepDocument('configuration', configuration.id, JSON.stringify(configuration));
    all.set(configuration.id, configuration);
  }

  /** Carries a refusal out of a transaction, so that nothing of it is kept. Never leaves this file. */
  class Undone extends Error {
    constructor(readonly refusal: Refusal) {
      super(refusal.message);
    }
  }
  const held = (outcome: object): void => {
    if (outcome instanceof Refusal) throw new Undone(outcome);
  };

  function write(id: DeviceId, part: unknown): void {
    const desired = desiredOf(part);
    if (desired instanceof Refusal) throw new Undone(desired);
    if (desired.whole !== undefined) held(twins.replace(id, { properties: { desired: desired.whole } }, undefined));
    if (desired.changes !== undefined) held(twins.patch(id, { properties: { desired: desired.changes } }, undefined));
  }

  return {
    get(id) {
      const configuration = all.get(id);
      return configuration === undefined ? missing(id) : shapeOf(configuration);
    },

    list: (top) =>
      [...all.values()]
        .sort((one, other) => (one.id < other.id ? -1 : 1))
        .slice(0, top)
        .map(shapeOf),

    put(id, body, ifMatch) {
      const problem = idProblem(id);
      if (problem !== undefined) return problem;
      if (!isBody(body)) return invalid('The request body must be a JSON object.');
      if (body.id !== undefined && body.id !== null && body.id !== id) {
        return invalid(`id: must be the '${id}' of the request.`);
      }
      const before = all.get(id);
      if (ifMatch === undefined) {
        if (before) return refuse('ConfigurationAlreadyExists', `A configuration with ID '${id}' is there already.`);
      } else {
        if (before === undefined) return missing(id);
        const stale = unmatched(ifMatch, before.etag);
        if (stale !== undefined) return stale;
      }
      const settings = readSettings(body, before, check);
      if (settings instanceof Refusal) return settings;
      const now = isoText(clock.now());
      const etag = randomBytes(9).toString('base64');
      const createdTimeUtc = before?.createdTimeUtc ?? now;
      const configuration: Configuration = { id, ...settings, createdTimeUtc, lastUpdatedTimeUtc: now, etag };
      keep(configuration);
      return shapeOf(configuration);
    },

    delete(id, ifMatch) {
      const before = all.get(id);
      if (before === undefined) return missing(id);
      const stale = unmatched(ifMatch, before.etag);
      if (stale !== undefined) return stale;
      store.dropDocument('configuration', id);
      all.delete(id);
      return undefined;
    },

    testQueries(body) {
      if (!isBody(body)) return invalid('The request body must be a JSON object.');
      const condition = body.targetCondition ?? '';
      if (typeof condition !== 'string') return invalid('targetCondition: must be a text.');
      const queries = readTexts('customMetricQueries', body.customMetricQueries);
      if (queries instanceof Refusal) return queries;
      const errors = Object.entries(queries).flatMap(([name, query]) => {
        const problem = queryProblem(query, check);
        return problem === undefined ? [] : [[name, problem] as const];
      });
      return {
        targetConditionError: conditionProblem(condition, check) ?? null,
        customMetricQueryErrors: Object.fromEntries(errors),
      };
    },

    apply(device, given) {
      const owner = registry.find(device);
      if (owner === undefined || owner.moduleId !== undefined) {
        return refuse('DeviceNotFound', `Device '${device}' is not registered.`);
      }
      const content = readContent(given);
      if (content instanceof Refusal) return content;
      try {
        store.transaction(() => {
          if (content.deviceContent !== undefined) write(owner.deviceId, content.deviceContent);
          for (const [module, part] of modulesIn(content)) {
            const id = identityId(device, module);
            if (registry.find(id) === undefined) held(registry.put(id, { managedBy: manager }, undefined));
            write(id, part);
          }
        });
        return undefined;
      } catch (error) {
        if (error instanceof Undone) return error.refusal;
        throw error;
      }
    },
  };
}

const missing = (id: string): Refusal =>
  refuse('ConfigurationNotFound', `There is no configuration '${id.slice(0, 140)}'.`);
