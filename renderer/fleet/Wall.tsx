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
const none: WallView = { ids: [], states: '', busy: '', faulted: '' };

export function Wall() {
  const { filter, sort, descending, cursor } = useFleet();
  const selected = useFleet((state) => state.selected);
  const device = useWindow((state) => state.device);
  const { textSize, theme } = useSettings();
  const scheme = useComputedColorScheme();
  const still = useReducedMotion();
  const { data } = useSnapshot('fleet', { filter, sort, descending, from: 0, count: 0, wall: true });
  const wall = data?.wall ?? none;
  const pitch = Math.round((20 * textSize) / 100);

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

  const across = Math.max(1, Math.floor((size.width - 2 * margin) / pitch));
  const down = Math.ceil(wall.ids.length / across);
  const latest = useRef({ wall, selected, device });
  latest.current = { wall, selected, device };

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and scheme change what the variables come to
  useEffect(() => {
    const element = scroller.current;
    const context = canvas.current?.getContext('2d');
    if (!element || !context || size.width === 0) return;
    const ratio = window.devicePixelRatio;
    const sprites = paintSprites(element, Math.round(pitch * ratio));
    const accent = colourOf(element, '--accent');
    const tint = colourOf(element, '--accent-tint');
    let frame = 0;
    let before = 0;
    const paint = (time: number) => {
      frame = requestAnimationFrame(paint);
      // Twenty pictures a second are enough for a ring that turns.
      if (time - before < 48) return;
      before = time;
      const { wall: cells, selected: chosen, device: open } = latest.current;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      const top = element.scrollTop;
      const firstRow = Math.max(0, Math.floor((top - margin) / pitch));
      const lastRow = Math.ceil((top + size.height - margin) / pitch);
      const turn = still ? 0 : (time / 1_100) * 2 * Math.PI;
      for (let index = firstRow * across; index < Math.min(cells.ids.length, lastRow * across); index++) {
        const x = margin + (index % across) * pitch;
        const y = margin + Math.floor(index / across) * pitch - top;
        const id = cells.ids[index] ?? '';
        const isChosen = (chosen as ReadonlySet<string>).has(id);
        if (isChosen) {
          context.fillStyle = tint;
          context.beginPath();
          context.roundRect(x + 0.5, y + 0.5, pitch - 1, pitch - 1, 4);
          context.fill();
        }
        if (id === open || isChosen) {
          context.strokeStyle = accent;
          context.lineWidth = id === open ? 2 : 1;
          context.beginPath();
          context.roundRect(x + 1, y + 1, pitch - 2, pitch - 2, 4);
          context.stroke();
        }
        const sprite = sprites(cells.states[index] ?? 'o', cells.faulted[index] === '1');
        if (sprite) context.drawImage(sprite, x, y, pitch, pitch);
        if (cells.busy[index] === '1') {
          context.strokeStyle = accent;
          context.lineWidth = 1.75;
          for (const half of [0, Math.PI]) {
            context.beginPath();
            context.arc(x + pitch / 2, y + pitch / 2, pitch * 0.38, turn + half, turn + half + 1.7);
            context.stroke();
          }
        }
      }
    };
    frame = requestAnimationFrame(paint);
    return () => cancelAnimationFrame(frame);
  }, [size, pitch, across, still, scheme, theme]);

  const at = Math.min(cursor, Math.max(0, wall.ids.length - 1));
  const place = (index: number) => ({
    left: margin + (index % across) * pitch,
    top: margin + Math.floor(index / across) * pitch,
  });
  const cellUnder = (event: { clientX: number; clientY: number }) => {
    const box = scroller.current?.getBoundingClientRect();
    if (!box || !scroller.current) return undefined;
    const column = Math.floor((event.clientX - box.left - margin) / pitch);
    const row = Math.floor((event.clientY - box.top + scroller.current.scrollTop - margin) / pitch);
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
        className={styles['wall']}
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
        <canvas
          ref={canvas}
          width={Math.round(size.width * window.devicePixelRatio)}
          height={Math.round(size.height * window.devicePixelRatio)}
          style={{ width: size.width, height: size.height, marginBottom: -size.height }}
          aria-hidden="true"
        />
        <div style={{ height: down * pitch + 2 * margin }} />
        {wall.ids.length > 0 ? (
          <button
            type="button"
            className={styles['wallCell']}
            style={{ ...place(at), width: pitch, height: pitch }}
            aria-label={words(at)}
            aria-describedby="wall-keys"
            aria-pressed={(selected as ReadonlySet<string>).has(wall.ids[at] ?? '')}
            onKeyDown={press}
            onDoubleClick={() => {
              const id = wall.ids[at];
              if (id) useWindow.getState().openDevice(id);
            }}
          />
        ) : null}
        {tip && hovered !== undefined ? (
          <div
            className={styles['wallTip']}
            style={{ left: Math.max(0, Math.min(tip.left, size.width - 220)), top: tip.top + pitch + 4 }}
            aria-hidden="true"
          >
            {words(hovered)}
          </div>
        ) : null}
      </div>
      <ul className={styles['legend']} aria-label="Legend">
        {(Object.values(stateOfLetter) as LinkState[]).reverse().map((state) => (
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

function describe(wall: WallView, index: number): string {
  const state = stateOfLetter[wall.states[index] ?? 'o'] ?? 'off';
  return `${wall.ids[index]}, ${stateWords[state]}${wall.busy[index] === '1' ? ', call in flight' : ''}${
    wall.faulted[index] === '1' ? ', under a fault' : ''
  }`;
}
