// The child's end of a measured process: a table of calls, answered over Node's IPC. It ends when the bench is gone.

/** The calls a process serves: name -> function of one plain argument. */
// biome-ignore lint/suspicious/noExplicitAny: a table of functions with different arguments; `Calls` types each use.
export type Handlers = Record<string, (argument: any) => unknown>;

export interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly stack?: string | undefined } };

/** Every process also answers `cpu`: microseconds its threads have spent since it began. */
const common = {
  cpu(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};
export type Common = typeof common;

export function serve(own: Handlers): void {
  const handlers: Handlers = { ...common, ...own };
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error('this file is started by the bench, not by hand');
  process.on('message', async ({ id, name, argument }: Call) => {
    try {
      const handler = handlers[name];
      if (handler === undefined) throw new Error(`this process knows no call named '${name}'`);
      send({ id, value: await handler(argument) } satisfies Answer);
    } catch (error) {
      const { message, stack } = error as Error;
      send({ id, error: { message, stack } } satisfies Answer);
    }
  });
  process.on('disconnect', () => process.exit());
}

/** Kilobytes the process holds after a thorough collection of garbage; needs --expose-gc. */
export async function residentKilobytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc');
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage.rss() / 1024;
}
