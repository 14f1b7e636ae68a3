// A behaviour of the user's own: a JavaScript module with `onMethod`, and perhaps `onStart`. Whatever it does wrong is told on the device,
// answered with 500, and harms nobody else; only one that never gives the thread back can hold up others.
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { TwinFailed } from '../links/connection.ts';
import { textOf } from '../program.ts';
import {
  Abandoned,
  type Behaviour,
  type BehaviourMaker,
  type DeviceActions,
  jsonOf,
  type StartActions,
} from './behaviour.ts';

type Settings = Extract<BehaviourSpec, { kind: 'module' }>['settings'];
type Call = (...values: readonly unknown[]) => unknown;

interface UserModule {
  readonly onMethod: Call;
  readonly onStart: Call | undefined;
}

/** Whom to tell of what a module throws where nobody waits for it, by the module's file: the device that was in it last. */
const lastIn = new Map<string, StartActions>();

export const userModule: BehaviourMaker<Extract<BehaviourSpec, { kind: 'module' }>> = ({ file, settings }) => {
  const loading = load(file);
  // Awaited by each device; until then nobody waits for it.
  loading.catch(() => {});
  return {
    async onMethod(request, device) {
      let module: UserModule;
      try {
        module = await loading;
      } catch (error) {
        await device.reply(500, { message: (error as Error).message });
        return;
      }
      enter(file, device);
      const { name, rid, payload } = request;
      await module.onMethod({ name, rid, payload, json: jsonOf(request) }, facade(device, settings));
    },
    async onStart(device) {
      const module = await loading;
      if (module.onStart === undefined) return;
      enter(file, device);
      await module.onStart(facade(device, settings));
    },
  } satisfies Behaviour;
};

/**
 * A user's module threw where nobody waits for it: in a timer, in a promise it let go. Tells the device that was in the module last. False when it
 * was no such module.
 */
export function tellStray(error: unknown): boolean {
  const device = strayedFrom(error);
  if (device === undefined) return false;
  // A device that rebooted is no failure, wherever its program was waiting.
  if (!(error instanceof Abandoned)) {
    device.complain(`the behaviour failed where nobody waits for it: ${textOf(error)}`);
  }
  return true;
}

function strayedFrom(error: unknown): StartActions | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [file, device] of lastIn) {
    if (stack.includes(file) || stack.includes(pathToFileURL(file).href)) return device;
  }
  // What our actions reject with has our own stack, and what is no Error has none.
  const anybody = !(error instanceof Error) || error instanceof Abandoned || error instanceof TwinFailed;
  return anybody ? [...lastIn.values()].at(-1) : undefined;
}

function enter(file: string, device: StartActions): void {
  lastIn.delete(file);
  lastIn.set(file, device);
}

/** Rejects with a sentence that names the file. */
async function load(file: string): Promise<UserModule> {
  let exported: Record<string, unknown>;
  try {
    const address = pathToFileURL(file);
    // Node keeps what it loaded for ever: a file that changed is another address.
    address.searchParams.set('changed', String(statSync(file).mtimeMs));
    exported = await import(/* @vite-ignore */ address.href);
  } catch (error) {
    throw unloadable(file, error);
  }
  const { onMethod, onStart } = exported;
  if (typeof onMethod !== 'function') {
    throw new Error(`the behaviour ${file} exports no function onMethod(request, device)`);
  }
  return { onMethod: onMethod as Call, onStart: typeof onStart === 'function' ? (onStart as Call) : undefined };
}

/** Node keeps to itself where in a module a syntax error is. */
export function unloadable(file: string, error: unknown): Error {
  const where = error instanceof SyntaxError ? ` (node --check '${file}' says where)` : '';
  return new Error(`the behaviour ${file} cannot be loaded: ${textOf(error)}${where}`);
}

/** The same actions as ours. A promise that the module does not wait for may fail without ending the thread. */
function facade(device: StartActions & Partial<DeviceActions>, settings: Settings) {
  return {
    settings,
    id: device.id,
    reply: (status: number, payload: unknown) =>
      quiet(device.reply?.(status, payload) ?? Promise.reject(new Error('there is nothing to reply to in onStart'))),
    report: (patch: Readonly<Record<string, unknown>>) => quiet(device.report(patch)),
    reboot: (dark: number) => device.reboot(dark),
    wait: (ms: number) => quiet(device.wait(ms)),
    complain: (detail: string) => device.complain(String(detail)),
    random: () => device.random(),
    get twin() {
      return device.twin;
    },
    get memory() {
      return device.memory;
    },
    get status() {
      return device.status;
    },
    setTelemetryInterval: (interval: number | undefined) => device.setTelemetryInterval(interval),
    lockUp: () => device.lockUp(),
    isoNow: () => device.isoNow(),
    localNow: () => device.localNow(),
  };
}

function quiet(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
