// What an HTTP door needs, without the rest of a hub: real parts over a store in memory.
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../../../simulators/clock/system.ts';
import { defaultPolicies, openAccess } from '../../../../simulators/hub/access/access.ts';
import { openConfigurations } from '../../../../simulators/hub/configurations/configurations.ts';
import { openConnections } from '../../../../simulators/hub/connections/connections.ts';
import { openJobs } from '../../../../simulators/hub/jobs/jobs.ts';
import { openMessages } from '../../../../simulators/hub/messages/messages.ts';
import { openMethods } from '../../../../simulators/hub/methods/methods.ts';
import { openQueries } from '../../../../simulators/hub/query/query.ts';
import { openRegistry, type Registry } from '../../../../simulators/hub/registry/registry.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { openThrottling } from '../../../../simulators/hub/throttling/throttling.ts';
import { openTwins } from '../../../../simulators/hub/twins/twins.ts';
import type { HubFact } from '../../../../simulators/vocabulary/facts.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** @param authorities PEM texts of the CAs whose devices are let in. */
export function httpParts(authorities: readonly string[] = []) {
  const clock = systemClock();
  const facts: HubFact[] = [];
  const emit = (fact: HubFact) => void facts.push(fact);
  const store = openStore(undefined, clock.now());
  const connections = openConnections({ clock, emit });
  const { activity } = connections;
  const find = (id: string) => registry.find(id);
  const twins = openTwins({ clock, emit, store, activity, find, notify: () => false });
  const registry: Registry = openRegistry({
    clock,
    emit,
    store,
    randomBytes,
    twins,
    activity,
    waiting: (id) => messages.count(id),
    close: () => {},
  });
  const hostName = 'hub.localhost';
  const access = openAccess({ clock, hostName, find, policies: defaultPolicies(randomBytes), authorities });
  const methods = openMethods({ clock, emit, find, connections });
  const queries = openQueries({ registry, twins, deviceJobs: () => [] });
  const jobs = openJobs({ clock, emit, store, select: queries.select, methods, twins });
  // Its clock stands still: what was taken of a limit does not come back while a test runs.
  const throttling = openThrottling({ clock: new VirtualClock(), emit });
  const messages = openMessages({ clock, emit, store, randomBytes, find, connections, throttling });
  const { check } = queries;
  const configurations = openConfigurations({ clock, store, randomBytes, registry, twins, check });
  const rest = { connections, access, methods, messages, throttling, queries, jobs, configurations };
  return { facts, store, parts: { clock, emit, randomBytes, hostName, registry, twins, ...rest } };
}
