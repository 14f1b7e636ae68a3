// Behaviours as scripts over a recorded DeviceActions: what each does, in which order, and when.
import { expect, test } from 'vitest';
import { sleep } from '../../../simulators/clock/clock.ts';
import { type DeviceActions, JsonText } from '../../../simulators/devices/behaviours/behaviour.ts';
import { behaviourOf } from '../../../simulators/devices/behaviours/behaviours.ts';
import { TwinFailed } from '../../../simulators/devices/links/connection.ts';
import { deviceId, requestId } from '../../../simulators/vocabulary/ids.ts';
import { behaviourSchema, behaviourSchemas } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Plays one method and gives the lines of what the behaviour did, each with its time. */
async function played(spec: unknown, name: string, payload = '', changes: Partial<DeviceActions> = {}) {
  const clock = new VirtualClock(0);
  const lines: string[] = [];
  const note = (line: string) => lines.push(`${clock.now()} ${line}`);
  const device: DeviceActions = {
    id: deviceId('pump-1'),
    async reply(status, body) {
      note(`reply ${status} ${body instanceof JsonText ? body.text : JSON.stringify(body)}`);
    },
    async report(patch) {
      note(`report ${JSON.stringify(patch)}`);
    },
    reboot: (dark) => note(`reboot ${dark}`),
    wait: (ms) => sleep(clock, ms),
    complain: (detail) => note(`complain ${detail}`),
    random: () => 0.5,
    twin: { desired: {}, desiredVersion: 1, reported: {}, reportedVersion: 1 },
    memory: {},
    status: { protocol: 'amqp', uptime: 65_400, connects: 2, calls: 7, telemetryInterval: undefined },
    setTelemetryInterval: (interval) => note(`telemetry ${interval}`),
    lockUp: () => note('locked up'),
    isoNow: () => new Date(clock.now()).toISOString(),
    localNow: () => '2026-11-21 15:00:00.000000',
    ...changes,
  };
  const done = behaviourOf(behaviourSchema.parse(spec)).onMethod({ name, rid: requestId('1'), payload }, device);
  await clock.advance(60_000);
  await done;
  return lines;
}

test.each(behaviourSchemas)('what a behaviour knows is what its schema says it knows (%#)', (schema) => {
  const kind = (schema as (typeof behaviourSchema.options)[number]).shape.kind.value;
  const more = { module: { file: '/nowhere.mjs' }, several: { of: [{ kind: 'echo' }] } }[kind as string] ?? {};
  const { methods = 'any' } = behaviourOf(behaviourSchema.parse({ kind, ...more }));
  expect(methods).toEqual(schema.meta()?.methods);
});

test('reboot answers first, then reports, then reboots', async () => {
  expect(await played({ kind: 'reboot', dark: 3_000 }, 'reboot', 'null')).toEqual([
    '0 reply 200 "Reboot started"',
    '0 report {"iothubDM":{"reboot":{"lastReboot":"1970-01-01T00:00:00.000Z"}}}',
    '0 reboot 3000',
  ]);
});

test('reboot goes on when the report is refused, and says so', async () => {
  const report = () => Promise.reject(new TwinFailed('refused with 429'));
  expect(await played({ kind: 'reboot' }, 'reboot', '', { report })).toEqual([
    '0 reply 200 "Reboot started"',
    '0 complain refused with 429',
    '0 reboot 5000',
  ]);
});

test('reboot waits until its reply has left', async () => {
  const clock = new VirtualClock(0);
  const order: string[] = [];
  const reply = () => sleep(clock, 800);
  const done = played({ kind: 'reboot' }, 'reboot', '', { reply, reboot: () => order.push('reboot') });
  await clock.advance(799);
  expect(order).toEqual([]);
  await clock.advance(1);
  await done;
  expect(order).toEqual(['reboot']);
});

test('rebootDevice works 20 s, reports, answers, and only then goes dark', async () => {
  expect(await played({ kind: 'rebootDevice' }, 'rebootDevice', '"{}"')).toEqual([
    '20000 report {"rebootTime":"2026-11-21 15:00:00.000000"}',
    '20000 reply 200 {"Response":"This is the response from the device"}',
    '20000 reboot 5000',
  ]);
});

test('rebootDevice with no dark time only pretends, as the article does', async () => {
  const lines = await played({ kind: 'rebootDevice', work: 10, dark: 0 }, 'rebootDevice');
  expect(lines.at(-1)).toBe('10 reply 200 {"Response":"This is the response from the device"}');
});

test('the .NET device answers at once, reports nothing, and goes dark', async () => {
  expect(await played({ kind: 'rebootDotnet' }, 'reboot')).toEqual([
    '0 reply 200 {"result":"Reboot started."}',
    '0 reboot 5000',
  ]);
});

test('the Java device gives every payload back, and goes dark on reboot alone', async () => {
  expect(await played({ kind: 'rebootJava' }, 'reboot', '"Test payload"')).toEqual([
    '0 reply 200 "Test payload"',
    '0 reboot 5000',
  ]);
  expect(await played({ kind: 'rebootJava' }, 'fly', '1')).toEqual(['0 reply 200 1']);
});

test('dark of 0 only pretends to reboot, as both articles do', async () => {
  expect(await played({ kind: 'rebootDotnet', dark: 0 }, 'reboot')).toHaveLength(1);
  expect(await played({ kind: 'rebootJava', dark: 0 }, 'reboot')).toHaveLength(1);
});

test('getStatus tells uptime, firmware, link and how often it was called', async () => {
  const memory = { firmware: { version: '1.2.0', update: null } };
  const [reply] = await played({ kind: 'getStatus' }, 'getStatus', '', { memory });
  expect(JSON.parse(reply?.slice('0 reply 200 '.length) ?? '')).toEqual({
    ...{ deviceId: 'pump-1', time: '1970-01-01T00:00:00.000Z', uptimeSeconds: 65, calls: 7 },
    firmware: { version: '1.2.0', update: null },
    link: { protocol: 'amqp', connects: 2 },
    telemetryIntervalSeconds: null,
  });
});

test('setTelemetryInterval takes seconds', async () => {
  expect(await played({ kind: 'setTelemetryInterval' }, 'setTelemetryInterval', '2.5')).toEqual([
    '0 telemetry 2500',
    '0 reply 200 {"telemetryIntervalSeconds":2.5}',
  ]);
});

test.each(['', 'null', '"10"', '0.01', '86401', '{"seconds":10}'])(
  'setTelemetryInterval answers 400 to %j and changes nothing',
  async (payload) => {
    expect(await played({ kind: 'setTelemetryInterval' }, 'setTelemetryInterval', payload)).toEqual([
      '0 reply 400 {"message":"The payload is a number of seconds from 0.1 to 86400, such as 10."}',
    ]);
  },
);

test('lockup locks the device up and answers nothing', async () => {
  expect(await played({ kind: 'lockup' }, 'lockup')).toEqual(['0 locked up']);
});

test('several gives each method to the first that knows it', async () => {
  const spec = { kind: 'several', of: [{ kind: 'rebootDotnet' }, { kind: 'reboot' }, { kind: 'getStatus' }] };
  const behaviour = behaviourOf(behaviourSchema.parse(spec));
  expect(behaviour.methods).toEqual(['reboot', 'getStatus']);
  expect((await played(spec, 'reboot'))[0]).toBe('0 reply 200 {"result":"Reboot started."}');
  expect((await played(spec, 'getStatus'))[0]).toContain('uptimeSeconds');
});

test('several knows every method when one of them does', async () => {
  const spec = { kind: 'several', of: [{ kind: 'reboot' }, { kind: 'echo' }] };
  expect(behaviourOf(behaviourSchema.parse(spec)).methods).toBeUndefined();
  expect(await played(spec, 'fly', '1')).toEqual(['0 reply 200 1']);
});

test('echo gives back the very text, also none at all', async () => {
  expect(await played({ kind: 'echo' }, 'x', '{"a": 1.0,"a":2}')).toEqual(['0 reply 200 {"a": 1.0,"a":2}']);
  expect(await played({ kind: 'echo' }, 'x', '')).toEqual(['0 reply 200 ']);
});

test('one spec object makes one behaviour for the whole fleet', () => {
  const spec = behaviourSchema.parse({ kind: 'reboot' });
  expect(behaviourOf(spec)).toBe(behaviourOf(spec));
});
