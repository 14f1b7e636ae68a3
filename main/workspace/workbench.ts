// What every host with a window opens: a lab on a data folder, with the fleets and faults of last time, its doors written down for
// other commands, and everything kept when the user changes it. Whoever opened it stops it.
import { availableParallelism } from 'node:os';
import type { HubStatus } from '../../simulators/hub/hub.ts';
import type { Lab, LabOptions } from '../../simulators/lab/lab.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { addDemo, type DemoName } from '../commands/demo.ts';
import { type ControlHost, openControl } from '../control/server.ts';
import { withAbsoluteFiles } from './behaviour-files.ts';
import { announceControl } from './control-access.ts';
import { type DataFolder, layoutOf, openDataFolder } from './data-folder.ts';
import { type AskedPorts, choosePorts } from './ports.ts';
import { announceHub } from './running-hubs.ts';
import { readSettings, writeSettings } from './settings.ts';

export interface WorkbenchOptions {
  readonly version: string;
  readonly dataDir: string;
  /** Where the user's running hubs are listed, whatever `dataDir` is. */
  readonly usualDataDir: string;
  /** Keeps nothing, neither hub nor settings. */
  readonly ephemeral: boolean;
  /** Adds this demo's fleet and faults unless they are there already. */
  readonly demo?: DemoName | undefined;
  /** Undefined takes the seed of last time, else a new one. */
  readonly seed: number | undefined;
  readonly hostName: string;
  readonly ports: AskedPorts;
  /** PEM texts of CAs whose certificates devices may show, besides those of Hubfleet's own. */
  readonly deviceAuthorities: readonly string[];
}

/** What a workbench needs of the world; a test gives its own. */
export interface WorkbenchTools {
  readonly openLab: (options: LabOptions) => Promise<Lab>;
  readonly workers: LabOptions['workers'];
  readonly now: () => number;
  readonly newSeed: () => number;
  /** A secret of at least 128 bits of chance, as URL-safe text. */
  readonly newToken: () => string;
  readonly process: number;
  /** One sentence the user should read, as it happens. */
  readonly notice: (text: string) => void;
}

export interface Workbench {
  readonly lab: Lab;
  readonly seed: number;
  readonly status: HubStatus;
  /** Where programs of this user command it, and the secret they show. */
  readonly control: { readonly url: string; readonly token: string };
  /** The folder of the user's own behaviours. */
  readonly behaviours: string;
  /** Writes down fleets and faults as they are now. Called after each command that changes them. */
  keep(): void;
  /** Resolves when last time's fleets and the demo are registered. */
  readonly restored: Promise<void>;
  stop(): Promise<void>;
}

/** The newest rows of traffic a window can look back on; each may hold up to 16 KB of payload text. */
const journalRows = 20_000;

export async function openWorkbench(options: WorkbenchOptions, tools: WorkbenchTools): Promise<Workbench> {
  const folder = options.ephemeral ? undefined : openDataFolder(options.dataDir);
  const last = folder ? readSettings(folder.settings, tools.now()) : undefined;
  const notices = last?.notice === undefined ? [] : [last.notice];
  const seed = options.seed ?? last?.settings?.seed ?? tools.newSeed();

  const lab = await openOnFreePorts(options, folder, seed, notices, tools);
  const { status } = lab;
  const at = { dataDir: folder?.path, usualDataDir: options.usualDataDir };
  const withdraw = announceHub(status, { ...at, process: tools.process });

  // Half of what was kept is not written back: nothing is kept before all of it was brought back.
  let ready = false;
  let stopped = false;
  const keep = () => {
    if (folder && ready && !stopped)
      writeSettings(folder.settings, { seed, fleets: lab.fleets(), faults: lab.faults() });
  };
  const { behaviours } = layoutOf(options.dataDir);
  const restore = async () => {
    for (const fault of last?.settings?.faults ?? []) {
      await lab.addFault(fault).catch((error: Error) => {
        if (!stopped) tools.notice(`fault ${fault.name} could not be brought back: ${error.message}`);
      });
    }
    for (const fleet of last?.settings?.fleets ?? []) {
      if (stopped) break;
      await lab.addFleet(withAbsoluteFiles(fleet, behaviours)).catch((error: Error) => {
        if (!stopped) tools.notice(`fleet ${fleet.name} could not be brought back: ${error.message}`);
      });
    }
    if (options.demo !== undefined && !stopped) await addDemo(lab, options.demo);
    ready = true;
    keep();
  };
  const restored = restore().catch((error: Error) => {
    ready = true;
    if (!stopped) tools.notice(error.message);
  });

  const token = tools.newToken();
  let control: ControlHost;
  try {
    control = await openControl({ lab, behaviours, keep }, token);
  } catch (error) {
    stopped = true;
    withdraw();
    await lab.stop();
    throw error;
  }
  const { url } = control;
  const withdrawControl = announceControl({ process: tools.process, url, token }, at);
  let stopping: Promise<void> | undefined;
  return {
    lab,
    seed,
    status,
    control: { url, token },
    behaviours,
    keep,
    restored,
    stop() {
      stopping ??= (async () => {
        stopped = true;
        withdrawControl();
        withdraw();
        await control.stop();
        await lab.stop();
      })();
      return stopping;
    },
  };
}

/** A port can be taken between looking and opening; then every port the user did not name is any free one. */
async function openOnFreePorts(
  options: WorkbenchOptions,
  folder: DataFolder | undefined,
  seed: number,
  earlier: readonly string[],
  tools: WorkbenchTools,
): Promise<Lab> {
  const { listen, notices: givenWay } = await choosePorts(options.ports, true);
  // Told twice: at once to whoever reads the terminal, and in the window for as long as it is open.
  const notices = [...earlier, ...givenWay];
  for (const text of notices) tools.notice(text);
  const open = (ports: typeof listen) =>
    tools.openLab({
      version: options.version,
      seed,
      workers: tools.workers,
      fleetWorkers: Math.max(1, Math.min(8, availableParallelism() - 2)),
      hub: {
        folder: folder?.hub,
        hostName: options.hostName,
        listen: ports,
        deviceAuthorities: options.deviceAuthorities,
      },
      journalRows,
      notices,
    });
  try {
    return await open(listen);
  } catch (error) {
    if (!(error instanceof LabError) || (error.code !== 'port.taken' && error.code !== 'port.forbidden')) throw error;
    const { https = 0, mqtts = 0, mqtt = 0, amqps = 0, amqp = 0 } = options.ports;
    const anyFree = { https, mqtts, mqtt, amqps, amqp };
    if (Object.entries(anyFree).every(([door, port]) => listen[door as keyof typeof anyFree] === port)) throw error;
    notices.push(`${error.message}; a free port is taken instead`);
    tools.notice(notices.at(-1) ?? '');
    return open({ ...listen, ...anyFree });
  }
}
