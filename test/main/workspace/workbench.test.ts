// A workbench brings back last time's fleets and faults, keeps what the user changes, and is found while it runs.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { controlOfFolder, controlsOf } from '../../../main/workspace/control-access.ts';
import { layoutOf } from '../../../main/workspace/data-folder.ts';
import { openWorkbench, type WorkbenchOptions, type WorkbenchTools } from '../../../main/workspace/workbench.ts';
import type { LabOptions } from '../../../simulators/lab/lab.ts';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import { fleetName } from '../../../simulators/vocabulary/ids.ts';
import { fleetSpecSchema } from '../../../simulators/vocabulary/specs.ts';
import { fakeLab } from '../support/fake-lab.ts';
import { temporaryFolder } from '../support/temporary.ts';

function aDesk(options: Partial<WorkbenchOptions> = {}, openLab?: (asked: LabOptions, attempt: number) => void) {
  const dataDir = options.dataDir ?? temporaryFolder();
  const lab = fakeLab();
  const asked: LabOptions[] = [];
  const notices: string[] = [];
  const tools: WorkbenchTools = {
    async openLab(opening) {
      asked.push(opening);
      openLab?.(opening, asked.length);
      return lab;
    },
    workers: { hub: new URL('file:///hub'), fleet: new URL('file:///fleet') },
    now: () => Date.UTC(2026, 0, 2),
    newSeed: () => 42,
    newToken: () => 'a-token-of-the-test',
    process: process.pid,
    notice: (text) => void notices.push(text),
  };
  const all: WorkbenchOptions = {
    version: '1.2.3',
    dataDir,
    usualDataDir: dataDir,
    ephemeral: false,
    demo: undefined,
    seed: undefined,
    hostName: '127.0.0.1',
    ports: { https: 0, mqtts: 0, amqps: 0 },
    deviceAuthorities: [],
    ...options,
  };
  return { dataDir, lab, asked, notices, open: () => openWorkbench(all, tools) };
}

describe('between two starts', () => {
  test('fleets, faults and the seed are kept', async () => {
    const first = aDesk({ demo: 'reboot' });
    const bench = await first.open();
    await bench.restored;
    await bench.lab.addFleet(fleetSpecSchema.parse({ name: 'mine', count: 2 }));
    bench.keep();
    await bench.stop();

    const second = aDesk({ dataDir: first.dataDir });
    const again = await second.open();
    await again.restored;
    expect(second.lab.calls).toEqual(['addFault slow', 'addFault silent', 'addFleet demo', 'addFleet mine']);
    expect(again.seed).toBe(42);
    expect(second.asked[0]).toMatchObject({ seed: 42, hub: { folder: layoutOf(first.dataDir).hub } });
  });

  test('a fleet is the same again, whatever was set in it', async () => {
    const asked = fleetSpecSchema.parse({
      ...{ name: 'mine', count: 2, protocol: { mqtt: 1, 'amqp-ws': 2 }, devicesPerConnection: 2, modules: ['$eye'] },
      telemetry: {
        everySeconds: 0.5,
        template: { n: '{count}', deep: [{ t: '{walk:1:2:0.1}' }] },
        properties: { a: '{index}' },
      },
      messages: { rules: [{ property: 'p', value: 'v', share: 0.5, do: 'reject' }], otherwise: 'abandon' },
      tags: { site: 'north' },
    });
    const first = aDesk();
    const bench = await first.open();
    await bench.restored;
    await bench.lab.addFleet(asked);
    bench.keep();
    await bench.stop();
    const second = aDesk({ dataDir: first.dataDir });
    await (await second.open()).restored;
    expect(second.lab.fleets()).toEqual([asked]);
  });

  test('a fleet that the first version kept is brought back', async () => {
    const { dataDir, lab, notices, open } = aDesk();
    const fleet = {
      ...{ name: 'old', count: 3, id: 'old-{index}', hub: 'local', protocol: 'mqtt', tls: true, tags: {}, desired: {} },
      ...{ behaviour: { kind: 'reboot', dark: 5000 }, connect: { perSecond: 200, jitter: 0.5 } },
      reconnect: { kind: 'backoff', first: 500, most: 30000, jitter: 0.5 },
      ...{ keepAliveSeconds: 240, tokenLifetimeSeconds: 3600 },
    };
    writeFileSync(layoutOf(dataDir).settings, JSON.stringify({ hubfleet: 1, seed: 7, fleets: [fleet], faults: [] }));
    await (await open()).restored;
    expect(notices).toEqual([]);
    expect(lab.fleets()).toMatchObject([{ ...fleet, authentication: 'sas', modules: [], messages: 'complete' }]);
  });

  test('a named seed wins over that of last time', async () => {
    const { dataDir, open } = aDesk({ seed: 9 });
    await (await open()).restored;
    const later = await aDesk({ dataDir }).open();
    expect(later.seed).toBe(9);
  });

  test('nothing is kept of an ephemeral one, not even where it is', async () => {
    const { dataDir, asked, open } = aDesk({ ephemeral: true, usualDataDir: temporaryFolder(), demo: 'reboot' });
    const bench = await open();
    await bench.restored;
    bench.keep();
    expect(asked[0]?.hub.folder).toBeUndefined();
    expect(existsSync(layoutOf(dataDir).settings)).toBe(false);
    expect(existsSync(layoutOf(dataDir).access)).toBe(false);
  });

  test('corrupt settings are moved aside with a sentence, and the start goes on', async () => {
    const { dataDir, notices, lab, open } = aDesk();
    writeFileSync(layoutOf(dataDir).settings, 'garbage');
    await (await open()).restored;
    expect(notices).toEqual([expect.stringContaining('moved to')]);
    expect(lab.fleets()).toEqual([]);
  });

  test('what is kept while last time is still being brought back holds all of it', async () => {
    const { dataDir, open } = aDesk({ demo: 'reboot' });
    const bench = await open();
    bench.keep(); // before the demo is registered: must not write an empty file over the old one
    await bench.restored;
    const kept = JSON.parse(readFileSync(layoutOf(dataDir).settings, 'utf8'));
    expect(kept.fleets.map((fleet: { name: string }) => fleet.name)).toEqual([fleetName('demo')]);
  });
});

describe('while it runs', () => {
  test('other commands find it, and not after it stopped; stopping twice stops once', async () => {
    const { dataDir, lab, open } = aDesk();
    const bench = await open();
    expect(existsSync(layoutOf(dataDir).access)).toBe(true);
    await Promise.all([bench.stop(), bench.stop()]);
    expect(existsSync(layoutOf(dataDir).access)).toBe(false);
    expect(lab.calls).toEqual(['stop']);
  });

  test('programs of its user find the control API and its token, which nobody else can read', async () => {
    const { dataDir, open } = aDesk();
    const bench = await open();
    const found = controlOfFolder(dataDir);
    expect(found).toEqual({ process: process.pid, ...bench.control });
    expect(controlsOf(dataDir)).toEqual([found]);
    expect(statSync(layoutOf(dataDir).control).mode & 0o777).toBe(0o600);
    const asked = (token: string) =>
      fetch(`${bench.control.url}/view/totals`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await asked(bench.control.token)).json()).toEqual({ answer: { calls: 0 } });
    expect((await asked('another')).status).toBe(401);
    await bench.stop();
    expect(existsSync(layoutOf(dataDir).control)).toBe(false);
    expect(controlsOf(dataDir)).toEqual([]);
    await expect(asked(bench.control.token)).rejects.toThrow();
  });

  test('one that keeps nothing is found by its address alone', async () => {
    const { dataDir, open } = aDesk({ ephemeral: true });
    const bench = await open();
    expect(controlOfFolder(dataDir)).toBeUndefined();
    expect(controlsOf(dataDir)).toEqual([{ process: process.pid, ...bench.control }]);
    await bench.stop();
  });

  test('a port that was taken after the look gives way, with a sentence', async () => {
    const { asked, notices, open } = aDesk({ ports: { mqtts: 0 } }, (_, attempt) => {
      if (attempt === 1) throw new LabError('port.taken', 'port 443 is taken');
    });
    await open();
    expect(asked[1]?.hub.listen).toMatchObject({ https: 0, mqtts: 0 });
    expect(notices.at(-1)).toBe('port 443 is taken; a free port is taken instead');
    expect(asked[1]?.notices).toEqual(notices); // the window shows them too
  });

  test('so does every other port that the user did not name', async () => {
    const { asked, open } = aDesk({ ports: {} }, (_, attempt) => {
      if (attempt === 1) throw new LabError('port.taken', 'amqps: port 5671 is taken');
    });
    await open();
    expect(asked[1]?.hub.listen).toMatchObject({ https: 0, mqtts: 0, mqtt: 0, amqps: 0, amqp: 0 });
  });

  test('a port the user named does not', async () => {
    const ports = { https: 1443, mqtts: 0, mqtt: 0, amqps: 0, amqp: 0 };
    const { open } = aDesk({ ports }, () => {
      throw new LabError('port.taken', 'https: port 1443 is taken');
    });
    await expect(open()).rejects.toMatchObject({ code: 'port.taken' });
  });

  test('a data folder in use is refused as the hub says it', async () => {
    const { dataDir, open } = aDesk({}, () => {
      throw new LabError('data-folder.in-use', 'another hub runs on it');
    });
    await expect(open()).rejects.toMatchObject({ code: 'data-folder.in-use' });
    expect(existsSync(layoutOf(dataDir).access)).toBe(false);
  });
});
