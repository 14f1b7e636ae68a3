// The only file that sees contextBridge: gives the desktop window two verbs and nothing that names a channel.
// Kinds are checked here, everything else by the host, which parses each message again.
import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import type { BridgeApi } from './contract/bridge-api.ts';
import { channels } from './contract/channels.ts';
import type { ToHost, ToWindow } from './contract/messages.ts';

const toHost: ReadonlySet<unknown> = new Set<ToHost['kind']>(['command', 'subscribe', 'unsubscribe']);
const toWindow: ReadonlySet<unknown> = new Set<ToWindow['kind']>(['answer', 'error', 'snapshot']);

const kindOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'kind' in message ? message.kind : undefined;

const api: BridgeApi = {
  send(message) {
    if (!toHost.has(kindOf(message)))
      throw new TypeError(`the host takes no message of kind ${String(kindOf(message))}`);
    ipcRenderer.send(channels.toHost, message);
  },
  listen(listener) {
    // The event is kept back: its `sender` would hand the window every channel.
    const heard = (_event: IpcRendererEvent, message: unknown) => {
      if (toWindow.has(kindOf(message))) listener(message as ToWindow);
    };
    ipcRenderer.on(channels.toWindow, heard);
    return () => void ipcRenderer.removeListener(channels.toWindow, heard);
  },
};

contextBridge.exposeInMainWorld('hubfleet', api);
