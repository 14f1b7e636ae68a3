// How other commands find the control API of an instance that runs: its address and token, in files that only their owner can read and that
// go when it stops. Written twice, as hubs are (running-hubs.ts): in its data folder, and among all instances of this user by process id.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { processRuns } from './access.ts';
import { layoutOf, readIfThere, removeIfThere, writeWhole } from './data-folder.ts';

const schema = z.object({ process: z.int().positive(), url: z.string(), token: z.string().min(1) });
export type ControlAccess = z.infer<typeof schema>;

const ending = '.control.json';
const folderOfAll = (usualDataDir: string): string => join(usualDataDir, 'running');

/** Writes the address down; gives the function that takes it off again. A folder that cannot be written costs convenience, nothing else. */
export function announceControl(
  access: ControlAccess,
  at: { readonly dataDir: string | undefined; readonly usualDataDir: string },
): () => void {
  const files = [
    ...(at.dataDir === undefined ? [] : [layoutOf(at.dataDir).control]),
    join(folderOfAll(at.usualDataDir), `${access.process}${ending}`),
  ];
  for (const file of files) {
    try {
      writeWhole(file, `${JSON.stringify(access, null, 2)}\n`);
    } catch {}
  }
  return () => {
    for (const file of files) if (read(file)?.process === access.process) removeIfThere(file);
  };
}

/** The instance that runs on this data folder. */
export function controlOfFolder(dataDir: string): ControlAccess | undefined {
  const access = read(layoutOf(dataDir).control);
  return access !== undefined && processRuns(access.process) ? access : undefined;
}

/** Every instance of this user that runs, whatever its data folder. Forgets instances that were killed. */
export function controlsOf(usualDataDir: string): readonly ControlAccess[] {
  const folder = folderOfAll(usualDataDir);
  return namesIn(folder).flatMap((name) => {
    const file = join(folder, name);
    const access = processRuns(Number.parseInt(name, 10)) ? read(file) : removeIfThere(file);
    return access ?? [];
  });
}

function read(file: string): ControlAccess | undefined {
  try {
    const text = readIfThere(file);
    return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name.replace(ending, '')) && name.endsWith(ending));
  } catch {
    return [];
  }
}
