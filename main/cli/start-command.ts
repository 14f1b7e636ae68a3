// `hubfleet start`: the window, on the desktop when Electron's runtime is to be had, else served for a browser; or none (headless.ts).
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { type DemoName, demoNames } from '../commands/demo.ts';
import { openWeb } from '../web/server.ts';
import { openDataFolder } from '../workspace/data-folder.ts';
import { defaultHostName } from '../workspace/host-name.ts';
import { openWorkbench, type WorkbenchOptions } from '../workspace/workbench.ts';
import { recentFailure, rememberFailure } from './desktop-runtime.ts';
import { deviceCaFlag, hostName, port, wholeNumber } from './flags.ts';
import { runHeadless } from './headless.ts';
import { type CliHost, type CliTools, untilStopped, workbenchTools } from './host.ts';
import { readCertificates } from './pem-files.ts';

interface StartFlags {
  readonly dataDir?: string;
  readonly port: number;
  readonly host?: 'desktop' | 'browser';
  readonly open: boolean;
  readonly headless?: boolean;
  readonly demo?: DemoName | true;
  readonly json?: boolean;
  readonly ephemeral?: boolean;
  readonly seed?: number;
  readonly hostName: string;
  readonly httpsPort?: number;
  readonly mqttsPort?: number;
  readonly amqpsPort?: number;
  readonly amqpPort?: number;
  readonly mqttPort?: number;
  readonly deviceCa?: readonly string[];
}

export function addStartCommand(program: Command, host: CliHost, tools: CliTools): void {
  program
    .command('start')
    .description('open the window, with a local hub inside')
    .option('--data-dir <folder>', `where everything is kept; ${host.dataDir}`)
    .option('--port <port>', 'port of the browser host; any free one', port, 0)
    .addOption(new Option('--host <host>', 'where the window opens').choices(['desktop', 'browser']))
    .option('--no-open', 'do not open a window or a browser, only serve it')
    .option('--headless', 'no window: hub and fleets alone, commanded by hubfleet fleet and fault')
    .addOption(
      new Option(
        '--demo [name]',
        'add a demo fleet: reboot (100 devices, 7% slow, 2% silent) or firmware (200 to update, every tenth fails)',
      ).choices(demoNames),
    )
    .option('--json', 'print one line of JSON when ready')
    .option('--ephemeral', 'keep nothing')
    .option('--seed <number>', "what draws and shares are derived from; last time's", wholeNumber(0, 0xffff_ffff))
    .option('--host-name <name>', "name in the hub's connection strings and certificate", hostName, defaultHostName)
    .option('--https-port <port>', "the hub's service API; 443 if it can be had", port)
    .option('--mqtts-port <port>', 'devices over TLS; 8883 if it can be had', port)
    .option('--amqps-port <port>', 'AMQP over TLS; 5671 if it can be had', port)
    .option('--amqp-port <port>', 'AMQP in plain text, this machine only; any free one', port)
    .option('--mqtt-port <port>', 'devices without TLS, on loopback only; any free one', port)
    .option(...deviceCaFlag)
    .action(async (flags: StartFlags) => {
      const options: WorkbenchOptions = {
        version: tools.version,
        dataDir: flags.dataDir === undefined ? host.dataDir : resolve(host.cwd, flags.dataDir),
        usualDataDir: host.dataDir,
        ephemeral: flags.ephemeral ?? false,
        demo: flags.demo === true ? 'reboot' : flags.demo,
        seed: flags.seed,
        hostName: flags.hostName,
        ports: {
          https: flags.httpsPort,
          mqtts: flags.mqttsPort,
          mqtt: flags.mqttPort,
          amqps: flags.amqpsPort,
          amqp: flags.amqpPort,
        },
        deviceAuthorities: (flags.deviceCa ?? []).map((file) => readCertificates('--device-ca', file, host)),
      };
      if (flags.headless) {
        if (flags.host !== undefined) {
          throw new LabError(
            'input.invalid',
            '--headless: opens no window, so --host says nothing',
            'Leave one of them out.',
          );
        }
        return runHeadless(options, flags.json ?? false, host, tools);
      }
      const { executable, why } = await chooseHost(flags, options, host, tools);
      if (executable === undefined) await serveBrowser(flags, options, why, host, tools);
      else await runDesktop(executable, flags, options, host, tools);
    });
}

/** The desktop's executable, or why it is the browser. */
async function chooseHost(
  flags: StartFlags,
  options: WorkbenchOptions,
  host: CliHost,
  tools: CliTools,
): Promise<{ readonly executable?: string; readonly why: string }> {
  if (flags.host === 'browser') return { why: 'asked for with --host browser' };
  const wanted = flags.host === 'desktop';
  if (!wanted) {
    if (!flags.open) return { why: '--no-open asks for no desktop window' };
    if (host.platform === 'linux' && !host.env.DISPLAY && !host.env.WAYLAND_DISPLAY) {
      return { why: 'there is no display' };
    }
    if (host.isRoot) return { why: "the desktop window's sandbox does not start as root" };
  }
  const executable = tools.desktop.find();
  if (executable !== undefined) return { executable, why: '' };

  const why = await fetchRuntime(options, wanted, host, tools);
  const fetched = why === undefined ? tools.desktop.find() : undefined;
  if (fetched !== undefined) return { executable: fetched, why: '' };
  const sentence = `the desktop's runtime is not installed and could not be fetched (${why ?? 'it is not where it should be'})`;
  if (wanted) {
    throw new LabError(
      'input.invalid',
      `--host desktop: ${sentence}`,
      'Try `npx install-electron`, or --host browser.',
    );
  }
  return { why: `${sentence}; \`npx install-electron\` tries again` };
}

async function fetchRuntime(
  options: WorkbenchOptions,
  wanted: boolean,
  host: CliHost,
  tools: CliTools,
): Promise<string | undefined> {
  const memory = options.ephemeral ? undefined : openDataFolder(options.dataDir).runtime;
  const failed = memory === undefined || wanted ? undefined : recentFailure(memory, tools.clock.now());
  if (failed !== undefined) return failed;
  host.err("fetching the desktop's runtime, once; for a minute at most ...");
  const why = await tools.desktop.fetch();
  if (why !== undefined && memory !== undefined) rememberFailure(memory, tools.clock.now(), why);
  return why;
}

async function serveBrowser(
  flags: StartFlags,
  options: WorkbenchOptions,
  why: string,
  host: CliHost,
  tools: CliTools,
): Promise<void> {
  const stopped = untilStopped(host);
  const workbench = await openWorkbench(options, workbenchTools(host, tools));
  try {
    const token = tools.randomBytes(24).toString('base64url');
    const web = await openWeb({ bench: workbench, clock: tools.clock, window: tools.window, port: flags.port, token });
    try {
      const dataDir = options.ephemeral ? undefined : options.dataDir;
      if (flags.json) {
        host.out(
          JSON.stringify({
            ready: true,
            url: web.url,
            host: 'browser',
            why,
            version: options.version,
            seed: workbench.seed,
            dataDir: dataDir ?? null,
            hub: { hostName: workbench.status.hostName, ...workbench.status.doors },
            control: { url: workbench.control.url },
          }),
        );
      } else {
        host.out(`Hubfleet ${options.version} is ready: ${web.url}`);
        host.out(`Served for a browser: ${why}. Seed ${workbench.seed}. Ctrl+C stops it.`);
      }
      if (flags.open && !(await tools.openBrowser(web.url)))
        host.err('no browser could be opened; open the address yourself');
      await stopped;
    } finally {
      await web.stop();
    }
  } finally {
    await workbench.stop();
  }
}

async function runDesktop(
  executable: string,
  flags: StartFlags,
  options: WorkbenchOptions,
  host: CliHost,
  tools: CliTools,
): Promise<void> {
  const desktop = { ...options, json: flags.json ?? false, open: flags.open };
  const code = await tools.desktop.run(executable, desktop, untilStopped(host));
  if (code !== 0) throw new LabError('internal', `the desktop host ended with code ${code}`);
}
