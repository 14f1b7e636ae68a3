// A hub on the standard ports, the only ones the official SDKs know, and programs beside it as processes of their own.
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { HubFact } from '../../simulators/vocabulary/facts.ts';

export const cli = fileURLToPath(new URL('../../dist/main/cli.mjs', import.meta.url));
const standard = [443, 8883, 5671];

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
  readonly mqtts: { readonly host: string; readonly port: number };
  readonly dataDir: string | null;
  readonly entra?: {
    readonly issuer: string;
    readonly token: {
      readonly method: string;
      readonly url: string;
      readonly contentType: string;
      readonly body: string;
    };
    /** Client id -> the role it stands for. */
    readonly clients: Readonly<Record<string, string>>;
  };
  /** Resolves with the first fact of this type, of those that happened or will, that fits. Needs the flag --facts. */
  fact<Type extends HubFact['type']>(
    type: Type,
    fits?: (fact: Extract<HubFact, { type: Type }>) => boolean,
  ): Promise<Extract<HubFact, { type: Type }>>;
  stop(): Promise<number | null>;
}

export async function startHub(flags: readonly string[] = ['--ephemeral']): Promise<RunningHub> {
  const child = spawn(process.execPath, [cli, 'hub', '--json', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  const facts: HubFact[] = [];
  const watchers = new Set<(fact: HubFact) => void>();
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.on('line', (text) => {
        const fact = JSON.parse(text) as HubFact;
        facts.push(fact);
        for (const look of watchers) look(fact);
      });
    });
    child.once('exit', (code) => reject(new Error(`the hub ended with code ${code}: ${errors}`)));
  });
  return {
    ...(JSON.parse(first) as Omit<RunningHub, 'stop' | 'fact'>),
    fact: (type, fits = () => true) =>
      new Promise((resolve) => {
        const look = (fact: HubFact): void => {
          if (fact.type !== type || !fits(fact as never)) return;
          watchers.delete(look);
          resolve(fact as never);
        };
        watchers.add(look);
        for (const fact of [...facts]) look(fact);
      }),
    stop: () => stop(child),
  };
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
  /** Resolves when there is more output; rejects when the program ended. */
  more(): Promise<void>;
  /** Resolves with the exit code. */
  ends(): Promise<number | null>;
}

/** Runs a program file with Node, trusting the hub's CA. */
export function runProgram(
  file: URL,
  hub: Pick<RunningHub, 'ca'>,
  environment: Record<string, string>,
  args: readonly string[] = [],
): Program {
  const child = spawn(process.execPath, [fileURLToPath(file), ...args], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: hub.ca, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return programOf(child);
}

/** A running program, watched. */
export function programOf(child: ChildProcessByStdio<Writable, Readable, Readable>): Program {
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
    more: () =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          watchers.delete(look);
          if (child.exitCode === null) resolve();
          else reject(new Error(`the program ended (${child.exitCode}):\n${output}`));
        };
        watchers.add(look);
        if (child.exitCode !== null) look();
      }),
    ends: () => ended,
  };
}

/** What an agent said: an order carried out, or something that happened by itself. */
export interface Line {
  readonly did?: string;
  readonly saw?: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever an SDK gave, as JSON.
  readonly [member: string]: any;
}

/** programs/agent.mjs: an official device or module client that carries out orders. */
export interface Agent {
  readonly program: Program;
  /** Sends an order and resolves with the line that answers it; rejects when the SDK refused. */
  order(what: string, more?: object): Promise<Line>;
  /** The next line not yet seen that something happened by itself. */
  sees(what: string, fits?: (line: Line) => boolean): Promise<Line>;
}

export function agentOf(program: Program): Agent {
  let taken = 0;
  const seen = new Set<number>();
  const linesOf = (): Line[] =>
    program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);
  const until = async <Found>(look: (lines: Line[]) => Found | undefined): Promise<Found> => {
    for (;;) {
      const found = look(linesOf());
      if (found !== undefined) return found;
      await program.more();
    }
  };
  return {
    program,
    async order(what, more = {}) {
      program.child.stdin?.write(`${JSON.stringify({ do: what, ...more })}\n`);
      const turn = ++taken;
      const line = await until((lines) => lines.filter((one) => one.did !== undefined)[turn - 1]);
      if (line.error) throw Object.assign(new Error(line.error.message), { name: line.error.name });
      return line;
    },
    sees: (what, fits = () => true) =>
      until((lines) => {
        const place = lines.findIndex((line, index) => line.saw === what && !seen.has(index) && fits(line));
        if (place === -1) return undefined;
        seen.add(place);
        return lines[place];
      }),
  };
}
