// Jobs by the clock: when they start, how far they are, how they end, and what is left of them.
import { describe, expect, test, vi } from 'vitest';
import { jobHistory } from '../../../../simulators/hub/jobs/job-book.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import type { Throttle, Throttling } from '../../../../simulators/hub/throttling/throttling.ts';
import { refuse } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { answered, ids, refusal, someJobs } from './a-jobs.ts';

const twinUpdate = { type: 'scheduleUpdateTwin', cloudToDeviceMethod: undefined, updateTwin: { etag: '*', tags: {} } };

function aThrottling(throttle: Throttle, perAsking = Number.POSITIVE_INFINITY): Throttling {
  return {
    throttle,
    set() {},
    take: () => undefined,
    takeUpTo: (_kind, wanted) => Math.min(wanted, perAsking),
    usage: () => [],
    messagesToday: () => ({ used: 0, limit: null }),
  };
}

describe('a job that calls a method', () => {
  test('goes from queued to running to completed and counts its devices all the while', async () => {
    const { clock, create, get, called, statuses } = someJobs();
    expect(create('j')).toMatchObject({ status: 'queued', deviceJobStatistics: { deviceCount: 0 } });
    await clock.advance(0);
    expect(get('j')).toMatchObject({ status: 'running', deviceJobStatistics: { deviceCount: 3, runningCount: 3 } });
    called[0]?.answer();
    called[1]?.answer(refuse('DeviceNotOnline', 'off'));
    await clock.advance(1_000);
    expect(get('j').deviceJobStatistics).toEqual({
      deviceCount: 3,
      succeededCount: 1,
      failedCount: 1,
      runningCount: 1,
      pendingCount: 0,
    });
    called[2]?.answer();
    await clock.advance(0);
    expect(get('j')).toMatchObject({ status: 'completed', endTime: '2026-01-01T00:00:01.000Z' });
    expect(statuses()).toEqual(['j queued', 'j running', 'j completed']);
  });

  test('keeps what each device answered, a status of its own choice among it, and why others failed', async () => {
    const { clock, create, rows } = someJobs({
      devices: ['a', 'a/m', 'b', 'c'],
      answer: (device) =>
        device === 'b'
          ? refuse('DeviceNotOnline', 'off')
          : answered(device === 'a' ? 500 : 200, device === 'c' ? 'text' : '{"n":1}'),
    });
    create('j');
    await clock.advance(0);
    const outcome = { deviceMethodResponse: { status: 500, payload: { n: 1 } } };
    expect(rows()).toMatchObject([
      { deviceId: 'a', jobId: 'j', jobType: 'scheduleDeviceMethod', status: 'completed', outcome },
      { deviceId: 'a', moduleId: 'm', status: 'completed' },
      { deviceId: 'b', status: 'failed', error: { code: 'DeviceNotOnline', description: 'off' } },
      { deviceId: 'c', status: 'completed', outcome: { deviceMethodResponse: { payload: 'text' } } },
    ]);
    expect(rows()[2]).not.toHaveProperty('outcome');
    expect(rows()[0]).not.toHaveProperty('error');
  });

  test('sends the payload byte for byte when it has the bytes of the request', async () => {
    const { clock, jobs, called } = someJobs({ devices: ['a'] });
    const call = '{"methodName":"m", "payload": 12345678901234567890 }';
    const text = `{"type":"scheduleDeviceMethod","cloudToDeviceMethod":${call}}`;
    jobs.create('j', JSON.parse(text), Buffer.from(text));
    await clock.advance(0);
    expect(called[0]?.body).toBe(call);
  });

  test('over no device at all is completed at once', async () => {
    const { clock, create, get } = someJobs({ devices: [] });
    create('j');
    await clock.advance(0);
    expect(get('j')).toMatchObject({ status: 'completed', deviceJobStatistics: { deviceCount: 0 } });
  });

  test('over ten thousand silent devices has at most two thousand calls under way, and goes on as they end', async () => {
    const { clock, create, get, called } = someJobs({ devices: ids(10_000) });
    create('j');
    await clock.advance(10);
    expect(called).toHaveLength(2_000);
    expect(get('j').deviceJobStatistics).toMatchObject({ runningCount: 2_000, pendingCount: 8_000 });
    for (const call of called.slice(0, 30)) call.answer();
    await clock.advance(10);
    expect(called).toHaveLength(2_030);
    expect(new Set(called.map(({ device }) => device)).size).toBe(2_030);
  });
});

describe('a job that updates twins', () => {
  test('patches every twin with its etag, and one that fails harms no other', async () => {
    const { clock, create, get, patched, rows } = someJobs({ devices: ['a', 'gone', 'b'] });
    create('j', twinUpdate);
    await clock.advance(0);
    expect(patched.map(({ device, ifMatch }) => `${device} ${ifMatch}`)).toEqual(['a *', 'gone *', 'b *']);
    expect(get('j')).toMatchObject({
      status: 'completed',
      deviceJobStatistics: { succeededCount: 2, failedCount: 1 },
    });
    expect(rows()[0]).toMatchObject({ status: 'completed', outcome: {} });
    expect(rows()[1]).toMatchObject({ status: 'failed', error: { code: 'DeviceNotFound' } });
  });

  test('is over every device although each turn takes only some', async () => {
    const { clock, create, patched } = someJobs({ devices: ids(250) });
    create('j', twinUpdate);
    await clock.advance(0);
    expect(patched).toHaveLength(250);
  });
});

describe('the time of a job', () => {
  test('is its start time when that is ahead, and devices are picked then', async () => {
    const devices = ['a'];
    const { clock, create, get, called, statuses } = someJobs({ devices, answer: () => answered() });
    expect(create('j', { startTime: '2026-01-01T01:00:00' })).toMatchObject({ status: 'scheduled' });
    await clock.advance(3_599_999);
    expect(called).toEqual([]);
    devices.push('b');
    await clock.advance(1);
    expect(called).toHaveLength(2);
    expect(get('j')).toMatchObject({ status: 'completed', startTime: '2026-01-01T01:00:00.000Z' });
    expect(statuses()).toEqual(['j scheduled', 'j queued', 'j running', 'j completed']);
  });

  test.each([undefined, null, '', '2025-12-31T23:59:59Z', '2026-01-01T02:00:00+02:00'])(
    'is now for a start time of %j',
    async (startTime) => {
      const { clock, create, get } = someJobs({ answer: () => answered() });
      expect(create('j', { startTime })).toMatchObject({ status: 'queued', startTime: '2026-01-01T00:00:00.000Z' });
      await clock.advance(0);
      expect(get('j').status).toBe('completed');
    },
  );

  test('runs out: devices without a result fail, and what they answer later changes nothing', async () => {
    const { clock, create, get, called, rows, facts } = someJobs();
    create('j', { maxExecutionTimeInSeconds: 5 });
    await clock.advance(0);
    called[0]?.answer();
    await clock.advance(5_000);
    expect(get('j')).toMatchObject({
      status: 'failed',
      failureReason: 'maxExecutionTimeInSeconds: the job did not end within 5 s.',
      deviceJobStatistics: { succeededCount: 1, failedCount: 2, runningCount: 0 },
    });
    expect(rows()[1]).toMatchObject({ status: 'failed', error: { code: 'JobRunPreconditionFailed' } });
    called[1]?.answer();
    await clock.advance(0);
    expect(get('j').deviceJobStatistics).toMatchObject({ succeededCount: 1, failedCount: 2 });
    expect(facts.of('job.changed')).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  test('a condition that went bad before it came fails the job with the reason', async () => {
    let bad = false;
    const { clock, create, get } = someJobs({
      select: () => (bad ? refuse('ArgumentInvalid', 'no such thing') : { ids: [] }),
    });
    create('j', { startTime: '2026-01-01T01:00:00Z' });
    bad = true;
    await clock.advance(3_600_000);
    expect(get('j')).toMatchObject({ status: 'failed', failureReason: 'queryCondition: no such thing' });
  });
});

describe('cancelling', () => {
  test('settles who has no result as canceled and calls nobody more', async () => {
    const { clock, create, get, called, jobs, rows } = someJobs({ devices: ids(2_500) });
    create('j');
    await clock.advance(10);
    called[0]?.answer();
    await clock.advance(0);
    const before = called.length;
    expect(jobs.cancel('j')).toMatchObject({ status: 'cancelled' });
    for (const call of called) call.answer();
    await clock.advance(10_000_000);
    expect(called).toHaveLength(before);
    expect(get('j')).toMatchObject({
      status: 'cancelled',
      deviceJobStatistics: { deviceCount: 2_500, succeededCount: 1, failedCount: 0, runningCount: 0, pendingCount: 0 },
    });
    expect(rows().filter(({ status }) => status === 'canceled')).toHaveLength(2_499);
  });

  test('takes a scheduled job from the calendar and leaves one that ended as it is', async () => {
    const { clock, create, jobs, called } = someJobs();
    create('j', { startTime: '2026-01-02T00:00:00Z' });
    jobs.cancel('j');
    expect(clock.pending).toBe(0);
    await clock.advance(200_000_000);
    expect(called).toEqual([]);
    expect(jobs.cancel('j')).toMatchObject({ status: 'cancelled' });
  });
});

describe('what is refused', () => {
  test.each([
    [
      { type: 'scheduleTwinUpdate' },
      'type: "scheduleTwinUpdate" must be one of scheduleDeviceMethod, scheduleUpdateTwin',
    ],
    [{ type: undefined }, 'type: nothing must be one of'],
    [{ jobId: 'other' }, 'jobId: "other" in the body is not the \'j\' of the path.'],
    [{ queryCondition: 5 }, 'queryCondition: must be text, not 5.'],
    [{ queryCondition: '!' }, "queryCondition: '!' is wrong"],
    [{ startTime: 'tomorrow' }, 'startTime: "tomorrow" must be a moment in ISO 8601'],
    [{ startTime: 5 }, 'startTime: 5 must be a moment'],
    [{ startTime: '2026-13-01T00:00:00Z' }, 'startTime: "2026-13-01T00:00:00Z" must be'],
    [{ maxExecutionTimeInSeconds: 0 }, 'maxExecutionTimeInSeconds: 0 must be a whole number within [1; 2147483647].'],
    [{ maxExecutionTimeInSeconds: '60' }, 'maxExecutionTimeInSeconds: "60" must be'],
    [
      { cloudToDeviceMethod: undefined },
      'cloudToDeviceMethod: must be an object in a job of type scheduleDeviceMethod',
    ],
    [{ cloudToDeviceMethod: {} }, 'cloudToDeviceMethod: methodName is missing.'],
    [
      { cloudToDeviceMethod: { methodName: 'm', responseTimeoutInSeconds: 4 } },
      'cloudToDeviceMethod: responseTimeoutInSeconds must be within [5; 300].',
    ],
    [{ type: 'scheduleUpdateTwin' }, 'updateTwin: must be an object in a job of type scheduleUpdateTwin, not nothing.'],
    [{ ...twinUpdate, updateTwin: { bad: 1 } }, 'updateTwin: tags: too deep.'],
    [{ ...twinUpdate, updateTwin: { etag: 1 } }, 'updateTwin.etag: must be text, not 1.'],
  ])('%j names its field', (body, sentence) => {
    const { create, jobs, clock } = someJobs();
    const { name, message } = refusal(create('j', body));
    expect(name).toBe('ArgumentInvalid');
    expect(message).toContain(sentence);
    expect(refusal(jobs.get('j')).name).toBe('JobNotFound');
    expect(clock.pending).toBe(0);
  });

  test.each(['', 'a b', 'a/b', 'query', 'x'.repeat(129)])('the id %j', (id) => {
    expect(refusal(someJobs().create(id)).message).toContain('jobId: ');
  });

  test('an id in use, whether its job ended or not, and ids nobody uses', () => {
    const { create, jobs } = someJobs();
    create('j');
    expect(refusal(create('j')).number).toBe(409_104);
    expect(refusal(jobs.get('k')).number).toBe(404_002);
    expect(refusal(jobs.cancel('k')).number).toBe(404_002);
  });

  test('an empty condition is every device, and hinted at', async () => {
    const { clock, create, called, facts } = someJobs();
    create('j', { queryCondition: undefined });
    await clock.advance(0);
    expect(called).toHaveLength(3);
    expect(facts.of('hint.given')[0]?.text).toContain('every device');
  });
});

describe('a tier', () => {
  test('lets so many jobs be active at the same time, and those whose time comes wait for their turn', async () => {
    const throttling = aThrottling({ tier: 'S1', units: 200 });
    const { clock, create, get, called, statuses } = someJobs({ throttling, devices: ['a'] });
    create('first');
    expect(refusal(create('second')).number).toBe(429_004);
    create('later', { startTime: '2026-01-01T00:01:00Z' });
    await clock.advance(60_000);
    expect(get('later').status).toBe('queued');
    called[0]?.answer();
    await clock.advance(0);
    expect(get('later').status).toBe('running');
    expect(statuses().slice(-3)).toEqual(['later queued', 'first completed', 'later running']);
  });

  test('holds a job to its pace rather than fail devices', async () => {
    const throttling = aThrottling({ tier: 'S1', units: 1 }, 1);
    const { clock, create, get } = someJobs({ throttling, devices: ids(20), answer: () => answered() });
    create('j');
    await clock.advance(1_000);
    expect(get('j').deviceJobStatistics).toMatchObject({ succeededCount: 11, pendingCount: 9 });
    await clock.advance(1_000);
    expect(get('j')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 20 } });
  });
});

describe('a hub that is opened again', () => {
  test('starts a scheduled job at its time, or at once when that has passed', async () => {
    const before = someJobs();
    before.create('soon', { startTime: '2026-01-01T01:00:00Z' });
    before.create('later', { startTime: '2026-01-01T03:00:00Z' });
    before.jobs.stop();
    expect(before.clock.pending).toBe(0);
    const clock = new VirtualClock(before.clock.now() + 2 * 3_600_000);
    const after = someJobs({ clock, store: before.store, answer: () => answered() });
    await clock.advance(0);
    expect(after.get('soon').status).toBe('completed');
    expect(after.get('later').status).toBe('scheduled');
    await clock.advance(3_600_000);
    expect(after.get('later').status).toBe('completed');
  });

  test('goes on with a running job: who answered is not called again, who was being called is', async () => {
    const before = someJobs({ devices: ids(2_100) });
    before.create('j', { cloudToDeviceMethod: { methodName: 'm', connectTimeoutInSeconds: 2 } });
    await before.clock.advance(0);
    for (const call of before.called.slice(0, 40)) call.answer(answered(201));
    await before.clock.advance(0);
    before.jobs.stop();
    for (const call of before.called) call.answer(refuse('ServiceUnavailable', 'The hub is stopping.'));
    await before.clock.advance(1_000);

    const after = someJobs({ clock: before.clock, store: before.store, answer: () => answered(202) });
    expect(after.get('j')).toMatchObject({ status: 'running', deviceJobStatistics: { succeededCount: 40 } });
    await after.clock.advance(1_000);
    expect(after.called).toHaveLength(2_060);
    expect(after.get('j')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 2_100 } });
    const again = new Set(after.called.map(({ device }) => device));
    expect(before.called.slice(0, 40).some(({ device }) => again.has(device))).toBe(false);
    // They were cut off with the hub, so they get a while to come back.
    expect(after.called[0]?.body).toBe('{"methodName":"m","connectTimeoutInSeconds":2,"connectTimeoutInSeconds":30}');
  });

  test('ends a job whose time ran out meanwhile, and knows those that ended', async () => {
    const before = someJobs({ devices: ['a', 'b'] });
    before.create('done');
    await before.clock.advance(0);
    for (const call of before.called) call.answer();
    await before.clock.advance(0);
    before.create('late', { maxExecutionTimeInSeconds: 60 });
    await before.clock.advance(0);
    before.jobs.stop();
    const clock = new VirtualClock(before.clock.now() + 61_000);
    const after = someJobs({ clock, store: before.store });
    await clock.advance(0);
    expect(after.get('done')).toEqual(before.get('done'));
    expect(after.get('late')).toMatchObject({ status: 'failed', deviceJobStatistics: { failedCount: 2 } });
    expect(after.rows()).toHaveLength(4);
    expect(after.create('new')).toMatchObject({ status: 'queued' });
    expect(after.jobs.list(undefined, undefined)).toMatchObject([
      { jobId: 'new' },
      { jobId: 'late' },
      { jobId: 'done' },
    ]);
  });
});

describe('what is kept', () => {
  test('lists newest first, by type and status in any case', async () => {
    const { clock, create, jobs } = someJobs({ answer: () => answered() });
    create('method');
    create('twin', twinUpdate);
    await clock.advance(0);
    create('next', { startTime: '2026-02-01T00:00:00Z' });
    const names = (type?: string, status?: string) =>
      (jobs.list(type, status) as { jobId: string }[]).map(({ jobId }) => jobId);
    expect(names()).toEqual(['next', 'twin', 'method']);
    expect(names('ScheduleDeviceMethod')).toEqual(['next', 'method']);
    expect(names(undefined, 'Completed')).toEqual(['twin', 'method']);
    expect(names('export')).toEqual([]);
  });

  test('a job stays for 30 days after its end, its results with it', async () => {
    const store = openStore(undefined, 0);
    const { clock, create, jobs, rows } = someJobs({ store, answer: () => answered() });
    create('old');
    await clock.advance(30 * 86_400_000);
    expect(jobs.list(undefined, undefined)).toHaveLength(1);
    await clock.advance(1_000);
    create('new');
    expect(jobs.list(undefined, undefined)).toMatchObject([{ jobId: 'new' }]);
    expect(rows()).toEqual([]);
    expect(store.documents('device-job')).toEqual([]);
    expect(store.documents('job').map(({ id }) => id)).toEqual(['new']);
  });

  test('the oldest that ended go first when results are too many or too big', async () => {
    for (const history of [
      { ...jobHistory, results: 7 },
      { ...jobHistory, size: 900 },
    ]) {
      const { clock, create, jobs, rows } = someJobs({ history, answer: () => answered() });
      for (const id of ['a', 'b', 'c']) {
        create(id);
        await clock.advance(1);
      }
      expect(jobs.list(undefined, undefined)).toMatchObject([{ jobId: 'c' }, { jobId: 'b' }]);
      expect(rows()).toHaveLength(6);
    }
  });

  test('a store that takes nothing more ends the job with its words and not the hub', async () => {
    const store = openStore(undefined, 0);
    const { clock, create, get, facts } = someJobs({ store, answer: () => answered() });
    create('j');
    store.close();
    await clock.advance(0);
    expect(get('j')).toMatchObject({ status: 'failed', failureReason: expect.stringContaining('The hub failed: ') });
    expect(facts.of('job.changed').at(-1)?.status).toBe('failed');
    expect(clock.pending).toBe(0);
  });
});

test('an answer nested deeper than can be shown is kept as text, and a call that breaks fails for its device alone', async () => {
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  const { jobs, create, get, rows, clock } = someJobs({
    devices: ['deep', 'broken', 'good'],
    methods: {
      invoke: (device) =>
        device === 'broken'
          ? Promise.reject(new Error('no'))
          : Promise.resolve(answered(200, device === 'deep' ? deep : '1')),
    },
  });
  create('j');
  await clock.advance(1_000);
  expect(get('j')).toMatchObject({ status: 'completed', deviceJobStatistics: { succeededCount: 2, failedCount: 1 } });
  expect(rows().map(({ deviceId, status }) => [deviceId, status])).toEqual([
    ['deep', 'completed'],
    ['broken', 'failed'],
    ['good', 'completed'],
  ]);
  expect(rows()[0]).toMatchObject({ outcome: { deviceMethodResponse: { payload: deep } } });
  expect(rows()[1]).toMatchObject({ error: { code: 'ServerError' } });
  jobs.stop();
});

test('a job that the store ended counts no results it never had', async () => {
  const store = openStore(undefined, 0);
  const history = { age: 1_000, results: 3, size: 1e9 };
  const { clock, create, jobs } = someJobs({ store, history, answer: () => answered() });
  const kept = store.keepDocument.bind(store);
  const broken = vi.spyOn(store, 'keepDocument').mockImplementation((kind, id, json) => {
    if (kind === 'device-job') throw new Error('disk full');
    kept(kind, id, json);
  });
  create('a');
  await clock.advance(2_000);
  broken.mockRestore();
  for (const id of ['b', 'c']) {
    create(id);
    await clock.advance(1);
  }
  expect(jobs.list(undefined, undefined)).toMatchObject([{ jobId: 'c', status: 'completed' }]);
});
