// `hubfleet fault` and `hubfleet fleet` in memory: what they ask of the instance that runs, what they say, and the code they end with.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { announceControl } from '../../../main/workspace/control-access.ts';
import { announceHub } from '../../../main/workspace/running-hubs.ts';
import type { Clock } from '../../../simulators/clock/clock.ts';
import { systemClock } from '../../../simulators/clock/system.ts';
import { faultKinds, faultSchemas } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { anInstance, instanceToken } from '../support/an-instance.ts';
import { status } from '../support/fake-lab.ts';
import { aTerminal } from './a-terminal.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A terminal whose usual data folder has an instance. */
async function beside(changes: Parameters<typeof aTerminal>[1] = {}) {
  const instance = await anInstance();
  stops.push(instance.stop);
  const terminal = aTerminal({}, { dataDir: instance.dataDir, ...changes }, { clock: systemClock() });
  const said = async (...args: string[]) => {
    terminal.out.length = 0;
    terminal.err.length = 0;
    const code = await terminal.run(...args);
    return { code, out: terminal.out.join('\n'), err: terminal.err.join('\n') };
  };
  return { instance, terminal, said };
}
const delay = '{"delay":{"kind":"fixed","ms":300}}';

describe('hubfleet fault', () => {
  test('kinds needs no instance and gives the JSON Schema of each kind', async () => {
    const { run, out } = aTerminal();
    expect(await run('fault', 'kinds', '--json')).toBe(0);
    const kinds = JSON.parse(out[0] ?? '');
    expect(kinds.map(({ kind }: { kind: string }) => kind)).toEqual(faultKinds);
    expect(kinds.find(({ kind }: { kind: string }) => kind === 'reply.status')).toEqual({
      ...{ kind: 'reply.status', title: 'Other status', touches: 'reply' },
      description: 'The reply carries another device status.',
      schema: expect.objectContaining({
        type: 'object',
        properties: expect.objectContaining({
          status: {
            ...{ type: 'integer', minimum: 0, maximum: 2147483647, default: 500 },
            description: 'The device status.',
          },
        }),
      }),
    });
    for (const { kind, schema } of kinds) {
      expect(Object.keys(schema.properties)).toEqual(
        Object.keys((faultSchemas as unknown as Record<string, { shape: object }>)[kind]?.shape ?? {}),
      );
    }
  });

  test('a fault is added, listed with devices and strikes, changed, turned off and lifted', async () => {
    const { instance, said } = await beside();
    await said('fleet', 'add', '--count', '20');
    const on = ['--on', '{"share":0.5}'];
    expect(await said('fault', 'add', 'reply.delay', '--settings', delay, ...on, '--seed', '3')).toEqual({
      ...{ code: 0, err: '', out: 'reply-delay: reply.delay on 10 of 20 devices' },
    });
    const listed = JSON.parse((await said('fault', 'list', '--json')).out);
    expect(listed).toEqual([
      {
        ...{
          name: 'reply-delay',
          kind: 'reply.delay',
          enabled: true,
          devices: 10,
          strikes: expect.any(Number),
          seed: 3,
        },
        settings: { kind: 'reply.delay', delay: { kind: 'fixed', ms: 300 } },
        on: { share: 0.5 },
        when: { probability: 1, every: 1 },
      },
    ]);
    expect((await said('fault', 'list')).out).toMatch(
      /^reply-delay +reply\.delay +10 +\d+ +\{"share":0\.5\} +always$/m,
    );

    expect((await said('fault', 'change', 'reply-delay', '--when', '{"every":3}', '--off')).out).toBe(
      'reply-delay: reply.delay on 10 of 20 devices, off',
    );
    expect(instance.faults.get('reply-delay')).toMatchObject({
      ...{ seed: 3, enabled: false, on: { share: 0.5 }, when: { every: 3 } },
      settings: { delay: { ms: 300 } },
    });
    await said('fault', 'change', 'reply-delay', '--enable', '--kind', 'reply.never');
    expect(instance.faults.get('reply-delay')).toMatchObject({ enabled: true, settings: { kind: 'reply.never' } });

    expect((await said('fault', 'lift', 'reply-delay', '--json')).out).toBe('{"lifted":1}');
    expect((await said('fault', 'list')).out).toBe('no faults');
  });

  test('two of a kind get names of their own; all are lifted by one command', async () => {
    const { said } = await beside();
    await said('fault', 'add', 'reply.never');
    const second = JSON.parse((await said('fault', 'add', 'reply.never', '--json')).out);
    expect(second).toMatchObject({ name: 'reply-never-2', kind: 'reply.never', strikes: expect.any(Number) });
    await said('fault', 'add', 'reply.never', '--name', 'mine', '--off');
    expect((await said('fault', 'lift', '--all')).out).toBe('lifted 3 faults');
  });

  test('a share that hits nobody in a small fleet is said to', async () => {
    const { said } = await beside();
    await said('fleet', 'add', '--name', 'pumps', '--count', '4');
    const few = await said('fault', 'preset', 'dead-share');
    expect(few).toMatchObject({ code: 0, out: expect.stringContaining('on 0 of 4 devices') });
    expect(few.err).toContain('dead-share hits nobody: so few devices may have none in a share of 0.05');
    expect((await said('fault', 'add', 'reply.never')).err).toBe('');
  });

  test('a preset is added on whom it is said, under names that are free', async () => {
    const { instance, said } = await beside();
    expect((await said('fault', 'presets')).out).toContain('dead-share ');
    const aimed = ['fault', 'preset', 'dead-share', '--on', '{"fleet":"pumps"}'];
    expect((await said(...aimed)).code).toBe(0);
    await said(...aimed);
    expect([...instance.faults.keys()]).toEqual(['dead-share', 'dead-share-2']);
    expect(instance.faults.get('dead-share')?.on).toEqual({ fleet: 'pumps', share: 0.05 });
  });

  test('settings come from a file, and recorded samples from theirs', async () => {
    const { instance, terminal, said } = await beside();
    const write = (name: string, text: string) => writeFileSync(join(terminal.host.cwd, name), text);
    write('lines.txt', '120\n80.5\n\n300\n');
    write('table.csv', 'time,"ms"\n1,120\n2,80.5\n3,300\n');
    write('list.json', '[120, 80.5, 300]');
    const replays = [
      '{"delay":{"kind":"replay","file":"lines.txt"}}',
      '{"delay":{"kind":"replay","file":"table.csv","column":"ms","order":"recorded"}}',
      '{"delay":{"kind":"replay","file":"list.json"}}',
    ];
    for (const [index, settings] of replays.entries()) {
      write('settings.json', settings);
      const added = await said('fault', 'add', 'reply.delay', '--name', `f${index}`, '--settings', '@settings.json');
      expect(added).toMatchObject({ code: 0, err: '' });
    }
    expect([...instance.faults.values()].map(({ settings }) => settings)).toEqual(
      ['drawn', 'recorded', 'drawn'].map((order) => ({
        kind: 'reply.delay',
        delay: { kind: 'replay', samples: [120, 80.5, 300], order },
      })),
    );

    write('bad.csv', 'ms\n1\nfast\n');
    for (const [delay, sentence] of [
      ['{"kind":"replay","file":"bad.csv"}', "--settings.delay.file: bad.csv: line 3: 'fast' is not a number"],
      ['{"kind":"replay","file":"table.csv"}', 'table.csv: has several columns; it has time, ms'],
      ['{"kind":"replay","file":"table.csv","column":"s"}', 'there is no column "s"; it has time, ms'],
      ['{"kind":"replay","file":"none.csv"}', 'none.csv cannot be read'],
    ]) {
      const refused = await said('fault', 'add', 'reply.delay', '--settings', `{"delay":${delay}}`);
      expect(refused.code).toBe(2);
      expect(refused.err).toContain(sentence);
    }
  });

  test.each([
    [['add', 'reply.dely'], 'Did you mean reply.delay?'],
    [['add', 'never'], 'Did you mean reply.never?'],
    [['add', 'zzzzzzzz'], 'There are reply.delay, reply.never'],
    [['add', 'reply.status', '--settings', '{"status":-4}'], '--settings.status: at least 0'],
    [['add', 'reply.status', '--settings', '{"state":4}'], '--settings: Unrecognized key: "state"'],
    [['add', 'reply.delay', '--settings', delay, '--on', '{"share":4}'], '--on.share: at most 1 (all of them)'],
    [['add', 'reply.never', '--when', '{"every":0}'], '--when.every: at least 1'],
    [['add', 'reply.never', '--name', 'a b'], '--name: a fault name has 1 to 64 letters'],
    [['add', 'reply.never', '--on', '[]'], '--on: expected a JSON object'],
    [['add', 'reply.never', '--on', 'share=1'], '--on: not JSON'],
    [['add', 'reply.never', '--on', '@none.json'], '--on: none.json cannot be read'],
    [['change', 'nobody'], "there is no fault 'nobody'\nThere are none."],
    [['lift'], 'expected the name of a fault, or --all'],
    [['lift', 'x', '--all'], 'expected the name of a fault, or --all'],
    [['preset', 'slow'], 'Did you mean slow-tail?'],
  ])('%j is refused with the fix, and exit code 2', async (args, sentence) => {
    const { said } = await beside();
    const { code, out, err } = await said('fault', ...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
  });
});

describe('hubfleet fleet', () => {
  test('a fleet is added as its flags say, waited for, changed, listed and removed', async () => {
    const { instance, said } = await beside();
    const add = ['fleet', 'add', '--count', '3', '--protocol', 'amqp-ws', '--behaviour', 'rebootDevice'];
    const added = await said(...add, '--settings', '{"work":10}', '--wait', 'online', '--json');
    expect(JSON.parse(added.out)).toEqual({
      ...{ name: 'fleet-1', state: 'running', devices: 3, online: 3, id: 'device-{index:0000}', hub: 'local' },
      protocol: 'amqp-ws',
      behaviour: { kind: 'rebootDevice', work: 10, dark: 5_000 },
    });
    await said('fleet', 'add', '--spec', '{"telemetry":{"everySeconds":2},"count":4}');
    expect(instance.fleets.get('fleet-2')).toMatchObject({
      ...{ count: 4, id: 'fleet-2-{index:0000}', telemetry: { intervalMs: 2_000 } },
    });
    expect((await said('fleet', 'change', 'fleet-1', '--behaviour', 'echo')).out).toBe('changed fleet-1: echo');
    expect((await said('fleet', 'list')).out).toMatch(/^fleet-1 +running +3 +3 +amqp-ws +echo +local$/m);
    expect((await said('fleet', 'remove', 'fleet-2')).out).toBe('removed fleet-2');
    expect([...instance.fleets.keys()]).toEqual(['fleet-1']);
  });

  test('devices that do not come are not waited for without end', async () => {
    const instance = await anInstance({ offline: true });
    stops.push(instance.stop);
    const clock = new VirtualClock();
    // Each wait is over at once; by its clock it took a hundred times as long as was asked for.
    const after: Clock['after'] = (ms, run) => {
      setImmediate(() => void clock.advance(ms * 100).then(run));
      return () => {};
    };
    const hasty = { now: () => clock.now(), every: clock.every, after };
    const { run, err } = aTerminal({}, { dataDir: instance.dataDir }, { clock: hasty });
    expect(await run('fleet', 'add', '--count', '4', '--wait', 'online')).toBe(1);
    expect(err.at(-1)).toContain('fleet fleet-1 has none more online since 60 s: 0 of 4 devices are online');
  });

  test('another hub is named by its connection string, and confirmed', async () => {
    const { instance, said } = await beside();
    const hub = 'HostName=far.example.net;SharedAccessKeyName=service;SharedAccessKey=c2VydmljZQ==';
    expect(await said('fleet', 'add', '--hub', hub)).toMatchObject({
      ...{ code: 2, err: 'hubfleet: not our hub\nSay --confirm to have it done there.' },
    });
    expect((await said('fleet', 'add', '--hub', hub, '--confirm')).code).toBe(0);
    expect(instance.fleets.get('fleet-1')?.hub).toBe(hub);
    expect(instance.confirmed).toEqual([{ confirmRemote: true }]);
  });

  test.each([
    [['add', '--behaviour', 'rebot'], 'Did you mean reboot?'],
    [['add', '--behaviour', 'echo', '--settings', '{"dark":3}'], 'fleet: behaviour: Unrecognized key: "dark"'],
    [['add', '--settings', '{}'], '--settings: belongs to --behaviour'],
    [['add', '--protocol', 'http'], 'Allowed choices are mqtt, mqtt-ws, amqp, amqp-ws.'],
    [['add', '--count', '0'], 'Expected a whole number from 1 to 50000'],
    [['add', '--count', '2', '--id', 'pump'], 'fleet: id: needs {index} or {index:0000}'],
    [['change', 'x'], 'Give --behaviour or --spec.'],
    [['remove', 'x'], "there is no fleet 'x'"],
  ])('%j is refused with the fix, and exit code 2', async (args, sentence) => {
    const { said } = await beside();
    const { code, err } = await said('fleet', ...args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});

describe('the instance that is meant', () => {
  test('without one the code is 3, and how to start one is said', async () => {
    const { run, err } = aTerminal();
    expect(await run('fault', 'list')).toBe(3);
    expect(err.join('\n')).toContain('Start one with `hubfleet start --headless`');
  });

  test('a hub alone is told apart, and instances elsewhere are named', async () => {
    const { run, err, dataDir } = aTerminal();
    const withdraw = announceHub(status, { dataDir, usualDataDir: dataDir, process: process.pid });
    expect(await run('fleet', 'list')).toBe(3);
    expect(err.at(-1)).toContain(`a hub alone runs on ${dataDir}, which takes neither fleets nor faults`);
    withdraw();
    const withdrawControl = announceControl(
      { process: process.pid, url: 'http://127.0.0.1:40001', token: 'secret' },
      { dataDir: undefined, usualDataDir: dataDir },
    );
    expect(await run('fleet', 'list')).toBe(3);
    expect(err.at(-1)).toContain('Running elsewhere: --control http://127.0.0.1:40001.');
    withdrawControl();
  });

  test('is the one on --data-dir', async () => {
    const instance = await anInstance();
    stops.push(instance.stop);
    const { run, out } = aTerminal();
    expect(await run('fault', 'list', '--data-dir', instance.dataDir)).toBe(0);
    expect(out).toEqual(['no faults']);
  });

  test('is the one at --control, whose token is in the environment, a file, or written down by itself', async () => {
    const instance = await anInstance();
    stops.push(instance.stop);
    const asked = ['fault', 'list', '--control', instance.url];
    const elsewhere = aTerminal();
    expect(await elsewhere.run(...asked)).toBe(2);
    expect(elsewhere.err.join('\n')).toContain('Put it into HUBFLEET_CONTROL_TOKEN');
    expect(await aTerminal({}, { env: { HUBFLEET_CONTROL_TOKEN: instanceToken } }).run(...asked)).toBe(0);
    expect(await aTerminal({}, { dataDir: instance.dataDir }).run(...asked)).toBe(0);
    const holding = aTerminal();
    writeFileSync(join(holding.host.cwd, 'token'), `${instanceToken}\n`);
    expect(await holding.run(...asked, '--token-file', 'token')).toBe(0);
  });

  test('a wrong token is refused, and a token is sent to no other machine', async () => {
    const instance = await anInstance();
    stops.push(instance.stop);
    const terminal = aTerminal({}, { env: { HUBFLEET_CONTROL_TOKEN: 'wrong' } });
    expect(await terminal.run('fault', 'list', '--control', instance.url)).toBe(2);
    expect(terminal.err.at(-1)).toContain('the token is not that of this start');
    expect(await terminal.run('fault', 'list', '--control', 'http://far.example.net:80')).toBe(2);
    expect(terminal.err.at(-1)).toContain('expected an address such as http://127.0.0.1:40001');
  });

  test('one that is gone is exit code 3', async () => {
    const instance = await anInstance();
    await instance.stop();
    const terminal = aTerminal({}, { env: { HUBFLEET_CONTROL_TOKEN: instanceToken } });
    expect(await terminal.run('fault', 'list', '--control', instance.url)).toBe(3);
    expect(terminal.err.at(-1)).toContain('no Hubfleet answers at');
  });
});

describe('hubfleet invoke beside an instance', () => {
  const problem = {
    name: 'GatewayTimeout',
    number: 504_101,
    message: 'Timed out.',
    explanation: { cause: 'General.', fix: 'Advice.' },
  };
  const failing = { invoke: async () => ({ status: 504, body: '', problem }) };
  const row = { id: 5, at: 1e15, kind: 'method', device: 'pump', name: 'reboot', pending: false };

  async function calling(journal: { readonly rows: readonly object[]; readonly cause?: string }, ...more: string[]) {
    const instance = await anInstance();
    stops.push(instance.stop);
    Object.assign(instance.lab.views, { traffic: () => ({ rows: journal.rows, matching: 1, total: 1, forgotten: 0 }) });
    const explanation = { cause: journal.cause, fix: 'Lift it.' };
    Object.assign(instance.lab, { trafficDetail: (id: number) => ({ id, explanation }) });
    const leave = announceHub(status, {
      dataDir: instance.dataDir,
      usualDataDir: instance.dataDir,
      process: process.pid,
    });
    stops.push(async () => leave());
    const { run, err, out } = aTerminal(failing, { dataDir: instance.dataDir }, { clock: systemClock() });
    expect(await run('invoke', 'pump', 'reboot', ...more)).toBe(1);
    return { err: err.join('\n'), out: out.join('\n') };
  }

  test('says why its call failed in the words of the journal', async () => {
    const { err } = await calling({ rows: [row], cause: 'Fault dead kept its reply.' });
    expect(err).toContain('504101 GatewayTimeout');
    expect(err).toContain('Fault dead kept its reply. Lift it.');
    expect(err).not.toContain('General.');
  });
  test('says it in JSON, too', async () => {
    const { out } = await calling({ rows: [row], cause: 'Fault dead kept its reply.' }, '--json');
    expect(JSON.parse(out).error.explanation).toEqual({ cause: 'Fault dead kept its reply.', fix: 'Lift it.' });
  });
  test.each([
    ['is still under way', { ...row, pending: true }],
    ['is of another method', { ...row, name: 'ping' }],
    ['is over since before', { ...row, at: 1 }],
  ])('keeps the general words where the row of the journal %s', async (_, other) => {
    expect((await calling({ rows: [other], cause: 'Of another call.' })).err).toContain('General. Advice.');
  });
  test('asks nobody about a hub that was named', async () => {
    const { err } = await calling(
      { rows: [row], cause: 'Of another hub.' },
      '--hub',
      status.connectionStrings.iothubowner ?? '',
    );
    expect(err).toContain('General. Advice.');
  });
});
