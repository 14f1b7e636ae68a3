// Folders that a test may fill; all are removed when its file is done.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];

export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'hubfleet-test-'));
  made.push(path);
  return path;
}

afterAll(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});
