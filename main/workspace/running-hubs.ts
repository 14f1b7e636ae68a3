// Finds the local hub a command means. A hub that runs is written down twice: in its data folder, and in a folder of all hubs of
// this user, so that its connection string alone is enough to find its port and its CA.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HubStatus } from '../../simulators/hub/hub.ts';
import { parseConnectionString } from '../../simulators/tokens/connection-string.ts';
import { type Access, dropAccess, processRuns, readAccess, writeAccess } from './access.ts';
import { layoutOf, removeIfThere } from './data-folder.ts';

const folderOfAll = (usualDataDir: string): string => join(usualDataDir, 'running');

/** Writes a hub down; gives the function that takes it off again. A folder that cannot be written costs convenience, nothing else. */
export function announceHub(
  status: HubStatus,
  at: { readonly dataDir: string | undefined; readonly usualDataDir: string; readonly process: number },
): () => void {
  const files = [
    ...(at.dataDir === undefined ? [] : [layoutOf(at.dataDir).access]),
    join(folderOfAll(at.usualDataDir), `${at.process}.json`),
  ];
  for (const file of files) {
    try {
      writeAccess(file, status, at.process);
    } catch {}
  }
  return () => {
    for (const file of files) dropAccess(file, at.process);
  };
}

/** The hub that runs on this data folder. */
export const hubOfFolder = (dataDir: string): Access | undefined => readAccess(layoutOf(dataDir).access);

/** The running hub that gave out this connection string: same host name, policy and key. Forgets hubs that were killed. */
export function hubOfConnectionString(usualDataDir: string, connectionString: string): Access | undefined {
  const wanted = identityOf(connectionString);
  const folder = folderOfAll(usualDataDir);
  for (const name of namesIn(folder)) {
    const access = readAccess(join(folder, name));
    if (access === undefined) {
      if (!processRuns(Number.parseInt(name, 10))) removeIfThere(join(folder, name));
    } else if (Object.values(access.connectionStrings).some((own) => identityOf(own) === wanted)) return access;
  }
  return undefined;
}

function identityOf(connectionString: string): string {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(connectionString);
  return JSON.stringify([hostName.toLowerCase(), sharedAccessKeyName, sharedAccessKey]);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
  } catch {
    return [];
  }
}
