// A hub of this process on the standard ports with faults that can be put on it, and official SDK devices, all in one process beside it.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../simulators/clock/system.ts';
import { FaultSet } from '../../simulators/faults/faults.ts';
import { openHub } from '../../simulators/hub/hub.ts';
import { formatConnectionString } from '../../simulators/tokens/connection-string.ts';
import type { HubFact } from '../../simulators/vocabulary/facts.ts';
import { type FaultSpecInput, faultSpecSchema } from '../../simulators/vocabulary/fault-specs.ts';
import { asker } from '../simulators/hub/hub/a-hub.ts';
import { Facts } from '../simulators/hub/parts.ts';
import { runProgram, stop } from './support.ts';

export type Transport = 'mqtt' | 'mqtt-ws' | 'amqp' | 'amqp-ws';

/** A line of programs/fleet.mjs. */
export interface Line {
  readonly turn?: number;
  readonly id?: string;
  readonly saw?: string;
  readonly method?: string;
  readonly data?: string;
  readonly delta?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly name: string; readonly message: string };
}

export interface SdkDevice {
  readonly id: string;
  /** Rejects with the SDK's error. */
  order(what: string, more?: object): Promise<void>;
  /** The next line of the device that was not taken yet and fits. */
  sees(what: string, fits?: (line: Line) => boolean): Promise<Line>;
  /** How often it saw this up to now. */
  count(what: string): number;
  call(more?: object): Promise<{ readonly status: number; readonly error: { readonly number?: number } }>;
  patch(desired: object): Promise<number>;
  /** Puts a fault on it alone. */
  fault(settings: FaultSpecInput['settings'], when?: FaultSpecInput['when']): void;
  fact<Type extends HubFact['type']>(
    type: Type,
    fits?: (fact: Extract<HubFact, { type: Type }>) => boolean,
  ): Promise<Extract<HubFact, { type: Type }>>;
  facts<Type extends HubFact['type']>(type: Type): readonly Extract<HubFact, { type: Type }>[];
}

export async function openFaultyHub() {
  const clock = systemClock();
  const facts = new Facts();
  const hostName = '127.0.0.1';
  const emit = (fact: { readonly type: string }): void => facts.emit(fact as HubFact);
  const faults = new FaultSet({ clock, seed: 1, emit, fleetOf: () => undefined });
  const listen = { host: hostName, https: 443, http: 0, mqtts: 8_883, mqtt: false, amqps: 5_671, amqp: false } as const;
  const hub = await openHub({ clock, randomBytes, emit, folder: undefined, hostName, faults, listen });
  faults.attachHub(hub.grip);
  const folder = mkdtempSync(join(tmpdir(), 'hubfleet-faulty-'));
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, hub.status.ca.pem);
  const ask = asker(hub);
  const program = runProgram(new URL('./programs/fleet.mjs', import.meta.url), { ca }, {});
  const lines = linesOf(program.child.stdout);
  let turns = 0;
  let named = 0;

  async function device(id: string, transport: Transport): Promise<SdkDevice> {
    const { body } = await ask.send('PUT', `/devices/${id}`, { body: { deviceId: id } });
    const { authentication } = body as { authentication: { symmetricKey: { primaryKey: string } } };
    const text = formatConnectionString({
      ...{ hostName, deviceId: id },
      sharedAccessKey: authentication.symmetricKey.primaryKey,
    });
    const order = async (what: string, more: object = {}): Promise<void> => {
      turns += 1;
      const turn = turns;
      program.child.stdin?.write(`${JSON.stringify({ turn, do: what, id, ...more })}\n`);
      const { error } = await lines.next((line) => line.turn === turn);
      if (error) throw Object.assign(new Error(error.message), { name: error.name });
    };
    const member: SdkDevice = {
      id,
      order,
      sees: (what, fits = () => true) => lines.next((line) => line.id === id && line.saw === what && fits(line)),
      count: (what) => lines.all.filter((line) => line.id === id && line.saw === what).length,
      call: (more) =>
        ask.send('POST', `/twins/${id}/methods`, {
          body: { methodName: 'echo', payload: 1, responseTimeoutInSeconds: 5, ...more },
        }),
      patch: async (desired) => (await ask.send('PATCH', `/twins/${id}`, { body: { properties: { desired } } })).status,
      fault(settings, when = {}) {
        named += 1;
        faults.add(faultSpecSchema.parse({ name: `fault-${named}`, settings, when, on: { device: id } }));
      },
      fact: (type, fits = () => true) =>
        facts.next(type, (fact) => 'device' in fact && fact.device === id && fits(fact)),
      facts: (type) => facts.of(type).filter((fact) => 'device' in fact && fact.device === id),
    };
    await order('open', { text, transport });
    await member.sees('connect');
    return member;
  }

  return {
    device,
    /** Puts a fault on the hub itself; the undo lifts it. */
    fault(settings: FaultSpecInput['settings']): () => void {
      named += 1;
      const spec = faultSpecSchema.parse({ name: `fault-${named}`, settings });
      faults.add(spec);
      return () => faults.lift(spec.name);
    },
    async stop() {
      await stop(program.child);
      faults.liftAll();
      await ask.close();
      await hub.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export type FaultyHub = Awaited<ReturnType<typeof openFaultyHub>>;

/** What a program says, line by line; a line is taken once. */
function linesOf(stream: NodeJS.ReadableStream | null) {
  const all: Line[] = [];
  const taken = new Set<Line>();
  const waiting = new Set<() => void>();
  let rest = '';
  stream?.on('data', (chunk) => {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.startsWith('{')) all.push(JSON.parse(part) as Line);
    for (const look of [...waiting]) look();
  });
  return {
    all,
    next: (fits: (line: Line) => boolean): Promise<Line> =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = all.find((line) => !taken.has(line) && fits(line));
          if (found === undefined) return;
          taken.add(found);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
