// Behaviours as scripts over a recorded DeviceActions: what each does, in which order, and when.
import { expect, test } from 'vitest';
import { sleep } from '../../../simulators/clock/clock.ts';
import { type DeviceActions, JsonText } from '../../../simulators/devices/behaviours/behaviour.ts';
import { behaviourOf } from '../../../simulators/devices/behaviours/behaviours.ts';
import { TwinFailed } from '../../../simulators/devices/links/connection.ts';
import { requestId } from '../../../simulators/vocabulary/ids.ts';
import { behaviourSchema } from '../../../simulators/vocabulary/specs.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Plays one method and gives the lines of what the behaviour did, each with its time. */
async function played(spec: unknown, name: string, payload = '', changes: Partial<DeviceActions> = {}) {
  const clock = new VirtualClock(0);
  const lines: string[] = [];
  const note = (line: string) => lines.push(`${clock.now()} ${line}`);
  const device: DeviceActions = {
    async reply(status, body) {
      note(`reply ${status} ${body instanceof JsonText ? body.text : JSON.stringify(body)}`);
    },
    async report(patch) {
      note(`report ${JSON.stringify(patch)}`);
    },
    reboot: (dark) => note(`reboot ${dark}`),
    wait: (ms) => sleep(clock, ms),
    complain: (detail) => note(`complain ${detail}`),
    isoNow: () => new Date(clock.now()).toISOString(),
    localNow: () => '2026-11-21 15:00:00.000000',
    ...changes,
  };
  const done = behaviourOf(behaviourSchema.parse(spec))({ name, rid: requestId('1'), payload }, device);
  await clock.advance(60_000);
  await done;
  return lines;
}

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

test('reboot names what it knows when asked for anything else', async () => {
  expect(await played({ kind: 'reboot' }, 'fly')).toEqual([
    '0 reply 404 {"message":"Unknown method fly","methods":["reboot"]}',
  ]);
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

test('rebootDevice knows no other method', async () => {
  expect(await played({ kind: 'rebootDevice' }, 'reboot')).toEqual(['0 reply 404 {"Response":"Unknown method"}']);
});

test('echo gives back the very text, also none at all', async () => {
  expect(await played({ kind: 'echo' }, 'x', '{"a": 1.0,"a":2}')).toEqual(['0 reply 200 {"a": 1.0,"a":2}']);
  expect(await played({ kind: 'echo' }, 'x', '')).toEqual(['0 reply 200 ']);
});

test('one spec object makes one behaviour for the whole fleet', () => {
  const spec = behaviourSchema.parse({ kind: 'reboot' });
  expect(behaviourOf(spec)).toBe(behaviourOf(spec));
});
