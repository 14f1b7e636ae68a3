// Twins that tests can ask, kept as the hub keeps them; identities come and go without a registry.
import { openQueries, type Page, type Queries } from '../../../../simulators/hub/query/query.ts';
import type { Registry } from '../../../../simulators/hub/registry/registry.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openTwins } from '../../../../simulators/hub/twins/open-twins.ts';
import { deviceId, partsOf } from '../../../../simulators/vocabulary/ids.ts';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { identity } from '../parts.ts';

export interface Content {
  readonly tags?: object;
  readonly desired?: object;
  readonly reported?: object;
}

export class Asked {
  readonly queries: Queries;
  readonly jobs: object[] = [];
  readonly #identities = new Map<string, ReturnType<typeof identity>>();
  readonly #twins;
  readonly connected = new Set<string>();

  constructor(contents: Readonly<Record<string, Content>> = {}) {
    const clock = new VirtualClock();
    const find = (id: string) => this.#identities.get(id);
    this.#twins = openTwins({
      clock,
      store: openStore(undefined, clock.now()),
      emit: () => {},
      find,
      activity: (id) => ({ connected: this.connected.has(id) }),
      notify: () => false,
      waiting: (id) => id.length,
    });
    const ids = (modules: boolean) =>
      [...this.#identities.keys()].filter((id) => id.includes('/') === modules).sort((a, b) => (a < b ? -1 : 1));
    // Queries read nothing else of a registry.
    const registry = { ids: () => ids(false), moduleIds: () => ids(true), find } as Partial<Registry> as Registry;
    this.queries = openQueries({ registry, twins: this.#twins, deviceJobs: () => this.jobs });
    for (const [id, content] of Object.entries(contents)) this.add(id, content);
  }

  add(id: string, { tags = {}, desired = {}, reported }: Content = {}): void {
    const { device, module } = partsOf(id);
    const own = identity(device);
    this.#identities.set(id, module === undefined ? own : { ...own, moduleId: module });
    const initial = this.#twins.checkInitial({ tags, properties: { desired } });
    if (initial instanceof Refusal) throw new Error(initial.message);
    this.#twins.create(deviceId(id), initial);
    if (reported === undefined) return;
    const told = this.#twins.report(deviceId(id), JSON.stringify(reported));
    if (told instanceof Refusal) throw new Error(told.message);
  }

  remove(id: string): void {
    this.#identities.delete(id);
    this.#twins.remove(deviceId(id));
  }

  twin(id: string): object {
    const twin = this.#twins.get(deviceId(id));
    if (twin instanceof Refusal) throw new Error(twin.message);
    return twin.body;
  }

  page(query: string, size?: number, continuation?: string): Page {
    const page = this.queries.run({ query }, size === undefined ? undefined : String(size), continuation);
    if (page instanceof Refusal) throw new Error(page.message);
    return page;
  }

  items(query: string): readonly object[] {
    return this.page(query, 1_000).items;
  }

  /** All pages; `between` runs after each but the last. */
  pages(query: string, size: number, between: (pages: number) => void = () => {}): (readonly object[])[] {
    const pages: (readonly object[])[] = [];
    let more: string | undefined;
    do {
      const page = this.page(query, size, more);
      pages.push(page.items);
      more = page.continuation;
      if (more !== undefined) between(pages.length);
    } while (more !== undefined);
    return pages;
  }

  refusal(query: string): Refusal {
    const outcome = this.queries.run({ query }, undefined, undefined);
    if (!(outcome instanceof Refusal)) throw new Error(`it was answered: ${JSON.stringify(outcome.items)}`);
    return outcome;
  }

  select(condition: string): readonly string[] {
    const picked = this.queries.select(condition);
    if (picked instanceof Refusal) throw new Error(picked.message);
    return picked.ids;
  }
}
