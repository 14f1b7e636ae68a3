// The desktop window: sandboxed, isolated, without Node, as large as it was left.
import { BrowserWindow, nativeTheme, type Rectangle, screen } from 'electron';
import { z } from 'zod';
import { readIfThere, writeWhole } from '../workspace/data-folder.ts';
import { windowUrl } from './scheme.ts';

export interface WindowOptions {
  /** The bridge; dist/preload/bridge.cjs. */
  readonly preload: string;
  /** Where size and place are remembered; undefined forgets them. */
  readonly memory: string | undefined;
  readonly developerTools: boolean;
}

const placeSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(640).max(20_000),
  height: z.int().min(400).max(20_000),
  maximized: z.boolean(),
});
type Place = z.infer<typeof placeSchema>;

export function openWindow({ preload, memory, developerTools }: WindowOptions): BrowserWindow {
  const place = memory === undefined ? undefined : placeOf(memory);
  const window = new BrowserWindow({
    title: 'Hubfleet',
    width: place?.width ?? 1440,
    height: place?.height ?? 900,
    ...(place && isVisible(place) ? { x: place.x, y: place.y } : {}),
    minWidth: 640,
    minHeight: 400,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181d' : '#ffffff', // until the page has drawn itself
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false, // would fetch dictionaries from the network
      devTools: developerTools,
    },
  });
  if (place?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  if (memory !== undefined) window.on('close', () => remember(memory, window));
  void window.loadURL(windowUrl);
  return window;
}

function placeOf(file: string): Place | undefined {
  try {
    return placeSchema.parse(JSON.parse(readIfThere(file) ?? ''));
  } catch {
    return undefined; // a window of the usual size is no loss
  }
}

function remember(file: string, window: BrowserWindow): void {
  const place: Place = { ...window.getNormalBounds(), maximized: window.isMaximized() };
  try {
    writeWhole(file, `${JSON.stringify(place)}\n`);
  } catch {}
}

/** A screen that was unplugged must not keep the window out of sight. */
const isVisible = (place: Rectangle): boolean =>
  screen.getAllDisplays().some(({ workArea: area }) => {
    const across = Math.min(place.x + place.width, area.x + area.width) - Math.max(place.x, area.x);
    const down = Math.min(place.y + place.height, area.y + area.height) - Math.max(place.y, area.y);
    return across >= 200 && down >= 100;
  });
