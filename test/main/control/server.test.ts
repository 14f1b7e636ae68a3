// The control API answers a program that shows this start's token under a loopback name, and nobody else; it says what was wrong.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlHost, largestInput, openControl } from '../../../main/control/server.ts';
import { fakeLab } from '../support/fake-lab.ts';

const token = 'k3Yk0-a_random.token-of-this-start';
const lab = fakeLab();
let kept = 0;
let control: ControlHost;
beforeAll(async () => {
  control = await openControl({ lab, behaviours: '/nowhere', keep: () => void kept++ }, token);
});
afterAll(() => control.stop());

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
const ours = { authorization: `Bearer ${token}` };

function ask(path: string, { method = 'POST', headers = ours, body = '' }: Asked = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; said: { answer?: unknown; error?: unknown } }>(
    (resolve, reject) => {
      const sent = request(`${control.url}${path}`, { method, headers, agent: false }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += String(chunk);
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, said: JSON.parse(text) }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    },
  );
}

describe('who is let in', () => {
  test.each([
    ['no token', {}, 401],
    ['another token', { authorization: 'Bearer wrong' }, 401],
    ['a token that begins like ours', { authorization: `Bearer ${token}x` }, 401],
    ['a password', { authorization: `Basic ${Buffer.from(`:${token}`).toString('base64')}` }, 401],
    ['a cookie', { cookie: `hubfleet=${token}` }, 401],
    ['another host name', { ...ours, host: 'evil.example' }, 421],
    ['our name without the port', { ...ours, host: '127.0.0.1' }, 421],
    ['the origin of a foreign page', { ...ours, origin: 'http://evil.example' }, 403],
    ['the origin of a page without one', { ...ours, origin: 'null' }, 403],
  ])('%s is turned away before anything is done', async (_, headers, status) => {
    const answer = await ask('/command/traffic.clear', { headers });
    expect([answer.status, Object.keys(answer.said)]).toEqual([status, ['error']]);
    expect(lab.calls).not.toContain('clearTraffic');
    expect((await ask('/view/totals', { headers, method: 'GET' })).status).toBe(status);
  });

  test('the origin of its own address is turned away, too: no page is served there', async () => {
    expect((await ask('/view/totals', { headers: { ...ours, origin: control.url } })).status).toBe(403);
  });

  test('a token in the address is not looked at', async () => {
    expect((await ask(`/view/totals?token=${token}`, { headers: {} })).status).toBe(401);
  });

  test('no page of another origin is told that it may ask', async () => {
    const { status, headers } = await ask('/command/traffic.clear', {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(status).toBe(403);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('what is answered', () => {
  test('a command is done with its defaults filled in, kept, and answered', async () => {
    const spec = { name: 'pumps', count: 3 };
    const { status, headers, said } = await ask('/command/fleet.add', { body: JSON.stringify({ spec }) });
    expect([status, said, kept]).toEqual([200, { answer: null }, 1]);
    expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    expect(lab.fleets()[0]).toMatchObject({ name: 'pumps', protocol: 'mqtt' });
  });

  test("Node's own fetch is answered, which says no origin", async () => {
    const options = { method: 'POST', headers: { ...ours, 'content-type': 'application/json' }, body: '{}' };
    const answer = await fetch(`${control.url}/view/totals`, options);
    expect([answer.status, await answer.json()]).toEqual([200, { answer: { calls: 0 } }]);
  });

  test('a view is one snapshot, asked with GET or POST', async () => {
    expect((await ask('/view/totals', { method: 'GET' })).said).toEqual({ answer: { calls: 0 } });
    const input = JSON.stringify({ from: 7 });
    const asked = [
      await ask('/view/fleet', { body: input }),
      await ask(`/view/fleet?input=${encodeURIComponent(input)}`, { method: 'GET' }),
    ];
    for (const { said } of asked) expect(said).toMatchObject({ answer: { from: 7 } });
  });

  test.each([
    ['/command/fleet.fly', '', 404, 'command.unknown', "there is no command 'fleet.fly'"],
    ['/command/constructor', '', 404, 'command.unknown', "there is no command 'constructor'"],
    ['/view/nothing', '', 404, 'command.unknown', "there is no view 'nothing'"],
    ['/elsewhere', '', 404, 'command.unknown', 'there is nothing at /elsewhere'],
    ['/command/run.start', '{', 400, 'input.invalid', 'the input is not JSON'],
    ['/command/run.start', '[]', 400, 'input.invalid', 'expected object'],
    ['/command/fleet.remove', '{"fleet":"nobody"}', 404, 'fleet.unknown', "there is no fleet 'nobody'"],
    ['/command/fleet.add', '{"spec":{"name":"x","count":0}}', 400, 'input.invalid', 'spec.count: at least 1 device'],
    ['/view/run', '{"run":"7"}', 404, 'run.unknown', "there is no run '7'"],
    ['/view/hub', '', 500, 'internal', 'not in this test'],
  ])('%s with %j is %i %s', async (path, body, status, code, message) => {
    const answer = await ask(path, { body });
    expect(answer.status).toBe(status);
    expect(answer.said).toEqual({
      error: expect.objectContaining({ code, message: expect.stringContaining(message) }),
    });
  });

  test('what exists already is 409', async () => {
    const body = JSON.stringify({ spec: { name: 'twice', count: 1 } });
    await ask('/command/fleet.add', { body });
    expect((await ask('/command/fleet.add', { body })).status).toBe(409);
  });

  test('a command is not done by GET, and the answer names what is', async () => {
    const { status, headers } = await ask('/command/traffic.clear', { method: 'GET' });
    expect([status, headers.allow]).toEqual([405, 'POST']);
    expect((await ask('/view/totals', { method: 'DELETE' })).headers.allow).toBe('GET, POST');
    expect(lab.calls).not.toContain('clearTraffic');
  });

  test('more than any input has is refused', async () => {
    expect((await ask('/command/query.run', { body: ' '.repeat(largestInput + 1) })).status).toBe(413);
    expect((await ask('/command/traffic.clear', { body: ' '.repeat(largestInput) })).status).toBe(200);
  });
});
