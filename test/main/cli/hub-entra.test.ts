// `hubfleet hub --entra-issuer`: what it prints is enough to get a token, and the hub takes it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { CliHost, CliTools } from '../../../main/cli/host.ts';
import { runCli } from '../../../main/cli/run.ts';
import { systemClock } from '../../../simulators/clock/system.ts';
import { type Hub, type HubOptions, openHub } from '../../../simulators/hub/hub.ts';
import { temporaryFolder } from '../support/temporary.ts';

interface Ready {
  readonly entra: { issuer: string; token: { url: string; method: string; contentType: string; body: string } };
}

/** Runs `hubfleet hub --json` on free ports with the plain HTTP door open, until the test is over. */
async function aHubCommand(...args: string[]) {
  const dataDir = temporaryFolder();
  const opened: HubOptions[] = [];
  const err: string[] = [];
  let hub: Hub | undefined;
  let stop = () => {};
  let ended: Promise<number> = Promise.resolve(0);
  const line = await new Promise<string | undefined>((resolve) => {
    const host = {
      args: [
        'hub',
        '--json',
        '--ephemeral',
        ...['https', 'mqtts', 'amqps', 'amqp', 'mqtt'].flatMap((door) => [`--${door}-port`, '0']),
        ...args,
      ],
      env: {},
      cwd: dataDir,
      dataDir,
      process: process.pid,
      platform: 'linux',
      isRoot: false,
      out: resolve,
      err: (text: string) => void err.push(text),
      onStop(listener: () => void) {
        stop = listener;
        return () => {};
      },
    } as unknown as CliHost;
    const tools = {
      version: '1.2.3',
      clock: systemClock(),
      randomBytes,
      openHub: async (options: HubOptions) => {
        opened.push(options);
        hub = await openHub({ ...options, listen: { ...options.listen, http: 0 } });
        return hub;
      },
      temporaryFolder: () => ({ path: dataDir, remove: () => {} }),
    } as unknown as CliTools;
    ended = runCli(host, tools);
    void ended.then(() => resolve(undefined));
  });
  onTestFinished(async () => {
    stop();
    await ended;
  });
  const ask = (path: string, init: RequestInit) => {
    const door = hub?.status.doors.http;
    return fetch(`http://127.0.0.1:${door?.port}${path}`, init);
  };
  const code = line === undefined ? await ended : undefined;
  return { ready: JSON.parse(line ?? '{}') as Ready, err, code, opened, ask };
}

test('a local issuer gives a token as the ready line says, and the hub takes it', async () => {
  const { ready, ask } = await aHubCommand('--entra-issuer', 'local');
  const { url, method, contentType, body } = ready.entra.token;
  const answer = await fetch(url, { method, headers: { 'content-type': contentType }, body });
  const { access_token } = (await answer.json()) as { access_token: string };
  // What an SDK's token credential does: the token behind the word Bearer.
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json; charset=utf-8' };
  const made = await ask('/devices/pump', { method: 'PUT', headers, body: '{"deviceId":"pump"}' });
  expect(made.status).toBe(200);
  expect(await (await ask('/twins/pump', { headers })).json()).toMatchObject({ deviceId: 'pump' });
  const call = await ask('/twins/pump/methods', { method: 'POST', headers, body: '{"methodName":"reboot"}' });
  expect(call.headers.get('iothub-errorcode')).toBe('DeviceNotOnline');
  const reader = body.replace('data-contributor', 'data-reader');
  const readerToken = await fetch(url, { method, headers: { 'content-type': contentType }, body: reader });
  const { access_token: readOnly } = (await readerToken.json()) as { access_token: string };
  const refused = await ask('/twins/pump', {
    method: 'PATCH',
    headers: { ...headers, authorization: `Bearer ${readOnly}` },
    body: '{}',
  });
  expect(refused.status).toBe(401);
  expect(await refused.text()).toMatch(
    /Principal \S+ is not authorized for PATCH on \/twins\/pump due to no assigned permissions/,
  );
});

test('an issuer elsewhere is named in the ready line and asked for nothing until a token comes', async () => {
  const issuer = 'https://sts.windows.net/00000000-0000-4000-a000-000000000000/';
  const { ready, opened } = await aHubCommand('--entra-issuer', issuer);
  expect(ready.entra).toEqual({ issuer });
  expect(opened[0]?.entra).toEqual({ issuer });
});

test.each([
  [['--entra-issuer', 'sts.windows.net'], "Expected 'local', or an https address"],
  [['--entra-issuer', 'http://sts.windows.net/'], "Expected 'local', or an https address"],
  [['--device-ca', join('nowhere', 'ca.pem')], '--device-ca: nowhere/ca.pem cannot be read'],
])('%j is refused', async (args, sentence) => {
  const { code, err } = await aHubCommand(...args);
  expect(code).toBe(2);
  expect(err.join()).toContain(sentence);
});
