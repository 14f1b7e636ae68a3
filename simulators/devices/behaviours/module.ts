// A behaviour of the user's own: a JavaScript module with `onMethod`, and perhaps `onStart` and `methods`. Whatever it does wrong is told on the
// device, answered with 500, and harms nobody else.
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import { type Behaviour, type BehaviourMaker, type DeviceActions, jsonOf, type StartActions } from './behaviour.ts';

type Settings = Extract<BehaviourSpec, { kind: 'module' }>['settings'];
type Call = (...values: readonly unknown[]) => unknown;

interface UserModule {
  readonly onMethod: Call;
  readonly onStart: Call | undefined;
}

/** Whom to tell of what a module throws where nobody waits for it, by the module's address: the device that was in it last. */
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

/** Tells the device that was in it last what a user's module threw where nobody waits for it. False when no such module threw it. */
export function tellStray(error: unknown): boolean {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [address, device] of lastIn) {
    if (!stack.includes(address)) continue;
    device.complain(`the behaviour threw where nobody waits for it: ${(error as Error).message}`);
    return true;
  }
  return false;
}

const enter = (file: string, device: StartActions): void => void lastIn.set(pathToFileURL(file).href, device);

/** Rejects with a sentence that names the file. */
async function load(file: string): Promise<UserModule> {
  let exported: Record<string, unknown>;
  try {
    const address = pathToFileURL(file);
    // Node keeps what it loaded for ever: a file that changed is another address.
    address.searchParams.set('changed', String(statSync(file).mtimeMs));
    exported = await import(/* @vite-ignore */ address.href);
  } catch (error) {
    throw new Error(`the behaviour ${file} cannot be loaded: ${error instanceof Error ? error.message : error}`);
  }
  const { onMethod, onStart } = exported;
  if (typeof onMethod !== 'function') {
    throw new Error(`the behaviour ${file} exports no function onMethod(request, device)`);
  }
  return { onMethod: onMethod as Call, onStart: typeof onStart === 'function' ? (onStart as Call) : undefined };
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
