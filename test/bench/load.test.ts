import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Caller } from '../../bench/load/caller.ts';
import { readResponse } from '../../bench/load/response.ts';

const response = Buffer.from('HTTP/1.1 504 Gateway Timeout\r\nX-A: 1\r\ncontent-LENGTH:  4\r\n\r\n\r\n\r\n');

describe('reading a response', () => {
  test('its status and its whole length are known as soon as the last byte is there, and not before', () => {
    for (let length = 0; length < response.length; length++)
      expect(readResponse(response.subarray(0, length))).toBe(undefined);
    expect(readResponse(response)).toEqual({ status: 504, length: response.length });
    expect(readResponse(Buffer.concat([response, response]))).toEqual({ status: 504, length: response.length });
  });

  test('a response in chunks is refused rather than read wrongly', () => {
    const chunked = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    expect(() => readResponse(chunked)).toThrow('has no Content-Length');
  });
});

describe('a caller', () => {
  async function serving(listener: RequestListener): Promise<{ host: string; port: number }> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }
  const request = Buffer.from('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}');

  test('sends one request after another over one connection', async () => {
    const ports = new Set<number | undefined>();
    const address = await serving((asked, answer) => {
      ports.add(asked.socket.remotePort);
      asked.resume().on('end', () => answer.writeHead(202, { 'Content-Length': 200_000 }).end('x'.repeat(200_000)));
    });
    const caller = await Caller.open(address, (error) => {
      throw error;
    });
    onTestFinished(() => caller.close());
    const call = () => new Promise<number>((resolve) => caller.call(request, resolve));
    expect([await call(), await call(), await call()]).toEqual([202, 202, 202]);
    expect(ports.size).toBe(1);
  });

  test('says when the server hangs up on a request, instead of waiting for ever', async () => {
    const address = await serving((asked) => asked.socket.destroy());
    const failed = await new Promise<Error>((resolve) => {
      void Caller.open(address, resolve).then((caller) => caller.call(request, () => {}));
    });
    expect(failed.message).toMatch(/closed a connection with a request in flight|ECONNRESET/);
  });

  test('fails to open where nobody listens', async () => {
    await expect(Caller.open({ host: '127.0.0.1', port: 1 }, () => {})).rejects.toThrow('ECONNREFUSED');
  });
});
