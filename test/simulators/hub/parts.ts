// Parts of a hub for tests: identities with keys, a connection that remembers what it was sent, and facts that can be waited for.

import { randomBytes } from 'node:crypto';
import type { DeviceConnection } from '../../../simulators/hub/connections/connections.ts';
import type { Identity } from '../../../simulators/hub/registry/registry.ts';
import type { Twins } from '../../../simulators/hub/twins/twins.ts';
import type { CloseReason, HubFact } from '../../../simulators/vocabulary/facts.ts';
import { deviceId, type RequestId } from '../../../simulators/vocabulary/ids.ts';
import { refuse } from '../../../simulators/vocabulary/service-errors.ts';

export function identity(id: string, status: Identity['status'] = 'enabled'): Identity {
  const key = () => randomBytes(32).toString('base64');
  return {
    deviceId: deviceId(id),
    generationId: '1',
    etag: 'AAAA',
    status,
    statusUpdatedTime: '0001-01-01T00:00:00',
    authentication: {
      type: 'sas',
      symmetricKey: { primaryKey: key(), secondaryKey: key() },
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    },
    capabilities: { iotEdge: false },
  };
}

type FactOf<Type extends HubFact['type']> = Extract<HubFact, { type: Type }>;

/** Collects facts; `next` waits for one that is there or will come. */
export class Facts {
  readonly all: HubFact[] = [];
  #waiting: { readonly fits: (fact: HubFact) => boolean; readonly found: (fact: HubFact) => void }[] = [];

  readonly emit = (fact: HubFact): void => {
    this.all.push(fact);
    for (const { fits, found } of this.#waiting) if (fits(fact)) found(fact);
  };

  of<Type extends HubFact['type']>(type: Type): FactOf<Type>[] {
    return this.all.filter((fact): fact is FactOf<Type> => fact.type === type);
  }

  next<Type extends HubFact['type']>(
    type: Type,
    holds: (fact: FactOf<Type>) => boolean = () => true,
    within = 10_000,
  ): Promise<FactOf<Type>> {
    const fits = (fact: HubFact): boolean => fact.type === type && holds(fact as FactOf<Type>);
    const there = this.all.find(fits);
    if (there) return Promise.resolve(there as FactOf<Type>);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seen = this.all.slice(-10).map((fact) => JSON.stringify(fact));
        reject(new Error(`no ${type} within ${within} ms; the last facts were\n${seen.join('\n')}`));
      }, within);
      const waiting = {
        fits,
        found: (fact: HubFact) => {
          clearTimeout(timer);
          this.#waiting = this.#waiting.filter((other) => other !== waiting);
          resolve(fact as FactOf<Type>);
        },
      };
      this.#waiting.push(waiting);
    });
  }
}

/** A connected device without a wire. */
export class FakeConnection implements DeviceConnection {
  readonly device;
  readonly protocol = 'mqtt';
  readonly tls = false;
  open = true;
  listensForMethods = true;
  listensForDesired = false;
  listensForMessages = true;
  waiting = 0;
  readonly sent: { method: string; rid: RequestId; payload: string }[] = [];
  readonly closed: CloseReason[] = [];
  /** What a door does when it closes a connection. */
  whenClosed: (reason: CloseReason) => void = () => {};
  constructor(id: string) {
    this.device = deviceId(id);
  }
  sendMethod(method: string, rid: RequestId, payload: Buffer): void {
    this.sent.push({ method, rid, payload: payload.toString() });
  }
  sendDesired(): boolean {
    return false;
  }
  messageWaiting(): void {
    this.waiting += 1;
  }
  kick(): void {
    this.close('fault');
  }
  kill(): void {
    this.close('fault');
  }
  close(reason: CloseReason): void {
    this.open = false;
    this.closed.push(reason);
    this.whenClosed(reason);
  }
}

/** Twins that hold one version number per device, refuse the patch `"bad"` and cannot keep `"full"`. */
export class PlainTwins implements Twins {
  readonly reports = new Map<string, string[]>();
  known = () => undefined;
  members = {} as Twins['members'];
  get = () => refuse('DeviceNotFound', 'none');
  patch = () => refuse('DeviceNotFound', 'none');
  replace = () => refuse('DeviceNotFound', 'none');
  deviceView = (id: string) => `{"desired":{"$version":1},"reported":{"$version":${this.#of(id).length + 1}}}`;
  report = (id: string, patch: string) => {
    if (patch === '"full"') throw new Error('disk full');
    if (patch === '"bad"') return refuse('ArgumentInvalid', 'a bad key', { key: 'a.b' });
    this.#of(id).push(patch);
    return { version: this.#of(id).length + 1 };
  };
  #of(id: string): string[] {
    const reports = this.reports.get(id) ?? [];
    this.reports.set(id, reports);
    return reports;
  }
}
