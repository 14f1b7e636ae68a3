// What a stream's TCP connection can suffer below it: a reset, or being left open when its owner is done with it. Node has names for neither where
// TLS is in between, so this is the one place that knows the handles inside its sockets.
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketLink } from '../links/websocket.ts';

/** Of TCP, or of TLS with that of TCP as its parent. */
interface Handle {
  reading: boolean;
  onread: (bytes: ArrayBuffer | undefined) => void;
  readonly _parent?: Handle;
  readStart(): void;
  readStop(): void;
  unref(): void;
  close(done?: () => void): void;
  /** Closes with RST; gives an error number where it cannot, after FIN. */
  reset(done?: () => void): number;
}
interface WithHandle {
  _handle: Handle | null;
}

/** The socket that a stream's bytes go through, TCP or TLS; a stream in memory is its own. */
export const bottomOf = (stream: Duplex): Duplex => (stream instanceof WebSocketLink ? stream.below : stream);

/** Undefined for a stream in memory, and for a socket that is closed. */
export const handleOf = (stream: Duplex): Handle | undefined =>
  (stream instanceof Socket && (stream as unknown as WithHandle)._handle) || undefined;

/** Ends a stream by a TCP reset; one that has no TCP connection yet, or none at all, is destroyed. */
export function resetStream(stream: Duplex): void {
  const handle = handleOf(bottomOf(stream));
  const tcp = handle?._parent ?? handle;
  if (tcp) {
    const close = tcp.close.bind(tcp);
    tcp.close = (done) => {
      if (tcp.reset(done) !== 0) close(done);
    };
  }
  stream.destroy();
}

/**
 * Takes its connection from a socket that does not read and is about to be destroyed, which then closes without the hub's knowing. Undefined where there is none.
 * @param gone the hub closed it by itself.
 * @returns closes it.
 */
export function keepOpen(socket: Duplex, gone: () => void): (() => void) | undefined {
  const handle = handleOf(socket);
  if (!handle) return undefined;
  (socket as unknown as WithHandle)._handle = null;
  const tcp = handle._parent ?? handle;
  tcp.unref();
  let open = true;
  const close = () => {
    if (open) handle.close();
    open = false;
  };
  const watch = () => {
    if (!open) return;
    tcp.onread = (bytes) => {
      if (bytes !== undefined || !open) return;
      close();
      gone();
    };
    tcp.readStart();
  };
  // Nobody can read the bytes any more; all that is looked for is their end. TLS lets go of them an immediate after 'close'.
  socket.once('close', () => setImmediate(watch));
  return close;
}
