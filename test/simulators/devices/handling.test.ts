// One request in a device's hands: a behaviour may throw, answer twice or not at all; one fact comes of it all the same.
import { expect, test } from 'vitest';
import type { DeviceActions, OnMethod } from '../../../simulators/devices/behaviours/behaviour.ts';
import { type Handler, Handling } from '../../../simulators/devices/handling.ts';
import type { Connection } from '../../../simulators/devices/links/connection.ts';
import type { FleetFact } from '../../../simulators/vocabulary/facts.ts';
import { deviceId, requestId } from '../../../simulators/vocabulary/ids.ts';
import { noFaults } from '../../../simulators/vocabulary/passages.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function aHandling() {
  const clock = new VirtualClock();
  const facts: FleetFact[] = [];
  const replies: string[] = [];
  let finished = 0;
  const handler: Handler = {
    id: deviceId('d'),
    clock,
    emit: (fact) => facts.push(fact),
    faults: noFaults,
    drop: () => {},
    reset: () => {},
    report: async () => {},
    reboot: () => {},
    execute: () => {},
    answered: () => {},
    twin: { desired: {}, desiredVersion: 0, reported: {}, reportedVersion: 0 },
    memory: {},
    status: { protocol: 'mqtt', uptime: 0, connects: 1, calls: 1, telemetryInterval: undefined },
    random: () => 0,
    setTelemetryInterval: () => {},
    lockUp: () => {},
    complain: (detail) => facts.push({ type: 'device.failed', at: 0, device: deviceId('d'), detail }),
    finished: () => {
      finished += 1;
    },
  };
  const connection = {
    reply: (_request, status, payload) => replies.push(`${status} ${payload}`),
  } satisfies Pick<Connection, 'reply'> as unknown as Connection;
  const handling = new Handling(handler, connection, { name: 'm', rid: requestId('1'), payload: '' });
  const outcomes = () => facts.flatMap((fact) => (fact.type === 'method.handled' ? [fact.outcome] : []));
  const complaints = () => facts.flatMap((fact) => (fact.type === 'device.failed' ? [fact.detail] : []));
  return { clock, handling, replies, outcomes, complaints, finished: () => finished };
}

test('a behaviour that throws is told and answers 500', async () => {
  const { handling, replies, outcomes, complaints, finished } = aHandling();
  await handling.run(async () => {
    throw new Error('no memory');
  });
  expect(replies).toEqual(['500 {"message":"no memory"}']);
  expect(outcomes()).toEqual(['answered']);
  expect(complaints()).toEqual(['method m: the behaviour failed: no memory']);
  expect(finished()).toBe(1);
});

test('a behaviour that throws at once, not even giving a promise, harms nobody', async () => {
  const { handling, replies } = aHandling();
  const broken = (() => {
    throw new TypeError('undefined is not a function');
  }) as OnMethod;
  await handling.run(broken);
  expect(replies).toHaveLength(1);
});

test('a behaviour that throws after its answer does not answer again', async () => {
  const { handling, replies, complaints } = aHandling();
  await handling.run(async (_request, device) => {
    await device.reply(200, null);
    throw new Error('late');
  });
  expect(replies).toEqual(['200 null']);
  expect(complaints()).toHaveLength(1);
});

test('a second answer is refused', async () => {
  const { handling, replies, complaints } = aHandling();
  await handling.run(async (_request, device) => {
    await device.reply(200, 1);
    await device.reply(200, 2);
  });
  expect(replies).toEqual(['200 1']);
  expect(complaints()).toEqual(['method m: the behaviour failed: a second reply to one request']);
});

test.each([1.5, -1, Number.NaN, 2 ** 31])('status %s is refused and 500 answered', async (status) => {
  const { handling, replies } = aHandling();
  await handling.run((_request, device) => device.reply(status, null));
  expect(replies).toHaveLength(1);
  expect(replies[0]).toMatch(/^500 .*expected a whole number from 0 to 2147483647/);
});

test('a behaviour that ends without an answer was silent', async () => {
  const { handling, outcomes } = aHandling();
  await handling.run(async () => {});
  expect(outcomes()).toEqual(['silent']);
});

test('undefined as payload sends an empty one', async () => {
  const { handling, replies } = aHandling();
  await handling.run((_request, device) => device.reply(200, undefined));
  expect(replies).toEqual(['200 ']);
});

test('what is abandoned stops where it waits, leaves no timer and is not a failure', async () => {
  const { clock, handling, replies, outcomes, complaints } = aHandling();
  const seen: string[] = [];
  let later: DeviceActions | undefined;
  const run = handling.run(async (_request, device) => {
    later = device;
    await device.wait(10_000);
    seen.push('went on');
  });
  await clock.advance(100);
  handling.abandon();
  await run;
  expect([seen, replies, outcomes(), complaints(), clock.pending]).toEqual([[], [], ['lost'], [], 0]);
  await expect(later?.reply(200, null)).rejects.toThrow();
});

test('a behaviour that waits at several places stops at all of them', async () => {
  const { clock, handling, outcomes } = aHandling();
  const ends: string[] = [];
  const run = handling.run(async (_request, device) => {
    const each = [10, 20, 30].map((ms) =>
      device.wait(ms).then(
        () => ends.push(`${ms} over`),
        (error: Error) => ends.push(`${ms} ${error.name}`),
      ),
    );
    await Promise.all(each);
  });
  await clock.advance(10);
  handling.abandon();
  await run;
  expect([ends, outcomes(), clock.pending]).toEqual([['10 over', '20 Abandoned', '30 Abandoned'], ['lost'], 0]);
});

test('a payload that is no JSON is the behaviour failing, not the device', async () => {
  const { handling, replies, complaints } = aHandling();
  const round: Record<string, unknown> = {};
  round.self = round;
  await handling.run((_request, device) => device.reply(200, round));
  expect(replies).toHaveLength(1);
  expect(replies[0]).toMatch(/^500 .*circular/i);
  expect(complaints()).toHaveLength(1);
});

test('times are told as the articles do: ISO in UTC, and local as Python prints it', async () => {
  const { clock, handling, replies } = aHandling();
  await clock.advance(7);
  await handling.run((_request, device) => device.reply(200, [device.isoNow(), device.localNow()]));
  const [iso, local] = JSON.parse(replies[0]?.slice(4) ?? '') as [string, string];
  expect(iso).toBe('2026-01-01T00:00:00.007Z');
  expect(local).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  // Without a zone a date-time text means local time, as it does in Python.
  expect(new Date(local.replace(' ', 'T')).getTime()).toBe(clock.now());
});
