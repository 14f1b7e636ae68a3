// Starts measured programs as processes of their own, so that none of them pays for another's garbage, and ends every one of them.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Call, Common, Handlers } from './serve.ts';

export interface Program<Calls extends Handlers> {
  call<Name extends keyof (Calls & Common) & string>(
    name: Name,
    ...argument: Parameters<(Calls & Common)[Name]>
  ): Promise<Awaited<ReturnType<(Calls & Common)[Name]>>>;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  /** Lets the process measure its memory. */
  readonly exposeGc?: boolean;
}

/** What a group has running; whatever happens, `stopAll` ends it. */
export class Programs {
  readonly #running = new Set<{ stop(): Promise<void> }>();

  /** `file` is the path below bench/ without its ending, as in 'reference/hub.process'. */
  start<Calls extends Handlers>(file: string, options: ProgramOptions = {}): Program<Calls> {
    const program = startProgram<Calls>(file, options);
    this.#running.add(program);
    return {
      call: program.call,
      stop: async () => {
        this.#running.delete(program);
        await program.stop();
      },
    };
  }

  async stopAll(): Promise<void> {
    const running = [...this.#running];
    this.#running.clear();
    await Promise.all(running.map((program) => program.stop()));
  }
}

/** `BENCH_PROFILE=<folder>` has every process and each of its threads leave a CPU profile there. */
const profiling =
  process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`];

function startProgram<Calls extends Handlers>(file: string, { exposeGc = false }: ProgramOptions): Program<Calls> {
  const child = fork(fileURLToPath(new URL(`./${file}.mjs`, import.meta.url)), {
    execArgv: [...(exposeGc ? ['--expose-gc'] : []), ...profiling],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) call?.reject(new Error(`${file}: ${answer.error.stack ?? answer.error.message}`));
    else call?.resolve(answer.value as never);
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${signal ?? `code ${code}`}`));
    waiting.clear();
  });
  return {
    call: (name, ...argument) =>
      new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`${file} is not running`));
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        child.send({ id, name, argument: argument[0] } satisfies Call);
      }),
    stop: () => end(child, ended),
  };
}

/** Asked first (it then writes its profile), made to after five seconds. */
async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  const killing = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(killing);
}
