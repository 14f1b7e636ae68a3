// What the desktop host is told when `hubfleet start` starts it; started by itself it uses what the command line would.
import { z } from 'zod';
import { demoNames } from '../commands/demo.ts';
import type { WorkbenchOptions } from './workbench.ts';

/** The variable that carries these options from the command line to the desktop host. */
export const optionsVariable = 'HUBFLEET_START';

const portSchema = z.int().min(0).max(65_535).optional();
const schema = z.strictObject({
  version: z.string(),
  dataDir: z.string(),
  usualDataDir: z.string(),
  ephemeral: z.boolean(),
  demo: z.enum(demoNames).optional(),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
  hostName: z.string(),
  ports: z.strictObject({
    https: portSchema,
    mqtts: portSchema,
    mqtt: portSchema,
    amqps: portSchema,
    amqp: portSchema,
  } satisfies Record<keyof WorkbenchOptions['ports'], typeof portSchema>),
  deviceAuthorities: z.array(z.string()).default([]),
  json: z.boolean(),
  open: z.boolean(),
});

export interface StartOptions extends WorkbenchOptions {
  /** Prints one line of JSON when the window can be opened. */
  readonly json: boolean;
  /** False waits for a second start before it shows a window. */
  readonly open: boolean;
}

/** @param text what the command line handed over; undefined when the app was opened by itself. */
export function startOptions(
  text: string | undefined,
  usual: { version: string; dataDir: string; hostName: string },
): StartOptions {
  if (text === undefined) {
    return {
      ...usual,
      usualDataDir: usual.dataDir,
      ephemeral: false,
      demo: undefined,
      seed: undefined,
      ports: {},
      deviceAuthorities: [],
      json: false,
      open: true,
    };
  }
  const { seed, ...rest } = schema.parse(JSON.parse(text));
  return { ...rest, seed };
}
