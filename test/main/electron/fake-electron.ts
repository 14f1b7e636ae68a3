// A stand-in for the `electron` module: remembers what it was told and lets a test raise the events the real one would.
import { EventEmitter } from 'node:events';

export class FakeContents extends EventEmitter {
  readonly sent: unknown[][] = [];
  destroyed = false;
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  readonly mainFrame = { url: 'hubfleet://app/' };
  send(...args: unknown[]): void {
    this.sent.push(args);
  }
  isDestroyed(): boolean {
    return this.destroyed;
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents();
  readonly calls: string[] = [];
  bounds = { x: 10, y: 20, width: 900, height: 700 };
  maximized = false;
  constructor(readonly options: { readonly webPreferences: Record<string, unknown> } & Record<string, unknown>) {
    super();
    electron.windows.push(this);
    electron.app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url: string): Promise<void> {
    this.calls.push(`load ${url}`);
  }
  show = () => void this.calls.push('show');
  focus = () => void this.calls.push('focus');
  restore = () => void this.calls.push('restore');
  isMinimized = () => this.calls.includes('minimized');
  isMaximized = () => this.maximized;
  maximize = () => {
    this.maximized = true;
  };
  getNormalBounds = () => this.bounds;
}

export class FakeApp extends EventEmitter {
  readonly calls: string[] = [];
  lock = true;
  isPackaged = false;
  setPath = (name: string, path: string) => void this.calls.push(`path ${name} ${path}`);
  whenReady = () => Promise.resolve();
  requestSingleInstanceLock = () => this.lock;
  exit = (code: number) => void this.calls.push(`exit ${code}`);
  /** As the real one: asks, and ends unless that was prevented. */
  quit(): void {
    let prevented = false;
    this.emit('before-quit', {
      preventDefault: () => {
        prevented = true;
      },
    });
    this.calls.push(prevented ? 'quit prevented' : 'ended');
  }
}

export class FakeSession {
  request:
    | ((contents: unknown, permission: string, answer: (yes: boolean) => void, details: object) => void)
    | undefined;
  check: ((contents: unknown, permission: string, origin: string) => boolean) | undefined;
  device: (() => boolean) | undefined;
  served: ((request: { url: string; method: string }) => Response) | undefined;
  readonly protocol = {
    handle: (_scheme: string, serve: (request: { url: string; method: string }) => Response) => {
      this.served = serve;
    },
  };
  setPermissionRequestHandler = (handler: FakeSession['request']) => {
    this.request = handler;
  };
  setPermissionCheckHandler = (handler: FakeSession['check']) => {
    this.check = handler;
  };
  setDevicePermissionHandler = (handler: FakeSession['device']) => {
    this.device = handler;
  };
}

export const electron = {
  windows: [] as FakeWindow[],
  app: new FakeApp(),
  session: new FakeSession(),
  ipcMain: new EventEmitter(),
  opened: [] as string[],
  errors: [] as string[][],
  privileged: [] as unknown[],
  menus: [] as unknown[],
  displays: [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
};

export function resetElectron(): void {
  electron.app = new FakeApp();
  electron.session = new FakeSession();
  electron.ipcMain = new EventEmitter();
  electron.displays = [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }];
  for (const list of [electron.windows, electron.opened, electron.errors, electron.privileged, electron.menus])
    list.length = 0;
}

/** What `import ... from 'electron'` gives. Getters, since a test starts with fresh ones. */
export const electronModule = () => ({
  get app() {
    return electron.app;
  },
  get ipcMain() {
    return electron.ipcMain;
  },
  get session() {
    return { defaultSession: electron.session };
  },
  BrowserWindow: FakeWindow,
  dialog: { showErrorBox: (...args: string[]) => void electron.errors.push(args) },
  shell: { openExternal: async (url: string) => void electron.opened.push(url) },
  screen: { getAllDisplays: () => electron.displays },
  nativeTheme: { shouldUseDarkColors: true },
  protocol: { registerSchemesAsPrivileged: (schemes: unknown[]) => void electron.privileged.push(...schemes) },
  Menu: {
    buildFromTemplate: (template: unknown) => template,
    setApplicationMenu: (menu: unknown) => void electron.menus.push(menu),
  },
});
