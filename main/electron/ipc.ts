// Joins a desktop window to its session over one channel each way. Only the main frame of our own page is heard.
import { type BrowserWindow, ipcMain, type WebFrameMain } from 'electron';
import { channels } from '../../preload/contract/channels.ts';
import type { Clock } from '../../simulators/clock/clock.ts';
import type { Bench } from '../commands/handlers.ts';
import { openSession, type Session } from '../commands/session.ts';
import { isWindowUrl } from './scheme.ts';

/** Gives the function that ends it. The window's closing ends it too. */
export function joinWindow(window: BrowserWindow, bench: Bench, clock: Clock): () => void {
  const { webContents: contents } = window;
  let session: Session | undefined;
  let unresponsive = false;

  const begin = () =>
    openSession(
      bench,
      {
        send(message) {
          if (!contents.isDestroyed()) contents.send(channels.toWindow, message);
        },
        get congested() {
          return unresponsive || contents.isDestroyed();
        },
      },
      clock,
    );
  // A page that loads again asks again: what the old one watched ends with it.
  const end = () => {
    session?.close();
    session = undefined;
  };

  const heard = (event: { readonly sender: unknown; readonly senderFrame: WebFrameMain | null }, message: unknown) => {
    if (event.sender !== contents || contents.isDestroyed()) return;
    const { senderFrame: frame } = event;
    if (frame === null || frame !== contents.mainFrame || !isWindowUrl(frame.url)) return;
    session ??= begin();
    session.receive(message);
  };
  const leave = () => {
    ipcMain.removeListener(channels.toHost, heard);
    end();
  };

  ipcMain.on(channels.toHost, heard);
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) end();
  });
  contents.on('render-process-gone', end);
  window.on('unresponsive', () => {
    unresponsive = true;
  });
  window.on('responsive', () => {
    unresponsive = false;
  });
  window.on('closed', leave);
  return leave;
}
