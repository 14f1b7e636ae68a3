// What queries answer: shapes, names and item types of results, sorting, groups, pages, and whom a condition picks.
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../../simulators/vocabulary/service-errors.ts';
import { Asked } from './a-query.ts';

const fleet = () =>
  new Asked({
    a: { tags: { site: 'north', floor: 3 }, desired: { rate: 1 }, reported: { t: 20 } },
    b: { tags: { site: 'south', floor: 1 }, reported: { t: 22.5 } },
    c: { tags: { site: 'north', floor: 2 } },
    d: { tags: { site: { deep: 1 } }, reported: { t: 'hot' } },
    e: {},
    'a/x': { tags: { kind: 'camera' }, reported: { on: true } },
    'b/x': { tags: { kind: 'lamp' } },
    'b/$edgeAgent': {},
  });

describe('results', () => {
  test('* gives whole twins, of modules too', () => {
    const asked = fleet();
    expect(asked.page("SELECT * FROM devices WHERE deviceId = 'b'")).toEqual({
      items: [asked.twin('b')],
      itemType: 'Twin',
    });
    const modules = asked.page('select * from DEVICES.MODULES');
    expect(modules).toEqual({ items: ['a/x', 'b/$edgeAgent', 'b/x'].map((id) => asked.twin(id)), itemType: 'Twin' });
  });

  test('the twin of a module names both, has tags and nothing of its device alone', () => {
    const asked = fleet();
    expect(asked.twin('a/x')).toMatchObject({
      ...{ deviceId: 'a', moduleId: 'x', tags: { kind: 'camera' }, status: 'enabled', version: 3 },
      ...{ cloudToDeviceMessageCount: 3, authenticationType: 'sas', connectionState: 'Disconnected', modelId: '' },
      properties: { desired: { $version: 1 }, reported: { on: true, $version: 2 } },
    });
    for (const name of ['capabilities', 'deviceScope', 'parentScopes']) {
      expect(asked.twin('a/x')).not.toHaveProperty(name);
    }
    expect(asked.twin('a')).not.toHaveProperty('moduleId');
  });

  test.each([
    ["SELECT deviceId FROM devices.modules WHERE tags.kind = 'lamp'", [{ deviceId: 'b' }]],
    [
      "SELECT DEVICEID, ModuleID FROM devices.modules WHERE devices.modules.moduleId = 'x'",
      [
        { deviceId: 'a', moduleId: 'x' },
        { deviceId: 'b', moduleId: 'x' },
      ],
    ],
    [
      'SELECT tags.site, properties.reported.t AS degrees FROM devices',
      [
        { site: 'north', degrees: 20 },
        { site: 'south', degrees: 22.5 },
        { site: 'north' },
        { site: { deep: 1 }, degrees: 'hot' },
        {},
      ],
    ],
    ['SELECT TOP 2 deviceId AS __proto__ FROM devices', [{ ['__proto__']: 'a' }, { ['__proto__']: 'b' }]],
    [
      'SELECT properties.desired.rate, properties.desired.$version AS v FROM devices WHERE properties.desired.rate = 1',
      [{ rate: 1, v: 1 }],
    ],
    ['SELECT devices.Tags FROM devices WHERE devices.tags.floor = 1', [{ tags: { site: 'south', floor: 1 } }]],
    ['SELECT COUNT() AS n FROM devices', [{ n: 5 }]],
    ['SELECT count() FROM devices.modules', [{ count: 3 }]],
    ['SELECT COUNT() AS n, SUM(tags.floor) AS s FROM devices WHERE tags.floor > 99', [{ n: 0 }]],
    [
      'SELECT COUNT() AS n, AVG(tags.floor) AS a, SUM(tags.floor) AS s, MIN(tags.floor) AS l, MAX(tags.floor) AS h FROM devices',
      [{ n: 5, a: 2, s: 6, l: 1, h: 3 }],
    ],
    ['SELECT MIN(deviceId), MAX(properties.reported.t) FROM devices', [{ min: 'a', max: 22.5 }]],
    [
      'SELECT tags.site, COUNT() AS n FROM devices GROUP BY tags.site',
      [{ n: 2 }, { site: 'north', n: 2 }, { site: 'south', n: 1 }],
    ],
    [
      'SELECT COUNT() AS n, Tags.site AS place, AVG(tags.floor) AS f FROM devices GROUP BY tags.site ORDER BY n DESC',
      [{ n: 2 }, { n: 2, place: 'north', f: 2.5 }, { n: 1, place: 'south', f: 1 }],
    ],
    [
      'SELECT TOP 1 tags.site, COUNT() AS n FROM devices GROUP BY tags.site ORDER BY tags.site DESC',
      [{ site: 'south', n: 1 }],
    ],
    ['SELECT tags.site FROM devices WHERE tags.floor > 0 GROUP BY tags.site', [{ site: 'north' }, { site: 'south' }]],
    [
      'SELECT deviceId, tags.floor FROM devices ORDER BY tags.floor',
      [
        { deviceId: 'd' },
        { deviceId: 'e' },
        { deviceId: 'b', floor: 1 },
        { deviceId: 'c', floor: 2 },
        { deviceId: 'a', floor: 3 },
      ],
    ],
    ['SELECT TOP 2 deviceId FROM devices ORDER BY tags.floor DESC', [{ deviceId: 'a' }, { deviceId: 'c' }]],
    [
      'SELECT deviceId FROM devices WHERE IS_DEFINED(properties.reported.t) ORDER BY properties.reported.t ASC',
      [{ deviceId: 'a' }, { deviceId: 'b' }, { deviceId: 'd' }],
    ],
  ])('%s', (text, items) => {
    const page = fleet().page(text);
    expect(page).toEqual({ items, itemType: 'Raw' });
    // Members that are missing are left out, not written as undefined.
    expect(JSON.parse(JSON.stringify(page.items))).toEqual(items);
  });

  test('a condition sees the state of the moment', () => {
    const asked = fleet();
    const connected = "SELECT deviceId FROM devices WHERE connectionState = 'Connected'";
    expect(asked.items(connected)).toEqual([]);
    asked.connected.add('c');
    expect(asked.items(connected)).toEqual([{ deviceId: 'c' }]);
  });
});

describe('jobs', () => {
  const job = (jobId: string, device: string, status: string) => ({
    ...{ jobId, deviceId: device, jobType: 'scheduleDeviceMethod', status, createdDateTimeUtc: `2026-01-0${device}` },
    outcome: { deviceMethodResponse: { status: 200, payload: { ok: true } } },
  });
  const asked = new Asked();
  const rows = [job('j2', '1', 'completed'), job('j1', '2', 'failed'), job('j1', '1', 'completed')];
  asked.jobs.push(...rows);

  test.each([
    ['', [2, 1, 0]],
    ["WHERE devices.jobs.jobId = 'j1'", [2, 1]],
    ["WHERE jobId = 'j1' AND devices.jobs.STATUS = 'completed'", [2]],
    ["WHERE devices.jobs.createdTimeUtc >= '2026-01-02'", [1]],
    ['WHERE outcome.deviceMethodResponse.payload.ok', [2, 1, 0]],
    ['WHERE devices.jobs.outcome.deviceMethodResponse.status > 200', []],
    ['WHERE IS_DEFINED(error)', []],
    ['ORDER BY status DESC', [1, 2, 0]],
  ])('SELECT * FROM devices.jobs %s', (rest, places) => {
    expect(asked.page(`SELECT * FROM devices.jobs ${rest}`)).toEqual({
      items: places.map((place) => rows[place]),
      itemType: 'DeviceJob',
    });
  });

  test('pages follow the ids of job and device', () => {
    expect(asked.pages('SELECT * FROM devices.jobs', 2)).toEqual([[rows[2], rows[1]], [rows[0]]]);
  });
});

describe('pages', () => {
  const many = (count: number) =>
    new Asked(
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [
          `d${String(at).padStart(4, '0')}`,
          { tags: { n: at, third: at % 3 } },
        ]),
      ),
    );

  test('hold 100 results unless told, at most 1000, and the last says that it is the last', () => {
    const asked = many(1_101);
    const all = 'SELECT deviceId FROM devices';
    expect(asked.page(all).items).toHaveLength(100);
    expect(asked.page(all, 1_000).items).toHaveLength(1_000);
    expect(asked.page(all, 5_000).items).toHaveLength(1_000);
    expect(asked.pages(all, 550).map((page) => page.length)).toEqual([550, 550, 1]);
    expect(asked.pages(all, 1_101).map((page) => page.length)).toEqual([1_000, 101]);
    expect(asked.pages('SELECT TOP 250 * FROM devices', 100).map((page) => page.length)).toEqual([100, 100, 50]);
    expect(asked.pages('SELECT TOP 200 * FROM devices', 100).map((page) => page.length)).toEqual([100, 100]);
  });

  test.each(['0', '-1', '1.5', 'all', '1e-1'])('of %s results are refused', (size) => {
    expect(many(1).queries.run({ query: 'SELECT * FROM devices' }, size, undefined)).toMatchObject({
      name: 'ArgumentInvalid',
      message: `x-ms-max-item-count: '${size}' must be a whole number within [1; 1000].`,
    });
  });

  test.each([
    ['SELECT deviceId FROM devices', 7],
    ['SELECT deviceId FROM devices ORDER BY tags.n DESC', 7],
    ['SELECT deviceId FROM devices WHERE tags.third > 0 ORDER BY tags.third', 5],
    ['SELECT TOP 20 deviceId FROM devices ORDER BY tags.third DESC', 6],
    ['SELECT tags.n, COUNT() AS c FROM devices GROUP BY tags.n', 9],
    ['SELECT tags.n, COUNT() AS c FROM devices GROUP BY tags.n ORDER BY c', 9],
  ])('of %s together are the whole', (text, size) => {
    const asked = many(40);
    const pages = asked.pages(text, size);
    expect(pages.flat()).toEqual(asked.items(text));
    expect(pages.length).toBe(Math.ceil(asked.items(text).length / size));
  });

  test.each(['', 'ORDER BY tags.third', 'ORDER BY tags.third DESC'])(
    'neither double nor lose what stays while others come and go %s',
    (order) => {
      const asked = many(60);
      let gone = 0;
      const pages = asked.pages(`SELECT deviceId FROM devices WHERE tags.n < 1000 ${order}`, 10, (page) => {
        asked.remove(`d${String(page * 10 - 1).padStart(4, '0')}`);
        gone += 1;
        asked.add(`c${page}`, { tags: { n: 1, third: 1 } });
        asked.add(`e${page}`, { tags: { n: 1, third: 1 } });
      });
      const seen = pages.flat().map((item) => (item as { deviceId: string }).deviceId);
      expect(new Set(seen).size).toBe(seen.length);
      const stayed = Array.from({ length: 60 }, (_, at) => at).filter(
        (at) => (at + 1) % 10 !== 0 || at + 1 > gone * 10,
      );
      for (const at of stayed) expect(seen).toContain(`d${String(at).padStart(4, '0')}`);
    },
  );

  test('sort and group long texts, which no continuation could hold', () => {
    const long = 'ä'.repeat(2_000);
    const asked = new Asked({
      a: { tags: { t: `${long}1` } },
      b: { tags: { t: `${long}2` } },
      c: { tags: { t: `${long}1` } },
    });
    const sorted = asked.pages('SELECT deviceId FROM devices ORDER BY tags.t', 1).flat();
    expect(sorted).toHaveLength(3);
    expect(new Set(sorted.map((item) => JSON.stringify(item))).size).toBe(3);
    const groups = 'SELECT tags.t, COUNT() AS n FROM devices GROUP BY tags.t';
    expect(asked.pages(groups, 1).flat()).toEqual(asked.items(groups));
    expect(asked.items(groups)).toHaveLength(2);
    expect(asked.page(groups, 1).continuation?.length).toBeLessThan(2_000);
  });

  test('a continuation serves only the query it was given for', () => {
    const asked = many(3);
    const more = asked.page('SELECT * FROM devices', 1).continuation ?? '';
    expect(asked.page('  SELECT * FROM devices ', 5, more).items).toHaveLength(2);
    const digest = (JSON.parse(Buffer.from(more, 'base64').toString()) as string[])[0];
    const forged = [
      [digest, null, [4, 5], null],
      [digest, [9, 1], [4, 'a'], null],
      [digest, null, [4, 'a'], 0],
      [digest],
      5,
      null,
    ];
    for (const [query, token] of [
      ['SELECT deviceId FROM devices', more],
      ['SELECT * FROM devices', 'zzz'],
      ['SELECT * FROM devices', Buffer.from('"x"').toString('base64')],
      ...forged.map((value) => ['SELECT * FROM devices', Buffer.from(JSON.stringify(value)).toString('base64')]),
    ] as [string, string][]) {
      expect(asked.queries.run({ query }, undefined, token)).toMatchObject({
        name: 'ArgumentInvalid',
        message: 'x-ms-continuation: is not one that this hub gave for this query.',
      });
    }
  });
});

test.each([undefined, null, 5, 'SELECT * FROM devices', {}, { query: 5 }, { query: null }, []])(
  'the body %j is refused',
  (body) => {
    const outcome = fleet().queries.run(body, undefined, undefined);
    expect(outcome).toBeInstanceOf(Refusal);
    expect((outcome as Refusal).message).toContain('query: is missing');
  },
);

test.each([
  ['*', ['a', 'b', 'c', 'd', 'e']],
  ['', ['a', 'b', 'c', 'd', 'e']],
  ["tags.site = 'north'", ['a', 'c']],
  ["deviceId IN ['e', 'a', 'nobody']", ['a', 'e']],
  ['FROM devices', ['a', 'b', 'c', 'd', 'e']],
  ['FROM devices.modules', ['a/x', 'b/$edgeAgent', 'b/x']],
  ["FROM devices.modules WHERE devices.modules.moduleId = 'x'", ['a/x', 'b/x']],
  ["from devices.modules where tags.kind = 'lamp' and deviceId = 'b'", ['b/x']],
])('the condition %j picks %j', (condition, ids) => expect(fleet().select(condition)).toEqual(ids));

test.each([
  "SELECT * FROM devices WHERE tags.location.region = 'US' AND properties.reported.telemetryConfig.sendFrequencyInSecs >= 60",
  "SELECT * FROM devices WHERE tags.location.region = 'US'",
  "SELECT * FROM devices WHERE properties.reported.connectivity IN ['wired', 'wifi']",
  'SELECT * FROM devices WHERE is_defined(properties.reported.connectivity)',
  'SELECT properties.reported.telemetryConfig.status AS status, COUNT() AS numberOfDevices FROM devices GROUP BY properties.reported.telemetryConfig.status',
  "SELECT LastActivityTime FROM devices WHERE status = 'enabled'",
  'SELECT COUNT() as totalNumberOfDevices FROM devices',
  "Select * from devices.modules where properties.reported.status = 'scanning' and deviceId IN ['device1', 'device2']",
  'SELECT * FROM devices WHERE capabilities.iotEdge = true',
  'SELECT TOP 100 * FROM devices',
  "SELECT * FROM devices.jobs WHERE devices.jobs.deviceId = 'myDeviceId'",
  "SELECT * FROM devices.jobs WHERE devices.jobs.status = 'completed' AND devices.jobs.createdTimeUtc > '2016-09-01'",
  "SELECT deviceId FROM devices WHERE configurations.[[chiller-settings]].status = 'Applied'",
  "select deviceId from devices.modules where moduleId = '$edgeAgent' and properties.reported.lastDesiredVersion = properties.desired.$version",
  "SELECT * FROM devices WHERE properties.reported.$metadata.t.$lastUpdated < '2020-01-01T00:00:00.000Z'",
])('a query as services write them is answered: %s', (text) => {
  const asked = fleet();
  expect(asked.queries.check(text)).toBeUndefined();
  expect(asked.page(text).items).toBeInstanceOf(Array);
});
