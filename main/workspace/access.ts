// How other commands find the hub that runs now: its connection strings, ports and CA, in a file that only its owner can read
// and that goes when the hub stops. One left by a hub that was killed is told by its process being gone.
import { z } from 'zod';
import type { HubStatus } from '../../simulators/hub/hub.ts';
import { readIfThere, removeIfThere, writeWhole } from './data-folder.ts';

const doorSchema = z.object({ host: z.string(), port: z.int().min(1).max(65_535) });
const accessSchema = z.object({
  process: z.int().positive(),
  hostName: z.string(),
  connectionStrings: z.record(z.string(), z.string()),
  https: doorSchema.optional(),
  http: doorSchema.optional(),
  amqps: doorSchema.optional(),
  amqp: doorSchema.optional(),
  caPem: z.string(),
  caFile: z.string().optional(),
});
export type Access = z.infer<typeof accessSchema>;

export function writeAccess(file: string, status: HubStatus, process: number): void {
  const { https, http, amqps, amqp } = status.doors;
  const access: Access = {
    process,
    hostName: status.hostName,
    connectionStrings: { ...status.connectionStrings },
    ...(https === undefined ? {} : { https }),
    ...(http === undefined ? {} : { http }),
    ...(amqps === undefined ? {} : { amqps }),
    ...(amqp === undefined ? {} : { amqp }),
    caPem: status.ca.pem,
    ...(status.ca.file === undefined ? {} : { caFile: status.ca.file }),
  };
  writeWhole(file, `${JSON.stringify(access, null, 2)}\n`);
}

/** The hub that runs on this data folder; undefined when none does. */
export function readAccess(file: string, isRunning: (process: number) => boolean = processRuns): Access | undefined {
  let text: string | undefined;
  try {
    text = readIfThere(file);
  } catch {
    return undefined;
  }
  if (text === undefined) return undefined;
  try {
    const parsed = accessSchema.safeParse(JSON.parse(text));
    return parsed.success && isRunning(parsed.data.process) ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the file if it is this process's own: a second hub on the folder must not take away the first one's. */
export function dropAccess(file: string, process: number): void {
  if (readAccess(file, (owner) => owner === process)) removeIfThere(file);
}

export function processRuns(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
