// Acknowledgements of desired properties, as the hub gets them: which words, when, in which order, and after the device was away.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changesOf, join } from '../../../simulators/devices/acknowledging.ts';
import type { JsonObject } from '../../../simulators/devices/links/connection.ts';
import { merge } from '../../../simulators/devices/links/twin-json.ts';
import { type FaultHooks, noFaults } from '../../../simulators/vocabulary/passages.ts';
import { type AcknowledgeSpec, acknowledgeSchema } from '../../../simulators/vocabulary/specs.ts';
import { type ADevice, aDevice } from './a-device.ts';

const acknowledge = (spec: unknown): AcknowledgeSpec => acknowledgeSchema.parse(spec);

const aListener = (spec: unknown, twin?: unknown): ADevice => {
  const device = aDevice({ acknowledge: acknowledge(spec) });
  if (twin !== undefined) device.broker.twin = twin;
  return device;
};
const desire = ({ broker }: ADevice, patch: JsonObject, version: number): void =>
  broker.last.publish(`$iothub/twin/PATCH/properties/desired/?$version=${version}`, JSON.stringify(patch));
/** What it reported, in order. */
const reports = ({ broker }: ADevice): unknown[] =>
  broker.sessions.flatMap(({ published }) =>
    published.flatMap(({ topic, payload }) =>
      topic.startsWith('$iothub/twin/PATCH/properties/reported/') ? [JSON.parse(payload)] : [],
    ),
  );

test('never says nothing', async () => {
  const device = aListener({ how: 'never' });
  await device.online();
  desire(device, { rate: 5 }, 2);
  await device.clock.advance(60_000);
  expect(reports(device)).toEqual([]);
});

test('echo reports what came as it came; null deletes', async () => {
  const device = aListener({ how: 'echo' });
  await device.online();
  desire(device, { rate: 5, old: null }, 2);
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ rate: 5, old: null }]);
});

test('echo names no version, and is nothing to faults on versions', async () => {
  const asked: string[] = [];
  const faults: FaultHooks = { ...noFaults, at: (stage) => void asked.push(stage) as undefined };
  const device = aDevice({ acknowledge: acknowledge({ how: 'echo' }), faults });
  await device.online();
  desire(device, { rate: 5 }, 2);
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ rate: 5 }]);
  expect(asked).not.toContain('acknowledgement');
});

test('value wraps each property with code, description and version', async () => {
  const device = aListener({ how: 'value', code: 203, description: 'taken' });
  await device.online();
  desire(device, { rate: 5, limits: { high: 9 }, old: null }, 4);
  await device.clock.advance(1);
  const words = { ac: 203, ad: 'taken', av: 4 };
  expect(reports(device)).toEqual([
    { rate: { value: 5, ...words }, limits: { value: { high: 9 }, ...words }, old: null },
  ]);
});

test('the properties of a component are acknowledged inside it', async () => {
  const device = aListener({ how: 'value' });
  await device.online();
  desire(device, { heater: { __t: 'c', target: 21 } }, 2);
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ heater: { __t: 'c', target: { value: 21, ac: 200, av: 2 } } }]);
});

test('after a while, and a burst in one report with the newest version', async () => {
  const device = aListener({ how: 'value', after: 500 });
  await device.online();
  desire(device, { a: 1, b: { x: 1 } }, 2);
  await device.clock.advance(300);
  desire(device, { b: { y: 2 }, c: 3 }, 3);
  await device.clock.advance(199);
  expect(reports(device)).toEqual([]);
  await device.clock.advance(2);
  const words = { ac: 200, av: 3 };
  expect(reports(device)).toEqual([
    { a: { value: 1, ...words }, b: { value: { x: 1, y: 2 }, ...words }, c: { value: 3, ...words } },
  ]);
});

test('what comes while a report is under way is said in the next', async () => {
  const device = aListener({ how: 'echo' });
  await device.online();
  device.broker.reportStatus = undefined;
  desire(device, { a: 1 }, 2);
  await device.clock.advance(1);
  desire(device, { a: 2 }, 3);
  desire(device, { b: 1 }, 4);
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ a: 1 }]);
  device.broker.reportStatus = 204;
  const rid = /\$rid=(\w+)/.exec(device.broker.last.published.at(-1)?.topic ?? '')?.[1];
  device.broker.last.publish(`$iothub/twin/res/204/?$rid=${rid}&$version=2`);
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ a: 1 }, { a: 2, b: 1 }]);
});

test('a device that was away acknowledges what changed meanwhile, once', async () => {
  const device = aListener({ how: 'echo' }, { desired: { a: 1, b: 1, $version: 2 }, reported: { b: 1, $version: 1 } });
  await device.online();
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ a: 1 }]);
  device.broker.twin = { desired: { a: 1, c: 3, $version: 5 }, reported: { a: 1, b: 1, $version: 2 } };
  for (let time = 0; time < 2; time++) {
    device.device.reboot(100);
    await device.clock.advance(200);
  }
  expect(reports(device)).toEqual([{ a: 1 }, { b: null, c: 3 }]);
});

test('what it could not say before the link went is said after', async () => {
  const device = aListener({ how: 'echo', after: 100 });
  await device.online();
  desire(device, { a: 1 }, 2);
  await device.clock.advance(1);
  device.broker.twin = { desired: { a: 1, b: 2, $version: 3 }, reported: { $version: 1 } };
  device.device.reboot(1_000);
  await device.clock.advance(2_000);
  expect(reports(device)).toEqual([{ a: 1, b: 2 }]);
});

test('what the hub refuses is told and not said again', async () => {
  const device = aListener({ how: 'echo' });
  await device.online();
  device.broker.reportStatus = 400;
  desire(device, { a: 1 }, 2);
  await device.clock.advance(1);
  device.broker.reportStatus = 204;
  desire(device, { b: 1 }, 3);
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ a: 1 }, { b: 1 }]);
  expect(device.of('device.failed')[0]?.detail).toMatch(/^acknowledging desired properties: .*too deep/);
});

test('another policy speaks at once of all that was never said', async () => {
  const device = aListener({ how: 'never' }, { desired: { a: 1, $version: 3 }, reported: { $version: 1 } });
  await device.online();
  device.device.change({ ...device.settings, acknowledge: acknowledge({ how: 'value' }) });
  await device.clock.advance(1);
  expect(reports(device)).toEqual([{ a: { value: 1, ac: 200, av: 3 } }]);
});

test('an acknowledged value is no drift', async () => {
  const device = aListener({ how: 'value' });
  await device.online();
  desire(device, { a: 1 }, 2);
  await device.clock.advance(1);
  expect(device.of('twin.drifted').map(({ drift }) => drift)).toEqual([true, false]);
});

test('a device that was stopped leaves no timer behind', async () => {
  const device = aListener({ how: 'echo', after: 10_000 });
  await device.online();
  desire(device, { a: 1 }, 2);
  await device.clock.advance(1);
  device.device.stop();
  await device.clock.advance(1);
  expect(device.clock.pending).toBe(0);
});

const tree = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.constant(null),
    fc.dictionary(fc.constantFrom('x', 'y'), fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null))),
  ),
);

test('two patches joined do what both do, one after the other', () => {
  fc.assert(
    fc.property(tree, tree, tree, (twin, first, second) => {
      const joined = join(first, second);
      if (joined === undefined) return;
      const before = merge({}, twin);
      expect(merge(before, joined)).toEqual(merge(merge(before, first), second));
    }),
    { numRuns: 2_000 },
  );
});

test('what changed, merged into what was, is what is', () => {
  fc.assert(
    fc.property(tree, tree, (one, other) => {
      const [before, after] = [merge({}, one), merge({}, other)];
      const filled = (section: JsonObject): JsonObject =>
        Object.fromEntries(Object.entries(section).filter(([, value]) => JSON.stringify(value) !== '{}'));
      expect(filled(merge(before, changesOf(before, after)))).toEqual(filled(after));
    }),
    { numRuns: 2_000 },
  );
});
