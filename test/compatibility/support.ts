// A hub on the standard ports, the only ones the official SDKs know, and programs beside it as processes of their own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export const cli = fileURLToPath(new URL('../../dist/main/cli.mjs', import.meta.url));
const standard = [443, 8883];

/** Why the standard ports cannot be used here, or undefined when they can. */
export async function portsProblem(): Promise<string | undefined> {
  for (const port of standard) {
    const server = createServer();
    const problem = await new Promise<string | undefined>((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(`port ${port} cannot be had (${error.code})`));
      server.listen(port, '127.0.0.1', () => resolve(undefined));
    });
    if (problem !== undefined) return problem;
    await new Promise((resolve) => server.close(resolve));
  }
  return undefined;
}

export interface RunningHub {
  readonly connectionStrings: Record<
    'iothubowner' | 'service' | 'device' | 'registryRead' | 'registryReadWrite',
    string
  >;
  readonly ca: string;
  readonly https: { readonly host: string; readonly port: number };
  readonly dataDir: string | null;
  stop(): Promise<number | null>;
}

export async function startHub(flags: readonly string[] = ['--ephemeral']): Promise<RunningHub> {
  const child = spawn(process.execPath, [cli, 'hub', '--json', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const line = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('\n')) resolve(output);
    });
    child.once('exit', (code) => reject(new Error(`the hub ended with code ${code}: ${errors}`)));
  });
  return { ...(JSON.parse(line) as Omit<RunningHub, 'stop'>), stop: () => stop(child) };
}

export async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return child.exitCode;
}

export interface Program {
  readonly child: ChildProcess;
  /** Everything it wrote so far, both streams. */
  output(): string;
  /** Resolves with the output when it holds `text`, fails when the program ends without it. */
  says(text: string): Promise<string>;
  /** Resolves with the exit code. */
  ends(): Promise<number | null>;
}

/** Runs a program file with Node, trusting the hub's CA. */
export function runProgram(
  file: URL,
  hub: RunningHub,
  environment: Record<string, string>,
  args: readonly string[] = [],
): Program {
  const child = spawn(process.execPath, [fileURLToPath(file), ...args], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: hub.ca, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const watchers = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk;
    for (const look of watchers) look();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = once(child, 'close').then(() => {
    for (const look of watchers) look();
    return child.exitCode;
  });
  return {
    child,
    output: () => output,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(text)) resolve(output);
          else if (child.exitCode !== null)
            reject(new Error(`the program ended (${child.exitCode}) without saying '${text}':\n${output}`));
        };
        watchers.add(look);
        look();
      }),
    ends: () => ended,
  };
}
