// Who may import whom (docs/architecture.md). The rules live in biome.json and run with every check; here each is shown to bite.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const planted = mkdtempSync(join(tmpdir(), 'hubfleet-imports-'));
let report = '';

/** One planted file per row, so that the linter runs once over all of them. */
const fileOf = (place: string, target: string): string =>
  join(dirname(place), `${target.replace(/[^a-z]/gi, '-')}.ts${place.endsWith('x') ? 'x' : ''}`);
const refused = (place: string, target: string): boolean =>
  report.includes(`${fileOf(place, target)}:1:8 lint/style/noRestrictedImports`);

const crossing = [
  ['simulators/vocabulary/x.ts', '../clock/clock.ts'],
  ['simulators/vocabulary/x.ts', 'node:fs'],
  ['simulators/clock/x.ts', '../random/random.ts'],
  ['simulators/random/x.ts', '../lab/lab.ts'],
  ['simulators/certificates/x.ts', '../hub/hub.ts'],
  ['simulators/entra/x.ts', '../hub/hub.ts'],
  ['simulators/hub/x.ts', '../devices/device.ts'],
  ['simulators/hub/doors/mqtt/x.ts', '../../../faults/faults.ts'],
  ['simulators/devices/x.ts', '../hub/hub.ts'],
  ['simulators/devices/links/x.ts', '../../faults/faults.ts'],
  ['simulators/invoker/x.ts', '../hub/hub.ts'],
  ['simulators/journal/x.ts', '../lab/lab.ts'],
  ['simulators/metrics/x.ts', '../journal/journal.ts'],
  ['simulators/faults/x.ts', '../hub/hub.ts'],
  ['simulators/lab/x.ts', '../../main/cli/index.ts'],
  ['preload/contract/x.ts', '../../simulators/lab/lab.ts'],
  ['preload/contract/x.ts', 'electron'],
  ['renderer/fleet/x.tsx', '../../simulators/lab/lab.ts'],
  ['renderer/fleet/x.tsx', 'electron'],
  ['main/commands/x.ts', '../electron/window.ts'],
  ['main/control/x.ts', '../web/server.ts'],
  ['main/web/x.ts', 'electron'],
  ['main/web/x.ts', '../cli/index.ts'],
  ['main/cli/x.ts', 'electron'],
] as const;
const allowed = [
  ['simulators/hub/x.ts', '../vocabulary/ids.ts'],
  ['simulators/hub/doors/mqtt/x.ts', '../../methods/methods.ts'],
  ['simulators/devices/x.ts', '../tokens/sas-token.ts'],
  ['simulators/lab/x.ts', '../faults/faults.ts'],
  ['preload/contract/x.ts', '../../simulators/vocabulary/specs.ts'],
  ['renderer/fleet/x.tsx', '../../preload/contract/contract.ts'],
  ['main/commands/x.ts', '../../simulators/lab/lab.ts'],
  ['main/electron/x.ts', 'electron'],
] as const;

beforeAll(() => {
  cpSync(join(root, 'biome.json'), join(planted, 'biome.json'));
  for (const [place, target] of [...crossing, ...allowed]) {
    const file = join(planted, fileOf(place, target));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `import '${target}';\n`);
  }
  const run = spawnSync(
    join(root, 'node_modules/.bin/biome'),
    ['lint', '--vcs-enabled=false', '--max-diagnostics=none', '.'],
    {
      cwd: planted,
      encoding: 'utf8',
    },
  );
  report = `${run.stdout}${run.stderr}`;
});
afterAll(() => rmSync(planted, { recursive: true }));

test.each(crossing)('%s may not import %s', (place, target) => {
  expect(refused(place, target)).toBe(true);
});

test.each(allowed)('%s may import %s', (place, target) => {
  expect(refused(place, target)).toBe(false);
});
