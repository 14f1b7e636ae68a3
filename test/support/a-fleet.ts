// A hub and a fleet in the test's own thread, with every fact of both at hand: for what must be counted exactly.
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { makeAuthority } from '../../simulators/certificates/issue.ts';
import type { Pair } from '../../simulators/certificates/pair.ts';
import { systemClock } from '../../simulators/clock/system.ts';
import { openHub } from '../../simulators/hub/hub.ts';
import { openInvoker } from '../../simulators/invoker/invoker.ts';
import { localAddress } from '../../simulators/lab/dialling.ts';
import { type HubAddress, holdFleets } from '../../simulators/lab/fleet-holder.ts';
import { identitiesOf, provide } from '../../simulators/lab/identities.ts';
import { seeded } from '../../simulators/random/random.ts';
import type { Fact } from '../../simulators/vocabulary/facts.ts';
import type { FaultHooks } from '../../simulators/vocabulary/passages.ts';
import type { FleetSpec } from '../../simulators/vocabulary/specs.ts';
import { until } from './a-lab.ts';

export type FactOf<Type extends Fact['type']> = Extract<Fact, { type: Type }>;

/**
 * Over TCP on free ports, and over TLS where the devices show certificates.
 * @param reach changes where the devices dial: through something of the test's own.
 */
export async function aFleet(
  spec: FleetSpec,
  reach: (address: HubAddress) => Promise<HubAddress> = (address) => Promise.resolve(address),
  /** What is wrong with the hub. */
  faults?: FaultHooks,
) {
  const clock = systemClock();
  const facts: Fact[] = [];
  const emit = (fact: Fact) => void facts.push(fact);
  const certificates = spec.authentication !== 'sas';
  const authority = certificates ? await makeAuthority({ now: clock.now(), randomBytes }) : undefined;
  const [plain, tls] = certificates ? ([false, 0] as const) : ([0, false] as const);
  const hub = await openHub({
    ...{ clock, randomBytes, emit, folder: undefined, hostName: 'hub.localhost', faults },
    ...(authority && { deviceAuthorities: [authority.certificate] }),
    listen: { host: '127.0.0.1', https: tls, http: 0, mqtts: tls, mqtt: plain, amqps: tls, amqp: plain },
  });
  const { http } = hub.status.doors;
  if (http === undefined) throw new Error('the plain http door is shut');
  const connectionString = hub.status.connectionStrings.iothubowner ?? '';
  const invoker = openInvoker({ clock, connectionString, address: { ...http, tls: false } });
  const fleets = holdFleets({ clock, seed: 7, emit, client: 'hubfleet/0.0.0-test' });
  onTestFinished(async () => {
    fleets.stop();
    await invoker.close();
    await hub.stop();
  });

  const identities = identitiesOf(spec);
  const devices = await provide(spec, identities, {
    ...{ clock, randomBytes, invoker, random: seeded(1), secret: 'a secret', adopt: 'any' as const },
    ...{ made: new Set(), unsure: new Map(), authority: async () => authority as Pair },
  });
  fleets.addFleet({
    ...{ spec, hub: await reach(localAddress(spec, hub.status)), devices },
    ...(authority && spec.authentication === 'x509-ca' && { authority }),
  });

  const states = () => {
    const now = new Map<string, string>();
    for (const fact of facts) if (fact.type === 'link.changed') now.set(fact.device, fact.state);
    return now;
  };
  const online = () => [...states().values()].filter((state) => state === 'online').length;
  return {
    hub,
    fleets,
    invoker,
    identities,
    facts,
    of: <Type extends Fact['type']>(type: Type) => facts.filter((fact): fact is FactOf<Type> => fact.type === type),
    /** Both the devices and the hub say so. */
    allOnline: () =>
      until(
        () => online() === identities.length && hub.counts().connected === identities.length,
        () => `${online()} online, ${hub.counts().connected} connected`,
        60_000,
      ),
    /**
     * Calls `ping` with a text of its own; an echo gives it back.
     * @param connectTimeout in seconds: how long the hub may wait for the device.
     * @param responseTimeout in seconds: how long for its answer, 5 at least.
     */
    async call(id: string, text: string, connectTimeout = 0, responseTimeout = 30) {
      const answer = await invoker.invoke(id, {
        method: 'ping',
        payload: JSON.stringify(text),
        responseTimeout,
        connectTimeout,
      });
      return { id, text, ...answer };
    },
  };
}
