// The desk: what a person asks of a hub beside calling methods. Against an invoker of the test's, then against a whole lab.
import { describe, expect, test } from 'vitest';
import type { Invoker, ServiceAnswer } from '../../../simulators/invoker/invoker.ts';
import { Jobs, jobView } from '../../../simulators/lab/desk-jobs.ts';
import { Queries } from '../../../simulators/lab/desk-queries.ts';
import { Reading } from '../../../simulators/lab/desk-reading.ts';
import { LabError } from '../../../simulators/vocabulary/errors.ts';
import { deviceId } from '../../../simulators/vocabulary/ids.ts';
import { seconds } from '../../../simulators/vocabulary/units.ts';
import { addFleet, aLab, allOnline, until } from '../../support/a-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const settled = () => new Promise(setImmediate);
const asInvoker = (parts: Partial<Invoker>): Invoker => parts as Invoker;
const page = (rows: readonly object[], rest: Partial<ServiceAnswer> = {}): ServiceAnswer => ({
  status: 200,
  body: JSON.stringify(rows),
  ...rest,
});
const refusedWith = (message: string): ServiceAnswer => ({
  status: 400,
  body: '',
  problem: { name: 'ArgumentInvalid', message },
});

describe('a reading', () => {
  const aReading = (again?: number) => {
    const clock = new VirtualClock();
    let read = 0;
    let trouble: Error | undefined;
    const reading = new Reading(
      clock,
      async () => {
        read += 1;
        if (trouble) throw trouble;
        return read;
      },
      () => again,
    );
    return { clock, reading, count: () => read, fail: (error?: Error) => (trouble = error) };
  };

  test('reads once, and again only when something changed', async () => {
    const { reading, count, clock } = aReading();
    expect(reading.look()).toEqual({});
    await settled();
    expect(reading.look()).toEqual({ value: 1 });
    await clock.advance(seconds(60));
    reading.look();
    await settled();
    expect(count()).toBe(1);
    reading.changed();
    reading.look();
    await settled();
    expect(reading.look()).toEqual({ value: 2 });
  });

  test('asks nothing while nobody looks, however often it changes', async () => {
    const { reading, count, clock } = aReading(500);
    for (let at = 0; at < 10; at += 1) {
      reading.changed();
      await clock.advance(seconds(1));
    }
    expect(count()).toBe(0);
  });

  test('looks again by itself no sooner than it was told', async () => {
    const { reading, count, clock } = aReading(500);
    reading.look();
    await settled();
    await clock.advance(400);
    reading.look();
    await settled();
    expect(count()).toBe(1);
    await clock.advance(100);
    reading.look();
    await settled();
    expect(count()).toBe(2);
  });

  test('keeps the last value beside the trouble and leaves the hub alone for five seconds, or until the user acts', async () => {
    const { reading, count, clock, fail } = aReading();
    reading.look();
    await settled();
    fail(new Error('too many requests'));
    reading.changed();
    reading.look();
    await settled();
    expect(reading.look()).toEqual({ value: 1, problem: 'too many requests' });
    await clock.advance(seconds(4));
    reading.look();
    await settled();
    expect(count()).toBe(2);
    fail();
    reading.changed(true);
    reading.look();
    await settled();
    expect(reading.look()).toEqual({ value: 3 });
  });
});

describe('queries', () => {
  test('a mistake comes back with its place and without the lines that show it', async () => {
    const message = 'query, line 2, column 7: Expected a value.\nWHERE =\n      ^';
    const queries = new Queries(new VirtualClock(), asInvoker({ query: async () => refusedWith(message) }));
    expect(await queries.run({ text: 'SELECT *\nWHERE =', size: 100 })).toMatchObject({
      rows: [],
      problem: { message: 'Expected a value.', place: { line: 2, column: 7 } },
    });
  });

  test.each([
    ['*', 'SELECT COUNT() AS picked FROM devices'],
    ['', 'SELECT COUNT() AS picked FROM devices'],
    ["tags.site = 'north'", "SELECT COUNT() AS picked FROM devices WHERE tags.site = 'north'"],
    ['FROM devices.modules', 'SELECT COUNT() AS picked FROM devices.modules'],
  ])('the condition %o is counted with %o', async (condition, asked) => {
    const texts: string[] = [];
    const query = async (text: string) => {
      texts.push(text);
      return page([{ picked: 7 }]);
    };
    expect(await new Queries(new VirtualClock(), asInvoker({ query })).count(condition)).toEqual({ count: 7 });
    expect(texts).toEqual([asked]);
  });

  test('the place of a mistake in a condition is a place of the condition', async () => {
    const before = 'SELECT COUNT() AS picked FROM devices WHERE '.length;
    const query = async () => refusedWith(`query, line 1, column ${before + 4}: Expected a comparison.`);
    expect(await new Queries(new VirtualClock(), asInvoker({ query })).count('tag')).toEqual({
      problem: { message: 'Expected a comparison.', place: { line: 1, column: 4 } },
    });
  });

  test('results without device ids name no devices', async () => {
    async function* queryPages() {
      yield page([{ total: 3 }]);
    }
    await expect(new Queries(new VirtualClock(), asInvoker({ queryPages })).devices('...')).rejects.toThrow(
      /no deviceId/,
    );
  });
});

describe('jobs', () => {
  const running = {
    jobId: 'j',
    type: 'scheduleUpdateTwin',
    status: 'running',
    updateTwin: { etag: '*', tags: { site: 'x' }, properties: { desired: { interval: 5 } } },
  };

  test('a twin update is named by the paths it sets', () => {
    expect(jobView(running)).toMatchObject({ type: 'twin', what: 'tags.site, desired.interval', status: 'running' });
  });

  test('the list is read again every half second while a job runs and somebody looks, and then no more', async () => {
    const clock = new VirtualClock();
    let status = 'running';
    let asked = 0;
    const listJobs = async () => {
      asked += 1;
      return page([{ ...running, status }]);
    };
    const jobs = new Jobs({ clock, invoker: asInvoker({ listJobs }), remote: undefined });
    jobs.list();
    await settled();
    for (let at = 0; at < 4; at += 1) {
      await clock.advance(250);
      jobs.list();
      await settled();
    }
    expect(asked).toBe(3);
    status = 'completed';
    jobs.record({ type: 'job.changed', at: clock.now(), job: 'j', status: 'completed' });
    jobs.list();
    await settled();
    await clock.advance(seconds(10));
    expect(jobs.list().jobs?.[0]?.status).toBe('completed');
    await settled();
    expect(asked).toBe(4);
  });
});

test('on a hub of somebody else a job waits for a confirmation, and only devices that are run here are a target', async () => {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const scheduleJob = async (id: string) => {
    asked.push(id);
    return page([]);
  };
  const jobs = new Jobs({ clock, invoker: asInvoker({ scheduleJob }), remote: 'theirs.example' });
  const job = { id: 'j', action: { method: { method: 'ping' } }, condition: '*', maxSeconds: 60 } as const;
  await expect(jobs.create(job)).rejects.toMatchObject({ code: 'remote.unconfirmed' });
  expect(asked).toEqual([]);
  expect(await jobs.create({ ...job, confirmRemote: true })).toEqual({ job: 'j' });

  async function* queryPages(text: string) {
    yield page(text === 'both' ? [{ deviceId: 'ours' }, { deviceId: 'theirs' }] : [{ deviceId: 'theirs' }]);
  }
  const remote = { hostName: 'theirs.example', runs: (device: string) => device === 'ours' };
  const queries = new Queries(clock, asInvoker({ queryPages }), remote);
  expect(await queries.devices('both')).toEqual({ devices: ['ours'], more: false });
  await expect(queries.devices('strangers')).rejects.toThrow(
    /1 devices on theirs.example, and none of them is run here/,
  );
});

test('under the limits of a tier a running job is looked at every ten seconds only', async () => {
  const clock = new VirtualClock();
  let asked = 0;
  const listJobs = async () => {
    asked += 1;
    return page([{ jobId: 'j', type: 'scheduleUpdateTwin', status: 'running' }]);
  };
  const jobs = new Jobs({ clock, invoker: asInvoker({ listJobs }), remote: undefined, limited: () => true });
  for (let at = 0; at < 40; at += 1) {
    jobs.list();
    await settled();
    await clock.advance(500);
  }
  expect(asked).toBe(2);
});

describe('a lab', () => {
  const pumps = (lab: Awaited<ReturnType<typeof aLab>>, count: number) =>
    addFleet(lab, { name: 'pumps', count, id: 'pump-{index}', behaviour: { kind: 'echo' }, tags: { site: 'north' } });

  test('finds devices a page at a time, and all of them as a target', async () => {
    const lab = await aLab();
    await pumps(lab, 5);
    const { queries } = lab.desk.of();
    const first = await queries.run({ text: "SELECT deviceId FROM devices WHERE tags.site = 'north'", size: 3 });
    expect(first).toMatchObject({ rows: [{}, {}, {}] });
    const rest = await queries.run({
      text: "SELECT deviceId FROM devices WHERE tags.site = 'north'",
      size: 3,
      continuation: first.continuation,
    });
    expect(rest.rows).toHaveLength(2);
    expect(rest.continuation).toBeUndefined();
    const all = await queries.devices('SELECT * FROM devices');
    expect(all.devices).toEqual([1, 2, 3, 4, 5].map((number) => `pump-${number}`));
    expect((await queries.run({ text: 'SELECT * FROM devices', size: 1 })).itemType).toBe('Twin');
    expect(await queries.run({ text: 'SELECT * FROM device', size: 1 })).toMatchObject({
      problem: { place: { line: 1, column: 15 } },
    });
    expect(await queries.count("tags.site = 'south'")).toEqual({ count: 0 });
    expect(await queries.count('*')).toEqual({ count: 5 });
  });

  test('a job is made, watched to its end and shown device by device', async () => {
    const lab = await aLab();
    await pumps(lab, 4);
    await allOnline(lab, 4);
    const { jobs } = lab.desk.of();
    jobs.list();
    const { job } = await jobs.create({
      action: { method: { method: 'ping', payload: '{"n":1}' } },
      condition: "deviceId IN ['pump-1', 'pump-2']",
      maxSeconds: 60,
    });
    const done = await until(
      () => jobs.list().jobs?.find((each) => each.id === job && each.status === 'completed'),
      () => jobs.list(),
    );
    expect(done).toMatchObject({ type: 'method', what: 'ping', counts: { devices: 2, succeeded: 2, failed: 0 } });
    const detail = await until(() => {
      const view = jobs.detail(job);
      return view.devices.length === 2 && view;
    });
    expect(detail.devices).toMatchObject([
      { device: 'pump-1', status: 'completed', deviceStatus: 200, payload: '{"n":1}' },
      { device: 'pump-2', status: 'completed' },
    ]);
    await expect(jobs.cancel('no-such-job')).rejects.toThrow(LabError);
    await expect(
      jobs.create({ action: { method: { method: 'ping' } }, condition: 'tags.', maxSeconds: 60 }),
    ).rejects.toThrow(/line 1, column 6/);
  });

  test('a hub that no fleet lives on is not known', async () => {
    const lab = await aLab();
    expect(() => lab.desk.of('somewhere.example')).toThrow(/no fleet lives on 'somewhere.example'/);
  });

  test('messages are queued for a device that is away, counted, purged; an unknown device is named', async () => {
    const lab = await aLab();
    await pumps(lab, 2);
    await allOnline(lab, 2);
    const [away, here] = [deviceId('pump-1'), deviceId('pump-2')];
    const { messages } = lab.desk;
    lab.stopDevices([away]);
    await allOnline(lab, 1);
    const message = {
      body: '{"on":true}',
      contentType: 'application/json',
      ack: 'none',
      properties: { a: 'b' },
    } as const;
    expect(await messages.send({ ...message, devices: [away, here, deviceId('nobody')] })).toMatchObject({
      sent: 2,
      refused: 1,
      reasons: [{ device: 'nobody', message: expect.stringMatching(/DeviceNotFound/) }],
    });
    await until(
      () => messages.view(away).waiting === 1,
      () => messages.view(away),
    );
    const row = await until(() =>
      lab.views.traffic({ device: away, filter: 'kind:c2d', limit: 10 }).rows.find(({ pending }) => pending),
    );
    expect(lab.trafficDetail(row.id)).toMatchObject({ properties: { a: 'b' }, request: { text: '{"on":true}' } });
    expect(await messages.purge(away)).toBe(1);
    await until(
      () => messages.view(away).waiting === 0,
      () => messages.view(away),
    );
  });
});
