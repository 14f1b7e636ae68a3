// The TCP socket below a TLS one: only TCP can be reset, and a TLS socket does not hand out what it was made from.
import type { Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** By both ends, which no two open connections share. */
const sockets = new Map<string, Socket>();

/** To be told of a TLS server before it listens. */
export function watchTcp(server: Server): void {
  server.on('connection', (socket: Socket) => {
    const ends = endsOf(socket);
    sockets.set(ends, socket);
    socket.once('close', () => {
      if (sockets.get(ends) === socket) sockets.delete(ends);
    });
  });
}

/** Undefined when it is gone, or was taken in by a server that is not watched. */
export const tcpBelow = (socket: Socket): Socket | undefined =>
  socket instanceof TLSSocket ? sockets.get(endsOf(socket)) : socket;

const endsOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  `${localAddress}:${localPort} ${remoteAddress}:${remotePort}`;
