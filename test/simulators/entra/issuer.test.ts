// The local issuer from outside, as a client of OpenID Connect finds its way through it.
import { randomBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../simulators/clock/system.ts';
import { hubScope, openIssuer } from '../../../simulators/entra/issuer.ts';

async function anIssuer() {
  const issuer = await openIssuer({ clock: systemClock(), randomBytes });
  onTestFinished(() => issuer.stop());
  const ask = async (change: Record<string, string> = {}) => {
    const form = {
      grant_type: 'client_credentials',
      client_id: 'twin-contributor',
      client_secret: issuer.clientSecret,
      scope: hubScope,
      ...change,
    };
    const answer = await fetch(issuer.tokenEndpoint, { method: 'POST', body: new URLSearchParams(form) });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  return { issuer, ask };
}

test('a client with its secret gets a token for its role, which the published keys verify', async () => {
  const { issuer, ask } = await anIssuer();
  const configuration = await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json();
  expect(configuration).toMatchObject({ issuer: issuer.issuer, token_endpoint: issuer.tokenEndpoint });
  const { status, body } = await ask();
  expect([status, body.token_type, body.expires_in]).toEqual([200, 'Bearer', 3600]);
  const keys = createRemoteJWKSet(new URL((configuration as { jwks_uri: string }).jwks_uri));
  const { payload } = await jwtVerify(body.access_token ?? '', keys, {
    issuer: issuer.issuer,
    audience: 'https://iothubs.azure.net',
  });
  expect(payload.roles).toEqual(['IoT Hub Twin Contributor']);
});

test.each([
  [{ client_secret: 'guess' }, 401, 'invalid_client', 'client_secret: is not the one'],
  [{ client_id: 'constructor' }, 401, 'invalid_client', "client_id: 'constructor' is none of data-contributor"],
  [{ grant_type: 'password' }, 400, 'unsupported_grant_type', 'client_credentials'],
  [{ scope: 'https://graph.example/.default' }, 400, 'invalid_scope', hubScope],
])('asked with %j it answers %i %s', async (change, status, error, text) => {
  const { ask } = await anIssuer();
  const answer = await ask(change);
  expect([answer.status, answer.body.error]).toEqual([status, error]);
  expect(answer.body.error_description).toContain(text);
});

test('an unknown path and an expired token', async () => {
  const { issuer } = await anIssuer();
  expect((await fetch(`${issuer.issuer}/authorize`)).status).toBe(404);
  const { exp = 0, iat = 0 } = decodeJwt(await issuer.token({ lifetimeSeconds: -100 }));
  expect(exp).toBeLessThan(Date.now() / 1_000);
  expect(iat).toBeLessThan(exp);
});
