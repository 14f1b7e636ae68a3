// Everything the command line touches outside itself, as one value, so that a test can run it in memory and read what it said.
import type { Clock } from '../../simulators/clock/clock.ts';
import type { Hub, HubOptions } from '../../simulators/hub/hub.ts';
import type { Invoker, InvokerOptions } from '../../simulators/invoker/invoker.ts';
import type { AmqpOptions, MessageClient } from '../../simulators/invoker/messages.ts';
import type { WorkbenchTools } from '../workspace/workbench.ts';
import type { DesktopRuntime } from './desktop-runtime.ts';

export interface CliHost {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of flags start here. */
  readonly cwd: string;
  /** Data folder when no flag names one. */
  readonly dataDir: string;
  readonly process: number;
  readonly platform: NodeJS.Platform;
  /** Whether the user is root, under whom Chromium's sandbox does not start. */
  readonly isRoot: boolean;
  /** Writes one line, or several, to standard output. */
  out(text: string): void;
  /** The same to standard error: problems, and what a script should not have to read. */
  err(text: string): void;
  /** Calls `stop` at the first SIGINT or SIGTERM; gives its own undo. */
  onStop(stop: () => void): () => void;
}

export interface CliTools extends Omit<WorkbenchTools, 'notice' | 'process' | 'now'> {
  readonly version: string;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Buffer;
  readonly openHub: (options: HubOptions) => Promise<Hub>;
  readonly openInvoker: (options: InvokerOptions) => Promise<Invoker>;
  /** For cloud-to-device messages, which no HTTP call sends. */
  readonly openMessages: (options: AmqpOptions) => Promise<MessageClient>;
  /** Folder of the built window. */
  readonly window: string;
  readonly desktop: DesktopRuntime;
  /** Opens the user's browser; false when there is none. */
  readonly openBrowser: (url: string) => Promise<boolean>;
  /** A fresh folder for this process, and its removal. */
  readonly temporaryFolder: () => { readonly path: string; remove(): void };
}

/** Resolves at the first SIGINT or SIGTERM. */
export const untilStopped = (host: CliHost): Promise<void> =>
  new Promise((resolve) => {
    const undo = host.onStop(() => {
      undo();
      resolve();
    });
  });

/** What a workbench needs of this host. */
export const workbenchTools = (host: CliHost, tools: CliTools): WorkbenchTools => ({
  ...tools,
  now: () => tools.clock.now(),
  process: host.process,
  notice: host.err,
});
