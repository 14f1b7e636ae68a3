// `hubfleet start --headless`: hub and fleets without a window, commanded through the control API alone.
import { openWorkbench, type WorkbenchOptions } from '../workspace/workbench.ts';
import { type CliHost, type CliTools, untilStopped, workbenchTools } from './host.ts';

/** Runs until SIGINT or SIGTERM. Its ready line comes once the fleets of last time and the demo are registered. */
export async function runHeadless(
  options: WorkbenchOptions,
  json: boolean,
  host: CliHost,
  tools: CliTools,
): Promise<void> {
  const stopped = untilStopped(host);
  const workbench = await openWorkbench(options, workbenchTools(host, tools));
  try {
    let over = false;
    void stopped.then(() => {
      over = true;
    });
    await Promise.race([workbench.restored, stopped]);
    if (over) return;
    const { control, seed, status } = workbench;
    if (json) {
      // Whoever started it reads this line; nothing else that Hubfleet prints holds the token.
      host.out(
        JSON.stringify({
          ready: true,
          host: 'headless',
          control,
          version: options.version,
          seed,
          dataDir: options.ephemeral ? null : options.dataDir,
          hub: { hostName: status.hostName, ...status.doors },
        }),
      );
    } else {
      host.out(`Hubfleet ${options.version} is ready, without a window. Control: ${control.url}`);
      host.out(`Data: ${options.ephemeral ? 'kept in memory only' : options.dataDir}. Seed ${seed}. Ctrl+C stops it.`);
    }
    await stopped;
  } finally {
    await workbench.stop();
  }
}
