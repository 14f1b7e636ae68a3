// Faults in words: what, to whom, when.
import { expect, test } from 'vitest';
import { draftOf, newDraft, specOf } from '../../renderer/faults/draft.ts';
import { kindsFor } from '../../renderer/faults/kinds.ts';
import { describeSettings, describeTarget, describeWhen, ordinal, titleOf } from '../../renderer/faults/words.ts';
import { faultPresets } from '../../simulators/vocabulary/fault-presets.ts';
import { faultKinds, faultSpecSchema, whenSchema } from '../../simulators/vocabulary/specs.ts';

const settings = (of: unknown) => faultSpecSchema.parse({ name: 'x', settings: of }).settings;
const on = (of: unknown) => faultSpecSchema.parse({ name: 'x', settings: { kind: 'reply.never' }, on: of }).on;

test.each([
  [{ kind: 'reply.never' }, ''],
  [{ kind: 'reply.delay', delay: { kind: 'fixed', ms: 300 } }, '300 ms'],
  [{ kind: 'hub.error' }, 'status 503'],
  [{ kind: 'hub.kick', at: 'connected', after: 4_000 }, 'at connected, after 4 s'],
  [{ kind: 'link.skewed-clock', by: -7_200_000 }, 'by −2 h 00 m'],
  [{ kind: 'reply.body', body: { a: 1 } }, 'body {"a":1}'],
  [
    { kind: 'link.flap', up: { kind: 'fixed', ms: 9_000 }, down: { kind: 'uniform', low: 100, high: 200 } },
    'up 9 s, down 100 ms to 200 ms',
  ],
  [{ kind: 'link.bandwidth', bytesPerSecond: 1_024 }, 'bytes per second 1,024, direction both'],
])('%j is said as %j', (of, words) => {
  expect(describeSettings(settings(of))).toBe(words);
});

test.each([
  [{}, 'all devices'],
  [{ fleet: 'demo', share: 0.07 }, '7% of fleet demo'],
  [{ tags: 'tags.floor = 3' }, 'all devices where tags.floor = 3'],
  [{ device: 'd-1' }, 'd-1'],
])('%j is said as %j', (of, words) => {
  expect(describeTarget(on(of))).toBe(words);
});

test.each([
  [{}, ''],
  [{ probability: 0.2, every: 3, first: 5 }, '20% of the time, every 3rd time, the first 5 times'],
  [{ from: 30_000, until: 120_000 }, 'from 30 s on, until 2 m 00 s'],
  [{ after: { event: 'called', method: 'reboot', lasting: 10_000 } }, 'for 10 s after reboot was called'],
  [{ after: { event: 'connected', delay: 500, lasting: 10_000 } }, 'for 10 s from 500 ms after it connected'],
])('%j is said as %j', (of, words) => {
  expect(describeWhen(whenSchema.parse(of))).toBe(words);
});

test('ordinals are English', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 113].map(ordinal).join(' ')).toBe(
    '1st 2nd 3rd 4th 11th 12th 13th 21st 102nd 113th',
  );
});

test('kinds are found by any word of them, in their families', () => {
  const all = kindsFor('').flatMap(({ kinds }) => kinds.map(({ kind }) => kind));
  expect(all).toEqual([...faultKinds]);
  expect(kindsFor('expired token').map(({ title, kinds }) => [title, kinds.map(({ kind }) => kind)])).toEqual([
    ['Link', ['link.skewed-clock', 'link.expired-token']],
  ]);
  expect(kindsFor('no such thing')).toEqual([]);
});

test('a preset opened in the form and sent again is the same fault', () => {
  for (const { faults } of faultPresets) {
    for (const fault of faults) {
      const spec = faultSpecSchema.parse({ ...fault, seed: 3, enabled: false });
      expect(faultSpecSchema.parse(specOf(draftOf(spec), spec.enabled))).toEqual(spec);
    }
  }
});

test('a new fault has a name that is free, and is for the device it was asked for', () => {
  const draft = newDraft('reply.never', 'd-1/camera', ['never', 'never-2']);
  expect(faultSpecSchema.parse(specOf(draft))).toMatchObject({
    name: 'never-3',
    on: { device: 'd-1/camera', share: 1 },
  });
  expect(titleOf('reply.never')).toBe('No reply');
});
