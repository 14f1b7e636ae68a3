// The desktop host with a stand-in for Electron: how its window is made, what it may not do, whom it listens to, how it ends.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App, BrowserWindow, MenuItemConstructorOptions, Session } from 'electron';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { joinWindow } from '../../../main/electron/ipc.ts';
import { menuTemplate } from '../../../main/electron/menu.ts';
import { denyNavigation, denyPermissions } from '../../../main/electron/navigation.ts';
import { patience, quitSafely } from '../../../main/electron/quitting.ts';
import { claimScheme, serveWindow } from '../../../main/electron/scheme.ts';
import { openWindow } from '../../../main/electron/window.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { fakeLab } from '../support/fake-lab.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { electron, FakeContents, type FakeWindow, resetElectron } from './fake-electron.ts';

vi.mock('electron', async () => (await import('./fake-electron.ts')).electronModule());
beforeEach(resetElectron);

const app = () => electron.app as unknown as App;
const session = () => electron.session as unknown as Session;
const newest = (): FakeWindow => electron.windows.at(-1) ?? expect.fail('no window was made');
const anEvent = (more: object = {}) => ({
  prevented: false,
  preventDefault() {
    this.prevented = true;
  },
  ...more,
});

describe('the window', () => {
  const open = (memory?: string) => {
    openWindow({ preload: '/dist/preload/bridge.cjs', memory, developerTools: false });
    return newest();
  };

  test('is sandboxed, isolated and without Node', () => {
    expect(open().options.webPreferences).toMatchObject({
      preload: '/dist/preload/bridge.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      devTools: false,
    });
  });

  test('loads its own page and shows itself when that has drawn', () => {
    const window = open();
    expect(window.calls).toEqual(['load hubfleet://app/']);
    window.emit('ready-to-show');
    expect(window.calls).toEqual(['load hubfleet://app/', 'show']);
  });

  test('comes back as large and where it was left', () => {
    const memory = join(temporaryFolder(), 'window.json');
    const window = open(memory);
    window.bounds = { x: 100, y: 50, width: 1200, height: 800 };
    window.maximized = true;
    window.emit('close');
    const again = open(memory);
    expect(again.options).toMatchObject({ x: 100, y: 50, width: 1200, height: 800 });
    expect(again.maximized).toBe(true);
  });

  test('comes back in sight when its screen is gone', () => {
    const memory = join(temporaryFolder(), 'window.json');
    const window = open(memory);
    window.bounds = { x: 3000, y: 50, width: 1200, height: 800 };
    window.emit('close');
    const again = open(memory);
    expect(again.options.width).toBe(1200);
    expect(again.options.x).toBeUndefined();
  });

  test.each(['{', '{"width":"wide"}', '{"x":0,"y":0,"width":1,"height":1,"maximized":false}'])(
    'starts at its usual size when what it remembers is %s',
    (text) => {
      const memory = join(temporaryFolder(), 'window.json');
      writeFileSync(memory, text);
      expect(open(memory).options).toMatchObject({ width: 1440, height: 900 });
    },
  );
});

describe('navigation', () => {
  const contents = () => {
    denyNavigation(app());
    const made = new FakeContents();
    electron.app.emit('web-contents-created', {}, made);
    return made;
  };

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])(
    '%s leads nowhere but to the own page',
    (name) => {
      const page = contents();
      const gone = (url: string) => {
        const event = anEvent({ url });
        page.emit(name, event);
        return !event.prevented;
      };
      expect(gone('https://evil.example/')).toBe(false);
      expect(gone('file:///etc/passwd')).toBe(false);
      expect(gone('hubfleet://app.evil/')).toBe(false);
      expect(gone('javascript:alert(1)')).toBe(false);
      expect(gone('hubfleet://app/')).toBe(true);
    },
  );

  test('no window is ever opened; known help pages go to the browser', () => {
    const page = contents();
    for (const url of [
      'https://evil.example/',
      'file:///etc/passwd',
      'https://learn.microsoft.com.evil.example/',
      'https://learn.microsoft.com/azure/',
    ]) {
      expect(page.openHandler?.({ url })).toEqual({ action: 'deny' });
    }
    expect(electron.opened).toEqual(['https://learn.microsoft.com/azure/']);
  });

  test('no webview is attached', () => {
    const event = anEvent();
    contents().emit('will-attach-webview', event);
    expect(event.prevented).toBe(true);
  });
});

test('every permission is denied but writing to the clipboard from the own page', () => {
  denyPermissions(session());
  const asked = (permission: string, requestingUrl: string) => {
    let answer: boolean | undefined;
    electron.session.request?.(
      {},
      permission,
      (yes) => {
        answer = yes;
      },
      { requestingUrl },
    );
    return answer;
  };
  for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'fullscreen', 'openExternal']) {
    expect(asked(permission, 'hubfleet://app/')).toBe(false);
    expect(electron.session.check?.({}, permission, 'hubfleet://app')).toBe(false);
  }
  expect(asked('clipboard-sanitized-write', 'hubfleet://app/')).toBe(true);
  expect(asked('clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
  expect(electron.session.check?.({}, 'clipboard-sanitized-write', 'hubfleet://app')).toBe(true);
  expect(electron.session.device?.()).toBe(false);
});

describe('the own scheme', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');

  test('is claimed without rights to bypass the content policy', () => {
    claimScheme();
    expect(electron.privileged).toEqual([
      { scheme: 'hubfleet', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
    ]);
  });

  test('serves the page with its policy, and nothing else', async () => {
    serveWindow(session(), folder);
    const get = (url: string, method = 'GET') => electron.session.served?.({ url, method });
    const page = get('hubfleet://app/');
    expect(await page?.text()).toBe('<!doctype html>');
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    for (const url of ['hubfleet://other/', 'hubfleet://app/../../etc/passwd', 'hubfleet://app/%2e%2e/package.json']) {
      expect([200, 404]).toContain(get(url)?.status);
      expect(await get(url)?.text()).not.toContain('root:');
    }
    expect(get('hubfleet://other/')?.status).toBe(404);
    expect(get('hubfleet://app/nothing.js')?.status).toBe(404);
    expect(get('hubfleet://app/', 'POST')?.status).toBe(404);
  });
});

describe('the contract over IPC', () => {
  function joined() {
    const lab = fakeLab();
    const clock = new VirtualClock();
    openWindow({ preload: '', memory: undefined, developerTools: false });
    const window = newest();
    joinWindow(window as unknown as BrowserWindow, { lab, behaviours: '/nowhere', keep: () => {} }, clock);
    const { webContents: contents } = window;
    const say = (message: unknown, event: object = { sender: contents, senderFrame: contents.mainFrame }) =>
      electron.ipcMain.emit('hubfleet:to-host', event, message);
    return { lab, clock, window, contents, say };
  }
  const watch = { kind: 'subscribe', id: 1, name: 'totals', input: {} };
  const snapshot = ['hubfleet:to-window', { kind: 'snapshot', id: 1, value: { calls: 0 } }];

  test('answers the own page', () => {
    const { contents, say } = joined();
    say(watch);
    expect(contents.sent).toEqual([snapshot]);
  });

  test.each<[string, (contents: FakeContents) => object]>([
    ['another window', () => ({ sender: new FakeContents(), senderFrame: { url: 'hubfleet://app/' } })],
    ['a frame within the page', (contents) => ({ sender: contents, senderFrame: { url: 'hubfleet://app/' } })],
    ['a frame that is gone', (contents) => ({ sender: contents, senderFrame: null })],
  ])('does not hear %s', (_, event) => {
    const { contents, say } = joined();
    say(watch, event(contents));
    expect(contents.sent).toEqual([]);
  });

  test('does not hear the main frame once it shows another page', () => {
    const { contents, say } = joined();
    contents.mainFrame.url = 'https://evil.example/';
    say(watch);
    expect(contents.sent).toEqual([]);
  });

  test('forgets what a page watched when it loads again', () => {
    const { contents, clock, say } = joined();
    say(watch);
    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: true });
    expect(clock.pending).toBe(1);
    contents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false });
    expect(clock.pending).toBe(0);
    say(watch);
    expect(contents.sent).toEqual([snapshot, snapshot]);
  });

  test('leaves snapshots out while the page does not respond', async () => {
    const { contents, window, clock, lab, say } = joined();
    say(watch);
    window.emit('unresponsive');
    lab.shown = { calls: 1 };
    await clock.advance(1_000);
    expect(contents.sent).toHaveLength(1);
    window.emit('responsive');
    await clock.advance(1_000);
    expect(contents.sent).toHaveLength(2);
  });

  test('ends with its window', () => {
    const { contents, window, clock, say } = joined();
    say(watch);
    window.emit('closed');
    contents.destroyed = true;
    expect(clock.pending).toBe(0);
    expect(electron.ipcMain.listenerCount('hubfleet:to-host')).toBe(0);
    say(watch);
    expect(contents.sent).toHaveLength(1);
  });
});

describe('quitting', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  test('stops the lab first, once, and then ends', async () => {
    const order: string[] = [];
    let finish = () => {};
    const stop = () =>
      new Promise<void>((resolve) => {
        order.push('stopping');
        finish = resolve;
      });
    quitSafely(app(), stop, new VirtualClock());
    electron.app.quit();
    electron.app.quit();
    expect([order, electron.app.calls]).toEqual([['stopping'], ['quit prevented', 'quit prevented']]);
    finish();
    await settled();
    expect([order, electron.app.calls]).toEqual([['stopping'], ['quit prevented', 'quit prevented', 'ended']]);
  });

  test('ends all the same when stopping fails', async () => {
    quitSafely(app(), () => Promise.reject(new Error('no')), new VirtualClock());
    electron.app.quit();
    await settled();
    expect(electron.app.calls.at(-1)).toBe('ended');
  });

  test('waits ten seconds for a lab that hangs, not longer', async () => {
    const clock = new VirtualClock();
    quitSafely(app(), () => new Promise(() => {}), clock);
    electron.app.quit();
    await clock.advance(patience - 1);
    expect(electron.app.calls).toEqual(['quit prevented']);
    await clock.advance(1);
    expect(electron.app.calls.at(-1)).toBe('ended');
  });
});

describe('the menu', () => {
  const roles = (items: readonly MenuItemConstructorOptions[]): unknown[] =>
    items.flatMap((item) => [item.role, ...(Array.isArray(item.submenu) ? roles(item.submenu) : [])]);

  test('can quit on every system', () => {
    expect(roles(menuTemplate({ platform: 'linux', developerTools: false }))).toContain('quit');
    expect(roles(menuTemplate({ platform: 'darwin', developerTools: false }))).toContain('appMenu');
  });

  test('has developer tools only where the app is not packaged', () => {
    expect(roles(menuTemplate({ platform: 'linux', developerTools: false }))).not.toContain('toggleDevTools');
    expect(roles(menuTemplate({ platform: 'linux', developerTools: true }))).toContain('toggleDevTools');
  });
});
