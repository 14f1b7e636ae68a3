// A firmware update: downloading, applying, rebooting, done or failed. Each phase is reported with its progress under `firmware`; the update
// survives the reboot it needs, and nothing else: a device that is cut off in the middle keeps its old version.
import type { BehaviourSpec } from '../../vocabulary/specs.ts';
import type { Millis } from '../../vocabulary/units.ts';
import { isObject } from '../links/twin-json.ts';
import {
  type BehaviourMaker,
  type DeviceActions,
  jsonOf,
  reportForSure,
  type StartActions,
  tryReport,
} from './behaviour.ts';
import { type Firmware, firmwareOf, type Phase, type Update, underWay } from './firmware.ts';

type Spec = Extract<BehaviourSpec, { kind: 'firmwareUpdate' }>;

/** How many parts a phase is reported in. */
const parts = 4;

export const firmwareUpdate: BehaviourMaker<Spec> = (spec) => ({
  methods: ['firmwareUpdate'],

  async onMethod(request, device) {
    const asked = askedFor(jsonOf(request));
    if (typeof asked === 'string') {
      await device.reply(400, { message: asked });
      return;
    }
    const { version, update } = firmwareOf(device) ?? { version: spec.version, update: null };
    if (underWay(update)) {
      await device.reply(409, { message: `An update to ${update.to} is under way (${update.phase})`, update });
      return;
    }
    // Drawn for each update, needed or not, so that one list of versions or another changes no other draw.
    const drawn = device.random() < spec.failing;
    const fails = drawn || spec.failingVersions.includes(asked.version);
    const pace = spec.jitter === 0 ? 1 : 1 + spec.jitter * (2 * device.random() - 1);
    keep(device, { version, update: begun(version, asked, device.isoNow()) });
    await device.reply(202, { message: `Update from ${version} to ${asked.version} started` });
    await tryReport(device, { firmware: device.memory.firmware });
    for (const [phase, length] of [
      ['downloading', spec.download * pace],
      ['applying', spec.apply * pace],
    ] as const) {
      if (!(await work(device, phase, length, fails && spec.failingAt === phase))) return;
    }
    await enter(device, 'rebooting', { error: fails ? `${asked.version} does not start` : null });
    device.reboot(Math.round(spec.dark * pace));
  },

  async onStart(device) {
    const known = firmwareOf(device);
    const firmware: Firmware = known ?? { version: spec.version, update: null };
    if (underWay(firmware.update)) await comeBack(device, firmware, firmware.update);
    else if (known === null) await tryReport(device, { firmware: { version: spec.version } });
    device.memory.firmware ??= firmware;
  },
});

/** The sentence that says what is wrong with a payload, or what it asks for. */
function askedFor(payload: unknown): { readonly version: string; readonly url: string | null } | string {
  const say = (what: string) => `${what}; the payload is an object such as {"version":"2.0.0","url":"https://..."}`;
  if (!isObject(payload)) return say('expected an object');
  const { version, url } = payload;
  if (typeof version !== 'string' || version === '' || version.length > 64) {
    return say('version: expected a text of 1 to 64 characters');
  }
  if (url !== undefined && url !== null && typeof url !== 'string') return say('url: expected a text');
  return { version, url: url ?? null };
}

const begun = (from: string, { version: to, url }: { version: string; url: string | null }, now: string): Update => ({
  ...{ from, to, url, phase: 'downloading', progress: 0, error: null },
  times: { downloading: now, applying: null, rebooting: null, done: null, failed: null },
});

const keep = (device: StartActions, firmware: Firmware): void => {
  device.memory.firmware = firmware;
};

/** Enters a phase and reports it. */
async function enter(device: StartActions, phase: Phase, more: Partial<Update> = {}): Promise<void> {
  const firmware = changed(device, phase, more);
  await tryReport(device, { firmware });
}

function changed(device: StartActions, phase: Phase, more: Partial<Update>, version?: string): Firmware {
  const { version: before, update } = device.memory.firmware as Firmware & { update: Update };
  const times = { ...update.times, [phase]: device.isoNow() };
  const firmware = { version: version ?? before, update: { ...update, phase, progress: 0, ...more, times } };
  keep(device, firmware);
  return firmware;
}

/** Works through a phase. False when it failed, half way. */
async function work(device: DeviceActions, phase: Phase, length: Millis, fails: boolean): Promise<boolean> {
  const { update } = device.memory.firmware as Firmware;
  if (update?.phase !== phase) await enter(device, phase);
  for (let part = 1; part <= parts; part++) {
    await device.wait(Math.round((length * part) / parts) - Math.round((length * (part - 1)) / parts));
    const firmware = device.memory.firmware as Firmware & { update: Update };
    if (fails && part >= parts / 2) {
      const error = `${phase} ${firmware.update.to} failed`;
      await reportForSure(device, {
        firmware: changed(device, 'failed', { error, progress: firmware.update.progress }),
      });
      return false;
    }
    const progress = (100 * part) / parts;
    keep(device, { ...firmware, update: { ...firmware.update, progress } });
    await tryReport(device, { firmware: { update: { progress } } });
  }
  return true;
}

/** The device is up again: after the reboot of the update itself, or cut off in the middle of it. */
async function comeBack(device: StartActions, firmware: Firmware, update: Update): Promise<void> {
  keep(device, firmware);
  const { phase, to, progress } = update;
  if (phase !== 'rebooting') {
    const error = `interrupted by a reboot while ${phase}`;
    await reportForSure(device, { firmware: changed(device, 'failed', { error, progress }) });
  } else if (update.error !== null) {
    const error = `${update.error}; back on ${firmware.version}`;
    await reportForSure(device, { firmware: changed(device, 'failed', { error, progress }) });
  } else {
    await reportForSure(device, { firmware: changed(device, 'done', { progress: 100 }, to) });
  }
}
