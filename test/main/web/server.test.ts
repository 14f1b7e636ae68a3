// The browser host lets in whoever has this start's token, from a page of its own, under a loopback name; nobody else.
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openWeb, type WebHost } from '../../../main/web/server.ts';
import { systemClock } from '../../../simulators/clock/system.ts';
import { fakeLab } from '../support/fake-lab.ts';
import { temporaryFolder } from '../support/temporary.ts';

const token = 'k3Yk0-a_random.token-of-this-start';
const window = temporaryFolder();
mkdirSync(join(window, 'assets'));
writeFileSync(join(window, 'index.html'), '<!doctype html><title>window</title>');
writeFileSync(join(window, 'assets', 'index-1a2b.js'), 'export {};');
writeFileSync(join(window, 'notes.txt'), 'no type is known for this one');

const lab = fakeLab();
const open = (port: number, folder = window) =>
  openWeb({
    bench: { lab, behaviours: '/nowhere', keep: () => {} },
    clock: systemClock(),
    window: folder,
    port,
    token,
  });
let web: WebHost;
beforeAll(async () => {
  web = await open(0);
});
afterAll(() => web.stop());

const cookie = () => `hubfleet-${web.port}=${token}`;

function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }>(
    (resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: web.port, path, method, headers }, (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += String(chunk);
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      });
      sent.on('error', reject);
      sent.end();
    },
  );
}

/** Dials the contract; gives the socket, or the HTTP status it was turned away with. */
const dial = (headers: Record<string, string>, path = '/contract') =>
  new Promise<WebSocket | number>((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${web.port}${path}`, { headers });
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (sent, answer) => {
      resolve(answer.statusCode ?? 0);
      sent.destroy();
    });
    socket.once('error', reject);
  });

describe('the token', () => {
  test('in the address it is exchanged for a cookie that scripts cannot read, and leaves the address', async () => {
    const path = web.url.slice(`http://127.0.0.1:${web.port}`.length);
    const answer = await get(path);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(answer.headers['set-cookie']).toEqual([`${cookie()}; HttpOnly; SameSite=Strict; Path=/`]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('without it there is a page that says what to do, and nothing of the window', async () => {
    const answer = await get('/');
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('Open the whole address that Hubfleet printed');
    expect((await get('/assets/index-1a2b.js')).status).toBe(403);
  });

  test.each(['', 'wrong', `${token}x`, token.slice(1)])('%j is not it, in address, cookie or header', async (wrong) => {
    expect((await get(`/?token=${wrong}`)).status).toBe(403);
    expect((await get('/', { cookie: `hubfleet-${web.port}=${wrong}` })).status).toBe(403);
    expect((await get('/', { authorization: `Bearer ${wrong}` })).status).toBe(403);
  });

  test('another port may have a cookie beside ours', async () => {
    expect((await get('/', { cookie: `hubfleet-1=other; ${cookie()}` })).status).toBe(200);
    expect((await get('/', { cookie: `hubfleet-1=${token}` })).status).toBe(403);
  });

  test('programs may show it in a header', async () => {
    expect((await get('/', { authorization: `Bearer ${token}` })).status).toBe(200);
  });
});

describe('pages', () => {
  test('the window comes with a policy that runs its own scripts only, and is not kept', async () => {
    const { status, headers, body } = await get('/', { cookie: cookie() });
    expect([status, body]).toEqual([200, '<!doctype html><title>window</title>']);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-eval');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  test('files named by their content may be kept', async () => {
    const { headers } = await get('/assets/index-1a2b.js', { cookie: cookie() });
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(headers['cache-control']).toContain('immutable');
  });

  test.each(['/../package.json', '/%2e%2e/package.json', '/assets', '/notes.txt', '//etc/passwd', '/constructor'])(
    '%s is not there',
    async (path) => {
      expect((await get(path, { cookie: cookie() })).status).toBe(404);
    },
  );

  test.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost'])(
    'a request for the host %j is refused',
    async (name) => {
      expect((await get('/', { host: name, cookie: cookie() })).status).toBe(421);
    },
  );

  test('nothing can be posted', async () => {
    expect((await get('/', { cookie: cookie() }, 'POST')).status).toBe(405);
  });
});

describe('the contract', () => {
  const ours = () => ({ origin: `http://127.0.0.1:${web.port}`, cookie: cookie() });

  test('is spoken to a page of ours that has the cookie', async () => {
    const socket = await dial(ours());
    if (typeof socket === 'number') throw new Error(`turned away with ${socket}`);
    const answer = new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
    socket.send(JSON.stringify({ kind: 'subscribe', id: 1, name: 'totals', input: {} }));
    expect(await answer).toEqual({ kind: 'snapshot', id: 1, value: { calls: 0 } });
    socket.terminate();
  });

  test('is not spoken to a page of another origin, even with the cookie', async () => {
    expect(await dial({ ...ours(), origin: 'http://evil.example' })).toBe(403);
    expect(await dial({ ...ours(), origin: 'http://127.0.0.1:1' })).toBe(403);
    expect(await dial({ ...ours(), origin: 'null' })).toBe(403);
  });

  test('is not spoken without the cookie, without an origin, under another host name or path', async () => {
    expect(await dial({ origin: `http://127.0.0.1:${web.port}` })).toBe(403);
    expect(await dial({ cookie: cookie() })).toBe(403);
    expect(await dial({ ...ours(), host: `evil.example:${web.port}` })).toBe(421);
    expect(await dial(ours(), '/other')).toBe(404);
  });

  test('a message that is not JSON ends that connection and no other', async () => {
    const bad = await dial(ours());
    const good = await dial(ours());
    if (typeof bad === 'number' || typeof good === 'number') throw new Error('turned away');
    const closed = new Promise((resolve) => bad.once('close', resolve));
    bad.send('{');
    expect(await closed).toBe(1007);
    const answer = new Promise((resolve) => good.once('message', (data) => resolve(JSON.parse(String(data)))));
    good.send(JSON.stringify({ kind: 'command', id: 2, name: 'traffic.clear', input: {} }));
    expect(await answer).toEqual({ kind: 'answer', id: 2, value: null });
    good.terminate();
  });
});

describe('starting', () => {
  test('a taken port is a sentence with the flag and the port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(open(port)).rejects.toMatchObject({
      code: 'port.taken',
      message: `--port: port ${port} is taken by another program`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  test('a window that was not built is a sentence', async () => {
    await expect(open(0, join(window, 'nowhere'))).rejects.toMatchObject({ code: 'file.unreadable' });
    await expect(open(0, join(window, 'assets'))).rejects.toMatchObject({ code: 'file.unreadable' });
  });

  test('stopping cuts off windows that are open', async () => {
    const mine = await open(0);
    const socket = new WebSocket(`ws://127.0.0.1:${mine.port}/contract`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await new Promise((resolve) => socket.once('open', resolve));
    const gone = new Promise((resolve) => socket.once('close', resolve));
    await mine.stop();
    await gone;
  });
});
