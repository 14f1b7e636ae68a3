// Calls of the official service SDK, carried out by programs/service.mjs in a process of its own.
import { expect } from 'vitest';
import { type RunningHub, runProgram } from './support.ts';

export interface Result {
  // biome-ignore lint/suspicious/noExplicitAny: whatever an SDK gave back, as JSON.
  readonly value?: any;
  readonly error?: { readonly name: string; readonly message: string; readonly responseBody?: unknown };
}

/** @param credentials the variables the program authenticates with; the policy iothubowner when left out. */
export async function callService(
  hub: RunningHub,
  calls: readonly (readonly unknown[])[],
  credentials: Record<string, string> = { IOTHUB_CONNECTION_STRING: hub.connectionStrings.iothubowner },
): Promise<Result[]> {
  const program = runProgram(new URL('./programs/service.mjs', import.meta.url), hub, credentials);
  program.child.stdin?.end(JSON.stringify(calls));
  expect(await program.ends(), program.output()).toBe(0);
  return program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Result);
}
