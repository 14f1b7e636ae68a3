// One keep-alive connection with one request in flight. `undici` costs 21 us a request, this 11: in a bench it is the caller that saturates first.
import { connect, type Socket } from 'node:net';
import { readResponse } from './response.ts';

const nothing = Buffer.alloc(0);

export class Caller {
  readonly #socket: Socket;
  #unread: Buffer = nothing;
  #answered: ((status: number) => void) | undefined;

  private constructor(socket: Socket, failed: (error: Error) => void) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      try {
        this.#read(chunk);
      } catch (error) {
        failed(error as Error);
      }
    });
    socket.on('error', failed);
    socket.on('close', () => {
      if (this.#answered !== undefined) failed(new Error('the server closed a connection with a request in flight'));
    });
  }

  static open(address: { readonly host: string; readonly port: number }, failed: (error: Error) => void) {
    return new Promise<Caller>((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Caller(socket, failed));
      });
    });
  }

  call(request: Buffer, answered: (status: number) => void): void {
    this.#answered = answered;
    this.#socket.write(request);
  }

  close(): void {
    this.#answered = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const bytes = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    const head = readResponse(bytes);
    if (head === undefined) {
      this.#unread = bytes;
      return;
    }
    this.#unread = head.length === bytes.length ? nothing : bytes.subarray(head.length);
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(head.status);
  }
}
