// `hubfleet sas`: tokens that verify, for whom they were asked.
import { describe, expect, test } from 'vitest';
import { parseToken, verifyToken } from '../../../simulators/tokens/sas-token.ts';
import { aTerminal, remote } from './a-terminal.ts';

const key = Buffer.from('the key of the device').toString('base64');
const device = {
  status: 200,
  body: JSON.stringify({ deviceId: 'd', authentication: { symmetricKey: { primaryKey: key } } }),
};

describe('hubfleet sas', () => {
  test('signs for the service API as the policy of the connection string', async () => {
    const { run, out } = aTerminal();
    expect(await run('sas', '--hub', remote, '--lifetime', '60')).toBe(0);
    const token = parseToken(out[0] ?? '');
    expect(token).toMatchObject({ sr: 'far.example.net', skn: 'service' });
    expect(token && verifyToken(token, 'c2VydmljZQ==')).toBe(true);
  });

  test.each([
    ['d', '127.0.0.1%2Fdevices%2Fd'],
    ['d/m', '127.0.0.1%2Fdevices%2Fd%2Fmodules%2Fm'],
  ])('signs for %s with its own key', async (id, resource) => {
    const { run, out } = aTerminal({ getDevice: async () => device });
    expect(await run('sas', id, '--hub', remote, '--json')).toBe(0);
    const said = JSON.parse(out[0] ?? '');
    const token = parseToken(said.token);
    expect(said).toMatchObject({ id, expiresAt: expect.stringMatching(/Z$/) });
    expect(token?.sr.toLowerCase()).toBe(resource.toLowerCase());
    expect(token && verifyToken(token, key)).toBe(true);
  });

  test('says why it cannot sign', async () => {
    const certificate = { status: 200, body: JSON.stringify({ authentication: { type: 'selfSigned' } }) };
    const terminal = aTerminal({ getDevice: async () => certificate });
    expect(await terminal.run('sas', 'd', '--hub', remote)).toBe(1);
    expect(terminal.err[0]).toContain('d has no symmetric key: it shows a certificate');
    const other = aTerminal();
    expect(await other.run('sas', '--hub', remote, '--policy', 'device')).toBe(2);
    expect(other.err[0]).toContain("holds the key of 'service', not of 'device'");
    const both = aTerminal();
    expect(await both.run('sas', 'd', '--hub', remote, '--policy', 'device')).toBe(2);
    expect(both.err[0]).toContain('signed with its own key');
    const nowhere = aTerminal();
    expect(await nowhere.run('sas')).toBe(3);
    expect(nowhere.err[0]).toContain('no local hub runs');
  });
});
