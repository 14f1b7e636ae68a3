// `hubfleet jobs` and `modules` in memory: what they ask of the hub, what they print, and the code they end with.
import { describe, expect, test } from 'vitest';
import type { Invoker, JobFilter, JobRequest } from '../../../simulators/invoker/invoker.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { aTerminal, refused, remote } from './a-terminal.ts';

const at = ['--hub', remote];
const job = (status: string, succeededCount = 0, failedCount = 0, more: object = {}) => ({
  status: 200,
  body: JSON.stringify({
    jobId: 'j',
    status,
    deviceJobStatistics: { deviceCount: 3, succeededCount, failedCount },
    ...more,
  }),
});

function scheduling(answer = job('queued')) {
  const asked: { id: string; request: JobRequest }[] = [];
  const invoker: Partial<Invoker> = {
    async scheduleJob(id, request) {
      asked.push({ id, request });
      return answer;
    },
  };
  return { asked, invoker };
}

describe('hubfleet jobs create', () => {
  test('schedules a method with its payload as it was typed', async () => {
    const { asked, invoker } = scheduling();
    const { run, out } = aTerminal(invoker);
    const flags = ['--payload', '{ "n": 1.0 }', '--response-timeout', '5', '--connect-timeout', '7'];
    const when = ['--start', '2026-01-01T00:00:00Z', '--max-time', '60'];
    expect(await run('jobs', 'create', 'j', '-q', "tags.a = 'b'", '--method', 'm', ...flags, ...when, ...at)).toBe(0);
    expect(asked).toEqual([
      {
        id: 'j',
        request: {
          condition: "tags.a = 'b'",
          method: { method: 'm', payload: '{ "n": 1.0 }', responseTimeout: 5, connectTimeout: 7 },
          startTime: '2026-01-01T00:00:00Z',
          maxExecutionTime: 60,
        },
      },
    ]);
    expect(out).toEqual(['j: queued, 0 of 3 devices done, 0 failed']);
  });

  test('schedules a twin update and makes up an id', async () => {
    const { asked, invoker } = scheduling();
    const { run, out } = aTerminal(invoker);
    const flags = ['--condition', '*', '--twin', '{"tags":{"a":1}}', '--start', 'now', '--json'];
    expect(await run('job', 'create', ...flags, ...at)).toBe(0);
    expect(asked).toEqual([{ id: 'job-010101010101', request: { condition: '*', twin: { tags: { a: 1 } } } }]);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ jobId: 'j', status: 'queued' });
  });

  test.each([
    [['jobs', 'create', '--method', 'm'], "required option '-q, --condition <text>' not specified"],
    [['jobs', 'create', '-q', '*'], 'a job of type method needs --method'],
    [['jobs', 'create', '-q', '*', '--type', 'twin', '--method', 'm'], 'a job of type twin needs --twin'],
    [['jobs', 'create', '-q', '*', '--type', 'both'], 'Allowed choices are method, twin.'],
    [['jobs', 'create', '-q', '*', '--twin', '[]'], 'Expected a JSON object.'],
    [['jobs', 'create', '-q', '*', '--twin', '{'], 'Expected JSON'],
    [['jobs', 'create', '-q', '*', '--method', 'm', '--max-time', '0'], "'0' is invalid"],
    [['jobs', 'create', 'a b', '-q', '*', '--method', 'm'], "'a b' is invalid"],
    [['jobs', 'show'], "missing required argument 'id'"],
    [['jobs', 'list', '--status', 'finished'], 'Allowed choices are scheduled'],
  ])('%j ends with 2', async (args, sentence) => {
    const { run, err } = aTerminal(scheduling().invoker);
    expect(await run(...args, ...at)).toBe(2);
    expect(err.join('\n')).toContain(sentence);
  });

  test.each([
    ['completed', 0],
    ['failed', 1],
    ['cancelled', 1],
  ])('--wait tells how far a job is until it has %s, and ends with %i', async (last, code) => {
    const { invoker } = scheduling();
    const clock = new VirtualClock();
    const states = [job('running', 1), job('running', 1), job(last, 2, 1, { failureReason: 'Because.' })];
    const getJob = async () => states.shift() ?? job(last);
    const { run, out, err } = aTerminal({ ...invoker, getJob }, {}, { clock });
    const ended = run('jobs', 'create', 'j', '-q', '*', '--method', 'm', '--wait', ...at);
    await clock.advance(5_000);
    expect(await ended).toBe(code);
    expect(err.slice(0, 3)).toEqual([
      'j: queued, 0 of 3 devices done, 0 failed',
      'j: running, 1 of 3 devices done, 0 failed',
      `j: ${last}, 3 of 3 devices done, 1 failed`,
    ]);
    expect(out).toEqual([`j: ${last}, 3 of 3 devices done, 1 failed`, 'Because.']);
    if (code === 1) expect(err.at(-1)).toBe(`hubfleet: job j ${last}: Because.`);
  });

  test('what the hub refuses ends with 1 and its own words', async () => {
    const { run, err } = aTerminal({ scheduleJob: async () => refused });
    expect(await run('jobs', 'create', 'j', '-q', '*', '--method', 'm', ...at)).toBe(1);
    expect(err[0]).toContain('DeviceNotOnline: Timed out');
  });
});

describe('hubfleet jobs list, show and cancel', () => {
  test('lists by type and status, and says when there are more', async () => {
    const asked: (JobFilter | undefined)[] = [];
    const { run, out, err } = aTerminal({
      async listJobs(filter) {
        asked.push(filter);
        return { status: 200, body: `[${job('running', 1).body}]`, continuation: 'more' };
      },
    });
    expect(await run('jobs', 'list', '--type', 'twin', '--status', 'running', '--top', '1', ...at)).toBe(0);
    expect(asked).toEqual([{ type: 'scheduleUpdateTwin', status: 'running', size: 1 }]);
    expect(out[0]).toBe(
      ['jobId  status   devices  succeeded  failed', 'j      running  3        1          0'].join('\n'),
    );
    expect(err).toEqual(['stopped at 1 jobs; there are more']);
    await run('jobs', 'list', '--json', ...at);
    expect(JSON.parse(out[1] ?? '')).toMatchObject([{ jobId: 'j' }]);
  });

  test('shows a job with what became of each device', async () => {
    const texts: string[] = [];
    const { run, out } = aTerminal({
      getJob: async () => job('completed', 2, 1),
      async *queryPages(text) {
        texts.push(text);
        yield { status: 200, body: '[{"deviceId":"a","status":"failed","error":{"code":"DeviceNotOnline"}}]' };
      },
    });
    await run('jobs', 'show', "it's", '--devices', ...at);
    expect(texts).toEqual(["SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'it\\'s'"]);
    expect(out.join('\n')).toContain('a         failed  DeviceNotOnline');
    await run('jobs', 'show', 'j', '--devices', '--json', ...at);
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ jobId: 'j', devices: [{ deviceId: 'a' }] });
  });

  test('cancels', async () => {
    const { run, out } = aTerminal({ cancelJob: async () => job('cancelled') });
    expect(await run('jobs', 'cancel', 'j', ...at)).toBe(0);
    expect(out).toEqual(['j: cancelled, 0 of 3 devices done, 0 failed']);
  });
});

describe('hubfleet modules', () => {
  const body = JSON.stringify({ moduleId: 'm', authentication: { symmetricKey: { primaryKey: 'a2V5' } } });

  test.each([[['d', 'm']], [['d/m']]])('create %j prints the connection string', async (named) => {
    const made: string[] = [];
    const { run, out } = aTerminal({
      async createDevice(id) {
        made.push(id);
        return { status: 200, body };
      },
    });
    expect(await run('modules', 'create', ...named, ...at)).toBe(0);
    expect(made).toEqual(['d/m']);
    expect(out).toEqual(['HostName=127.0.0.1;DeviceId=d;ModuleId=m;SharedAccessKey=a2V5']);
  });

  test('list shows no keys', async () => {
    const listModules = async () => ({ status: 200, body: `[${body}]` });
    const { run, out } = aTerminal({ listModules });
    await run('modules', 'list', 'd', '--json', ...at);
    expect(out).toEqual(['[{"moduleId":"m"}]']);
  });

  test('delete', async () => {
    const { run, out } = aTerminal({ deleteDevice: async () => ({ status: 204, body: '' }) });
    expect(await run('modules', 'delete', 'd', 'm', ...at)).toBe(0);
    expect(out).toEqual(['deleted d/m']);
  });

  test.each([[['d']], [['d/m', 'n']]])('%j is not one module', async (named) => {
    const { run, err } = aTerminal();
    expect(await run('modules', 'delete', ...named, ...at)).toBe(2);
    expect(err[0]).toContain('module: expected one module');
  });

  test('invoke and twin take a module', async () => {
    const asked: string[] = [];
    const { run } = aTerminal({
      async invoke(id) {
        asked.push(`invoke ${id}`);
        return { status: 200, body: '', deviceStatus: 200 };
      },
      async getTwin(id) {
        asked.push(`twin ${id}`);
        return { status: 200, body: '{}' };
      },
    });
    expect(await run('invoke', 'd/m', 'x', ...at)).toBe(0);
    expect(await run('twin', 'd/m', ...at)).toBe(0);
    expect(asked).toEqual(['invoke d/m', 'twin d/m']);
    expect(await run('invoke', 'd/m/n', 'x', ...at)).toBe(2);
  });
});
