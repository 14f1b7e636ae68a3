// One direction of a flow: whatever its gates do, the order stays, and nothing is lost but by `drop`.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lane } from '../../../../simulators/devices/flow/lane.ts';
import { holding } from './gates.ts';

function aLane() {
  const out: string[] = [];
  let cleared = 0;
  const lane = new Lane(() => {
    cleared += 1;
  });
  const enter = (...names: string[]) => {
    for (const name of names) lane.enter(name.length, () => out.push(name));
  };
  return { lane, out, enter, cleared: () => cleared };
}

test('without gates everything leaves as it enters', () => {
  const { enter, out } = aLane();
  enter('a', 'b');
  expect(out).toEqual(['a', 'b']);
});

test('a piece let go early waits for those ahead of it', () => {
  const { lane, enter, out } = aLane();
  const { gate, release, releaseNewest } = holding();
  lane.tap(gate, 'last');
  enter('a', 'b', 'c');
  releaseNewest();
  expect(out).toEqual([]);
  release(2);
  expect(out).toEqual(['a', 'b', 'c']);
});

test('taking a gate out lets go what it holds, ahead of what comes later', () => {
  const { lane, enter, out, cleared } = aLane();
  const undo = lane.tap(holding().gate, 'last');
  enter('a', 'b');
  undo();
  undo();
  enter('c');
  expect(out).toEqual(['a', 'b', 'c']);
  expect([lane.clear, cleared()]).toEqual([true, 1]);
});

test('what enters while a gate empties stays behind it', () => {
  const out: string[] = [];
  const lane = new Lane(() => {});
  const undo = lane.tap(holding().gate, 'last');
  lane.enter(1, () => {
    lane.enter(1, () => out.push('c'));
    out.push('a');
  });
  lane.enter(1, () => out.push('b'));
  undo();
  expect(out).toEqual(['a', 'b', 'c']);
});

test('of two gates, what the first lets go the second holds; taking either out hands on to the other', () => {
  const { lane, enter, out } = aLane();
  const [outer, inner] = [holding(), holding()];
  const undoInner = lane.tap(inner.gate, 'first');
  const undoOuter = lane.tap(outer.gate, 'first');
  enter('one', 'to');
  expect([outer.sizes, inner.sizes]).toEqual([[3, 2], []]);
  undoOuter();
  expect([inner.sizes, out]).toEqual([[3, 2], []]);
  enter('x');
  undoInner();
  expect(out).toEqual(['one', 'to', 'x']);
  outer.release(2); // late words of a gate that is gone
  inner.release(3);
  expect(out).toEqual(['one', 'to', 'x']);
});

test('a gate that is gone lets nothing go that another holds', () => {
  const { lane, enter, out } = aLane();
  const [outer, inner] = [holding(), holding()];
  lane.tap(inner.gate, 'first');
  const undoOuter = lane.tap(outer.gate, 'first');
  enter('a');
  undoOuter();
  outer.release();
  expect([inner.held, out]).toEqual([1, []]);
});

test('what is dropped never leaves', () => {
  const { lane, enter, out } = aLane();
  const { gate, release } = holding();
  const undo = lane.tap(gate, 'last');
  enter('a');
  lane.drop();
  release();
  undo();
  expect(out).toEqual([]);
  expect(lane.clear).toBe(true);
});

type Step = { readonly do: 'enter' | 'tap' | 'undo' | 'release' | 'releaseNewest'; readonly which: number };
const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom('enter', 'enter', 'tap', 'undo', 'release', 'releaseNewest'),
    which: fc.nat(5),
  }),
  { maxLength: 60 },
);

test('any order of entering, tapping, letting go and undoing brings every piece through once, in order', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const out: number[] = [];
      const lane = new Lane(() => {});
      const taps: { readonly gate: ReturnType<typeof holding>; readonly undo: () => void }[] = [];
      let entered = 0;
      for (const { do: what, which } of all) {
        const tap = taps[which % Math.max(taps.length, 1)];
        if (what === 'enter') {
          const piece = entered++;
          lane.enter(1, () => out.push(piece));
        } else if (what === 'tap') {
          const gate = holding();
          taps.push({ gate, undo: lane.tap(gate.gate, which % 2 ? 'first' : 'last') });
        } else if (what === 'undo') tap?.undo();
        else tap?.gate[what]();
        expect(out).toEqual(out.map((_, place) => place));
      }
      for (const { undo } of taps) undo();
      expect(out).toEqual(Array.from({ length: entered }, (_, place) => place));
      expect(lane.clear).toBe(true);
    }),
  );
});
