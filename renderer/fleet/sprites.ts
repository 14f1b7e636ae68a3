// Pictures of a cell, one for each state x in flight x faulted, painted once for a theme and size and then stamped.
import type { LinkState } from '../connection/shapes.ts';

/** The letters of the contract's `wall.states`. */
export const stateOfLetter: Readonly<Record<string, LinkState>> = {
  o: 'off',
  w: 'waiting',
  c: 'connecting',
  n: 'online',
  d: 'dark',
  f: 'failed',
};

const colours: Readonly<Record<LinkState, string>> = {
  online: '--good',
  connecting: '--wait',
  waiting: '--wait',
  dark: '--dim',
  failed: '--bad',
  off: '--dim',
};

/** What a variable comes to now, as a colour a canvas understands. */
export function colourOf(host: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  host.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

export type Sprites = (letter: string, faulted: boolean) => HTMLCanvasElement | undefined;

/** `side` in device pixels. */
export function paintSprites(host: HTMLElement, side: number): Sprites {
  const bolt = colourOf(host, '--fault');
  const made = new Map<string, HTMLCanvasElement>();
  for (const [letter, state] of Object.entries(stateOfLetter)) {
    for (const faulted of [false, true]) {
      const canvas = document.createElement('canvas');
      canvas.width = side;
      canvas.height = side;
      const context = canvas.getContext('2d');
      if (!context) continue;
      context.scale(side / 20, side / 20);
      paintState(context, state, colourOf(host, colours[state]));
      if (faulted) {
        context.fillStyle = bolt;
        context.fill(new Path2D('M17 .5l-4.2 5.2h2.5l-.6 4 4.5-5.6h-2.7z'));
      }
      made.set(`${letter}${faulted}`, canvas);
    }
  }
  return (letter, faulted) => made.get(`${letter}${faulted}`);
}

function paintState(context: CanvasRenderingContext2D, state: LinkState, colour: string): void {
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 2;
  context.lineCap = 'round';
  const arc = (from: number, to: number) => {
    context.beginPath();
    context.arc(10, 10, 4.2, from * Math.PI, to * Math.PI);
  };
  if (state === 'online') {
    arc(0, 2);
    context.fill();
  } else if (state === 'dark') {
    arc(0, 2);
    context.stroke();
  } else if (state === 'connecting' || state === 'waiting') {
    context.globalAlpha = 0.28;
    arc(0, 2);
    context.stroke();
    context.globalAlpha = 1;
    if (state === 'connecting') arc(-0.5, 0.5);
    else arc(0.5, 1.5);
    context.stroke();
  } else {
    const path = new Path2D(state === 'failed' ? 'M6.5 6.5l7 7m0-7l-7 7' : 'M6.5 10h7');
    context.stroke(path);
  }
}
