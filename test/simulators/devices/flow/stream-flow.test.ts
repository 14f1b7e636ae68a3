// Gates and silence in a live stream in memory: order, nesting, undo, back-pressure, end and destruction.
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flowOf } from '../../../../simulators/devices/flow/stream-flow.ts';
import { duplexPair } from '../../../support/duplex-pair.ts';
import { holding, quiet } from './gates.ts';

/** What a stream gets, as text, and its end. */
function hear(stream: Duplex): { text: string; ended: boolean; closed: boolean } {
  const heard = { text: '', ended: false, closed: false };
  stream.on('data', (bytes: Buffer) => {
    heard.text += bytes.toString('latin1');
  });
  stream.on('end', () => {
    heard.ended = true;
  });
  stream.on('close', () => {
    heard.closed = true;
  });
  return heard;
}

function aStream() {
  const [device, hub] = duplexPair();
  return { device, hub, flow: flowOf(device), atHub: hear(hub), atDevice: hear(device) };
}

test('a stream has one flow', () => {
  const { device, flow } = aStream();
  expect(flowOf(device)).toBe(flow);
});

test('gates hold what goes up and what comes down, each direction by itself', async () => {
  const { device, hub, flow, atHub, atDevice } = aStream();
  const [up, down] = [holding(), holding()];
  flow.tap({ up: up.gate, down: down.gate });
  device.write('question');
  hub.write('news');
  await quiet();
  expect([up.sizes, down.sizes, atHub.text, atDevice.text]).toEqual([[8], [4], '', '']);
  up.release();
  await quiet();
  expect([atHub.text, atDevice.text]).toEqual(['question', '']);
  down.release();
  await quiet();
  expect(atDevice.text).toBe('news');
});

test('the gate that was put first is nearest to the wire', async () => {
  const { device, hub, flow } = aStream();
  const seen: string[] = [];
  const noting = (name: string) => ({
    up: (_bytes: number, go: () => void) => {
      seen.push(`up ${name}`);
      go();
    },
    down: (_bytes: number, go: () => void) => {
      seen.push(`down ${name}`);
      go();
    },
  });
  flow.tap(noting('first'));
  flow.tap(noting('second'));
  device.write('x');
  await quiet();
  hub.write('y');
  await quiet();
  expect(seen).toEqual(['up second', 'up first', 'down first', 'down second']);
});

test('a writer is told at once while there is room, so that pieces wait side by side', async () => {
  const { device, flow } = aStream();
  const { gate, sizes } = holding();
  flow.tap({ up: gate });
  for (const text of ['a', 'bc', 'def']) {
    device.write(text);
    await quiet();
  }
  expect(sizes).toEqual([1, 2, 3]);
});

test('a writer waits once 64 KiB are held, and goes on when they have left', async () => {
  const { device, flow, atHub } = aStream();
  const { gate, sizes, release } = holding();
  flow.tap({ up: gate });
  const taken: string[] = [];
  device.write(Buffer.alloc(60 * 1_024), () => taken.push('first'));
  device.write(Buffer.alloc(10 * 1_024), () => taken.push('second'));
  device.write('third', () => taken.push('third'));
  await quiet();
  expect([taken, sizes]).toEqual([['first'], [61_440, 10_240]]);
  release();
  await quiet();
  expect([taken, sizes]).toEqual([
    ['first', 'second', 'third'],
    [61_440, 10_240, 5],
  ]);
  release(2);
  await quiet();
  expect(atHub.text).toHaveLength(71_685);
});

test('the hub has to wait while more than 64 KiB are held on their way down, and all of it arrives', async () => {
  const { hub, flow, atDevice } = aStream();
  const { gate, sizes, release } = holding();
  flow.tap({ down: gate });
  const taken: number[] = [];
  for (let piece = 0; piece < 10; piece++) hub.write(Buffer.alloc(10 * 1_024), () => taken.push(piece));
  await quiet();
  expect(taken.length).toBeLessThan(10);
  for (let turn = 0; turn < 10; turn++) {
    release();
    await quiet();
  }
  expect([taken.length, sizes.length, atDevice.text.length]).toEqual([10, 10, 102_400]);
});

test('a reader that pauses gets nothing until it goes on', async () => {
  const { device, hub, flow, atDevice } = aStream();
  const { gate, release } = holding();
  flow.tap({ down: gate });
  device.pause();
  hub.write('news');
  await quiet();
  release();
  await quiet();
  expect(atDevice.text).toBe('');
  device.resume();
  await quiet();
  expect(atDevice.text).toBe('news');
});

test('ends stay behind the bytes ahead of them, both ways', async () => {
  const { device, hub, flow, atHub, atDevice } = aStream();
  const [up, down] = [holding(), holding()];
  flow.tap({ up: up.gate, down: down.gate });
  hub.end('last words');
  device.end('mine');
  await quiet();
  expect([atHub.ended, atDevice.ended]).toEqual([false, false]);
  up.release();
  down.release();
  await quiet();
  expect([atHub.text, atDevice.text, atHub.ended, atDevice.ended]).toEqual(['mine', 'last words', false, false]);
  up.release();
  down.release();
  await quiet();
  expect([atHub.ended, atDevice.ended]).toEqual([true, true]);
});

test('taking the gates out lets everything go in order, and puts the stream back as it was', async () => {
  const { device, flow, atHub } = aStream();
  const { _write, push } = device as unknown as { _write: unknown; push: unknown };
  const [first, second] = [holding(), holding()];
  const undoFirst = flow.tap({ up: first.gate });
  const undoSecond = flow.tap({ up: second.gate });
  device.write('a');
  await quiet();
  second.release();
  device.write('b');
  await quiet();
  undoFirst();
  device.write('c');
  await quiet();
  expect(atHub.text).toBe('a');
  undoSecond();
  device.write('d');
  await quiet();
  expect(atHub.text).toBe('abcd');
  expect(device).toMatchObject({ _write, push });
});

test('what was corked together is one piece, texts and bytes alike', async () => {
  const { device, flow, atHub } = aStream();
  const { gate, sizes, release } = holding();
  flow.tap({ up: gate });
  device.cork();
  device.write('ab');
  device.write(Buffer.from('cd'));
  device.write('6566', 'hex');
  device.uncork();
  await quiet();
  expect(sizes).toEqual([6]);
  release();
  await quiet();
  expect(atHub.text).toBe('abcdef');
});

test('destroying the stream drops what is held, and late words of its gates change nothing', async () => {
  const { device, hub, flow, atHub, atDevice } = aStream();
  const [up, down] = [holding(), holding()];
  const undo = flow.tap({ up: up.gate, down: down.gate });
  device.write('lost');
  hub.write('lost too');
  await quiet();
  device.destroy();
  up.release();
  down.release();
  undo();
  await quiet();
  expect([atHub, atDevice]).toEqual([
    { text: '', ended: true, closed: true },
    { text: '', ended: false, closed: true },
  ]);
});

test('a writer that had to wait is told when the stream is destroyed', async () => {
  const { device, flow } = aStream();
  flow.tap({ up: holding().gate });
  device.on('error', () => {});
  const told = new Promise((resolve) => device.write(Buffer.alloc(100_000), resolve));
  await quiet();
  device.destroy(new Error('enough'));
  expect(await told).toEqual(new Error('enough'));
});

test('a stream that cannot write any more is destroyed with its error, although its writer was told long ago', async () => {
  const { device, flow } = aStream();
  const { gate, release } = holding();
  const failed = new Promise((resolve) => device.once('error', resolve));
  (device as unknown as { _write: unknown })._write = (_bytes: unknown, _encoding: unknown, done: (e: Error) => void) =>
    done(new Error('broken pipe'));
  flow.tap({ up: gate });
  device.write('x');
  await quiet();
  release();
  expect(await failed).toEqual(new Error('broken pipe'));
});

test('a silent stream holds everything, ends too, until it may speak', async () => {
  const { device, hub, flow, atHub, atDevice } = aStream();
  const speak = flow.silence();
  device.write('question');
  hub.end('news');
  await quiet();
  expect([atHub.text, atDevice.text, atDevice.ended]).toEqual(['', '', false]);
  speak();
  await quiet();
  expect([atHub.text, atDevice.text, atDevice.ended]).toEqual(['question', 'news', true]);
});

test('one that is closed during its silence is closed for its owner, and for the other side only when the silence is over', async () => {
  const { device, flow, atHub, atDevice } = aStream();
  const over: string[] = [];
  flow.onceOver(() => over.push('over'));
  const speak = flow.silence();
  device.write('never heard');
  device.destroy();
  await quiet();
  expect([atDevice.closed, atHub.ended, over]).toEqual([true, false, []]);
  speak();
  speak();
  await quiet();
  expect([atHub.text, atHub.ended, over]).toEqual(['', true, ['over']]);
});

test('of two silences the last one counts, also of one that began after the stream was closed', async () => {
  const { device, flow, atHub } = aStream();
  const first = flow.silence();
  device.destroy();
  await quiet();
  const second = flow.silence();
  first();
  await quiet();
  expect(atHub.ended).toBe(false);
  second();
  await quiet();
  expect(atHub.ended).toBe(true);
});

test('a flow is over with its stream, and at once if that is gone already', async () => {
  const { device, flow } = aStream();
  const over: string[] = [];
  flow.onceOver(() => over.push('one'));
  device.destroy();
  await quiet();
  flow.onceOver(() => over.push('two'));
  flowOf(device).tap({ up: holding().gate })();
  flowOf(device).silence()();
  expect(over).toEqual(['one', 'two']);
  const other = duplexPair()[0];
  other.destroy();
  await quiet();
  flowOf(other).onceOver(() => over.push('three'));
  expect(over).toEqual(['one', 'two', 'three']);
});

type Step = {
  readonly do: 'up' | 'down' | 'cork' | 'uncork' | 'tap' | 'undo' | 'release' | 'silence' | 'wait';
  readonly which: number;
};
const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom('up', 'up', 'down', 'down', 'cork', 'uncork', 'tap', 'undo', 'release', 'silence', 'wait'),
    which: fc.nat(40_000),
  }),
  { maxLength: 40 },
);

test('any interleaving of writes, gates, silences and undos delivers the same bytes in order, and then the ends', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { device, hub, flow, atHub, atDevice } = aStream();
      const taps: { readonly release: (count?: number) => void; readonly undo: () => void }[] = [];
      const sent = { up: '', down: '' };
      const some = (place: number, length: number) => String.fromCharCode(97 + (place % 26)).repeat(length + 1);
      for (const [place, { do: what, which }] of all.entries()) {
        const tap = taps[which % Math.max(taps.length, 1)];
        if (what === 'up') {
          const text = some(place, which);
          sent.up += text;
          device.write(which % 3 ? text : Buffer.from(text));
        } else if (what === 'down') {
          const text = some(place, which);
          sent.down += text;
          hub.write(text);
        } else if (what === 'cork') device.cork();
        else if (what === 'uncork') device.uncork();
        else if (what === 'tap') {
          const [up, down] = [holding(), holding()];
          const release = (count?: number) => [up, down].forEach((gate) => void gate.release(count));
          taps.push({ release, undo: flow.tap({ up: up.gate, down: which % 2 ? down.gate : undefined }) });
        } else if (what === 'silence') taps.push({ release: () => {}, undo: flow.silence() });
        else if (what === 'undo') tap?.undo();
        else if (what === 'release') tap?.release(1 + (which % 3));
        else await quiet();
      }
      device.end();
      hub.end();
      for (const { undo } of taps) undo();
      for (let turn = 0; turn < 50 && !(atHub.ended && atDevice.ended); turn++) await quiet();
      expect(atHub.text === sent.up && atDevice.text === sent.down).toBe(true);
      expect([atHub.ended, atDevice.ended]).toEqual([true, true]);
    }),
    { numRuns: 100 },
  );
});
