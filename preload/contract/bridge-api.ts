// What the desktop window finds as `window.hubfleet`: two verbs, nothing that names a channel.
import type { ToHost, ToWindow } from './messages.ts';

export interface BridgeApi {
  /** Sends one message of the contract to the host. */
  send(message: ToHost): void;
  /** Called for every message from the host; gives its own undo. One listener at a time is enough. */
  listen(listener: (message: ToWindow) => void): () => void;
}
