// The fleet as a wall of cells: one a device, colour and shape for its state, a ring while a call is in flight, a bolt under a fault.
// A canvas paints what is in sight; one real button lies over the cell the keyboard is on and says what it is.
import { useComputedColorScheme } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useSnapshot } from '../connection/hooks.ts';
import type { LinkState, WallView } from '../connection/shapes.ts';
import { useFleet } from '../store/fleet.ts';
import { useSettings } from '../store/settings.ts';
import { useWindow } from '../store/window.ts';
import { Empty } from '../widgets/Notes.tsx';
import { Bolt, StateMark, stateWords } from '../widgets/StateMark.tsx';
import styles from './Fleet.module.css';
import { colourOf, paintSprites, stateOfLetter } from './sprites.ts';

const margin = 12;
/** Cells in px at 100% text, the largest that fit without scrolling; the last is used when none does. The wide ones carry the end of the id. */
const cellSizes = [
  { wide: 72, high: 48, labelled: true },
  { wide: 56, high: 44, labelled: true },
  { wide: 36, high: 36, labelled: false },
  { wide: 28, high: 28, labelled: false },
  { wide: 20, high: 20, labelled: false },
] as const;
const legend: readonly LinkState[] = ['online', 'connecting', 'waiting', 'dark', 'failed', 'off'];
const mono = getComputedStyle(document.documentElement).getPropertyValue('--mono') || 'monospace';
const none: WallView = { ids: [], states: '', busy: '', faulted: '' };

export function Wall() {
  const { filter, sort, descending, group, cursor } = useFleet();
  const selected = useFleet((state) => state.selected);
  const device = useWindow((state) => state.device);
  const { textSize, theme } = useSettings();
  const scheme = useComputedColorScheme();
  const still = useReducedMotion();
  const { data } = useSnapshot('fleet', { filter, sort, descending, group, from: 0, count: 0, wall: true });
  const wall = data?.wall ?? none;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [hovered, setHovered] = useState<number>();
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const cell = useMemo(
    () => cellFor(wall.ids.length, size.width, size.height, textSize / 100),
    [wall.ids.length, size, textSize],
  );
  const { across } = cell;
  const down = Math.ceil(wall.ids.length / across);
  const latest = useRef<{ wall: WallView; selected: ReadonlySet<string>; device: string | undefined }>({
    wall,
    selected,
    device,
  });
  latest.current = { wall, selected, device };

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and scheme change what the variables come to
  useEffect(() => {
    const element = scroller.current;
    const context = canvas.current?.getContext('2d');
    if (!element || !context || size.width === 0) return;
    const ratio = window.devicePixelRatio;
    const { wide, high, mark, labelled } = cell;
    const sprites = paintSprites(element, Math.round(mark * ratio));
    const accent = colourOf(element, '--accent');
    const tint = colourOf(element, '--accent-tint');
    const tile = colourOf(element, '--chrome');
    const label = colourOf(element, '--text-3');
    const labelSize = Math.round((11 * textSize) / 100);
    // What stands still is painted once on a sheet of its own and only laid down again under the rings that turn.
    const sheet = document.createElement('canvas');
    sheet.width = context.canvas.width;
    sheet.height = context.canvas.height;
    const still2d = sheet.getContext('2d');
    if (!still2d) return;
    let painted: { wall: WallView; selected: ReadonlySet<string>; device: string | undefined; top: number } | undefined;
    let busy: readonly (readonly [x: number, y: number])[] = [];

    const paintStill = (top: number) => {
      const { wall: cells, selected: chosen, device: open } = latest.current;
      still2d.setTransform(ratio, 0, 0, ratio, 0, 0);
      still2d.clearRect(0, 0, size.width, size.height);
      still2d.font = `${labelSize}px ${mono}`;
      still2d.textAlign = 'center';
      const turning: [number, number][] = [];
      const firstRow = Math.max(0, Math.floor((top - margin) / high));
      const lastRow = Math.ceil((top + size.height - margin) / high);
      for (let index = firstRow * across; index < Math.min(cells.ids.length, lastRow * across); index++) {
        const x = margin + (index % across) * wide;
        const y = margin + Math.floor(index / across) * high - top;
        const id = cells.ids[index] ?? '';
        const isChosen = chosen.has(id);
        still2d.fillStyle = isChosen ? tint : tile;
        still2d.beginPath();
        still2d.roundRect(x + 1, y + 1, wide - 2, high - 2, 3);
        still2d.fill();
        if (id === open || isChosen) {
          still2d.strokeStyle = accent;
          still2d.lineWidth = id === open ? 2 : 1;
          still2d.beginPath();
          still2d.roundRect(x + 1.5, y + 1.5, wide - 3, high - 3, 3);
          still2d.stroke();
        }
        const left = x + (wide - mark) / 2;
        const over = y + (labelled ? high * 0.36 : high / 2) - mark / 2;
        const sprite = sprites(cells.states[index] ?? 'o', cells.faulted[index] === '1');
        if (sprite) still2d.drawImage(sprite, left, over, mark, mark);
        if (labelled) {
          still2d.fillStyle = label;
          still2d.fillText(labelOf(id, wide), x + wide / 2, y + high * 0.82);
        }
        if (cells.busy[index] === '1') turning.push([left + mark / 2, over + mark / 2]);
      }
      busy = turning;
    };

    let frame = 0;
    let before = 0;
    const paint = (time: number) => {
      frame = requestAnimationFrame(paint);
      // Twenty pictures a second are enough for a ring that turns.
      if (time - before < 48) return;
      const { wall: cells, selected: chosen, device: open } = latest.current;
      const top = element.scrollTop;
      const changed =
        painted?.wall !== cells || painted.selected !== chosen || painted.device !== open || painted.top !== top;
      if (!changed && (busy.length === 0 || still)) return;
      before = time;
      if (changed) {
        paintStill(top);
        painted = { wall: cells, selected: chosen, device: open, top };
      }
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, sheet.width, sheet.height);
      context.drawImage(sheet, 0, 0);
      if (busy.length === 0) return;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.strokeStyle = accent;
      context.lineWidth = 1.75;
      const turn = still ? 0 : (time / 1_100) * 2 * Math.PI;
      context.beginPath();
      for (const [x, y] of busy) {
        for (const from of [turn, turn + Math.PI]) {
          context.moveTo(x + mark * 0.38 * Math.cos(from), y + mark * 0.38 * Math.sin(from));
          context.arc(x, y, mark * 0.38, from, from + 1.7);
        }
      }
      context.stroke();
    };
    frame = requestAnimationFrame(paint);
    return () => cancelAnimationFrame(frame);
  }, [size, cell, still, scheme, theme]);

  const at = Math.min(cursor, Math.max(0, wall.ids.length - 1));
  const place = (index: number) => ({
    left: margin + (index % across) * cell.wide,
    top: margin + Math.floor(index / across) * cell.high,
  });
  const cellUnder = (event: { clientX: number; clientY: number }) => {
    const box = scroller.current?.getBoundingClientRect();
    if (!box || !scroller.current) return undefined;
    const column = Math.floor((event.clientX - box.left - margin) / cell.wide);
    const row = Math.floor((event.clientY - box.top + scroller.current.scrollTop - margin) / cell.high);
    const index = row * across + column;
    return column >= 0 && column < across && row >= 0 && index < wall.ids.length ? index : undefined;
  };
  const select = (index: number, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }) => {
    const state = useFleet.getState();
    const id = wall.ids[index];
    if (id === undefined) return;
    if (event.shiftKey) {
      state.select(wall.ids.slice(Math.min(state.anchor, index), Math.max(state.anchor, index) + 1));
      state.place(index, true);
    } else if (event.ctrlKey || event.metaKey) {
      state.place(index);
      state.toggle(id);
    } else {
      state.place(index);
      state.select([id]);
      if (useWindow.getState().device !== undefined) useWindow.getState().openDevice(id);
    }
  };
  const press = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + across,
      ArrowUp: at - across,
      Home: 0,
      End: wall.ids.length - 1,
    };
    const move = moves[event.key];
    const id = wall.ids[at];
    if (move !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(wall.ids.length - 1, move));
      if (event.shiftKey) select(next, event);
      else useFleet.getState().place(next);
    } else if (event.key === 'Enter' && id && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      useWindow.getState().openDevice(id);
    } else if (event.key === ' ' && id) {
      event.preventDefault();
      useFleet.getState().toggle(id);
    }
  };

  const tip = hovered === undefined ? undefined : place(hovered);
  const words = useMemo(() => (index: number) => describe(wall, index), [wall]);
  return (
    <>
      {data && wall.ids.length === 0 ? (
        <Empty title="No device matches">
          <p>Clear the filter to see all {data.total}.</p>
        </Empty>
      ) : null}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button over the current cell has the keys and the words */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above */}
      <div
        ref={scroller}
        className={styles.wall}
        onClick={(event) => {
          const index = cellUnder(event);
          if (index !== undefined) select(index, event);
        }}
        onDoubleClick={(event) => {
          const id = wall.ids[cellUnder(event) ?? -1];
          if (id) useWindow.getState().openDevice(id);
        }}
        onMouseMove={(event) => setHovered(cellUnder(event))}
        onMouseLeave={() => setHovered(undefined)}
      >
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without tabindex takes no focus */}
        <canvas
          ref={canvas}
          width={Math.round(size.width * window.devicePixelRatio)}
          height={Math.round(size.height * window.devicePixelRatio)}
          style={{ width: size.width, height: size.height, marginBottom: -size.height }}
          aria-hidden="true"
        />
        <div style={{ height: down * cell.high + 2 * margin }} />
        {wall.ids.length > 0 ? (
          <button
            type="button"
            className={styles.wallCell}
            style={{ ...place(at), width: cell.wide, height: cell.high }}
            aria-label={words(at)}
            aria-describedby="wall-keys"
            aria-pressed={selected.has(wall.ids[at] ?? '')}
            onKeyDown={press}
            onDoubleClick={() => {
              const id = wall.ids[at];
              if (id) useWindow.getState().openDevice(id);
            }}
          />
        ) : null}
        {tip && hovered !== undefined ? (
          <div
            className={styles.wallTip}
            style={{ left: Math.max(0, Math.min(tip.left, size.width - 220)), top: tip.top + cell.high + 4 }}
            aria-hidden="true"
          >
            {words(hovered)}
          </div>
        ) : null}
      </div>
      <ul className={styles.legend} aria-label="Legend">
        {legend.map((state) => (
          <li key={state}>
            <StateMark state={state} />
            {stateWords[state]}
          </li>
        ))}
        <li>
          <StateMark state="online" busy />
          call in flight
        </li>
        <li>
          <Bolt />
          under a fault
        </li>
        <li id="wall-keys" className="unseen">
          Arrows move, Enter opens, Space selects
        </li>
      </ul>
    </>
  );
}

/** As much of the end of an id as fits below a mark, begun at a separator when there is one. */
function labelOf(id: string, wide: number): string {
  const most = Math.floor(wide / 8.5);
  if (id.length <= most) return id;
  const last = /[^-_.:]+$/.exec(id)?.[0] ?? id;
  return last.slice(-most);
}

function cellFor(many: number, width: number, height: number, scale: number) {
  const room = Math.max(1, width - 2 * margin);
  const sizes = cellSizes.map(({ wide, high, labelled }) => {
    const across = Math.max(1, Math.floor(room / Math.round(wide * scale)));
    return {
      // What is left of a line is shared out, so that the wall ends where the pane ends.
      wide: Math.floor(room / across),
      high: Math.round(high * scale),
      mark: Math.round((labelled || high < 28 ? 20 : Math.min(26, high - 6)) * scale),
      labelled,
      across,
    };
  });
  const last = sizes.at(-1);
  const fits = sizes.find(({ across, high }) => Math.ceil(many / across) * high <= height - 2 * margin) ?? last;
  return fits ?? { wide: 20, high: 20, mark: 20, labelled: false, across: 1 };
}

function describe(wall: WallView, index: number): string {
  const state = stateOfLetter[wall.states[index] ?? 'o'] ?? 'off';
  return `${wall.ids[index]}, ${stateWords[state]}${wall.busy[index] === '1' ? ', call in flight' : ''}${
    wall.faulted[index] === '1' ? ', under a fault' : ''
  }`;
}
