// The plain way to answer a query: make the whole shape of every twin and walk the condition's tree for each. No HTTP, which is to its favour.

import { systemClock } from '../../simulators/clock/system.ts';
import type { Expression, Path } from '../../simulators/hub/query/parse.ts';
import { parseQuery } from '../../simulators/hub/query/parse.ts';
import { Problem } from '../../simulators/hub/query/problem.ts';
import type { Identity } from '../../simulators/hub/registry/registry.ts';
import { openStore } from '../../simulators/hub/store/store.ts';
import { openTwins } from '../../simulators/hub/twins/twins.ts';
import { type DeviceId, deviceId } from '../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../simulators/vocabulary/service-errors.ts';
import { twinOf } from '../load/twins.ts';
import { serve } from '../processes/serve.ts';

const identities = new Map<string, Identity>();
let ids: readonly DeviceId[] = [];
let find: (id: DeviceId) => object = () => ({});

const identityOf = (id: DeviceId): Identity => ({
  ...{ deviceId: id, generationId: '1', etag: 'MQ==', status: 'enabled', statusUpdatedTime: '0001-01-01T00:00:00' },
  authentication: {
    type: 'sas',
    symmetricKey: { primaryKey: null, secondaryKey: null },
    x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
  },
  capabilities: { iotEdge: false },
});

const at = (twin: object, path: Path): unknown =>
  path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], twin);

function resultOf(expression: Expression, twin: object): unknown {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'path') return at(twin, expression.path);
  if (expression.kind !== 'compare') throw new Error(`the plain way knows no ${expression.kind}`);
  const [left, right] = [resultOf(expression.left, twin), resultOf(expression.right, twin)] as [number, number];
  return expression.operator === '=' ? left === right : expression.operator === '>' ? left > right : left < right;
}

const handlers = {
  open(count: number): void {
    const clock = systemClock();
    const twins = openTwins({
      ...{ clock, store: openStore(undefined, clock.now()), emit: () => {}, notify: () => false },
      ...{ find: (id) => identities.get(id), activity: () => ({ connected: false }) },
    });
    ids = Array.from({ length: count }, (_, number) => {
      const { id: name, tags, desired } = twinOf(number);
      const id = deviceId(name);
      const initial = twins.checkInitial({ tags, properties: { desired } });
      if (initial instanceof Refusal) throw new Error(initial.message);
      identities.set(id, identityOf(id));
      twins.create(id, initial);
      return id;
    });
    find = (id) => {
      const twin = twins.get(id);
      if (twin instanceof Refusal) throw new Error(twin.message);
      return twin.body;
    };
  },
  /** Milliseconds for all twins that meet the condition, as JSON text of the first hundred. */
  run(text: string): number {
    const begun = performance.now();
    const query = parseQuery(text);
    if (query instanceof Problem) throw new Error(query.message);
    const { where } = query;
    const found = ids.map(find).filter((twin) => where === undefined || resultOf(where, twin) === true);
    JSON.stringify(found.slice(0, 100));
    return performance.now() - begun;
  },
};
export type PlainQueriesCalls = typeof handlers;
serve(handlers);
