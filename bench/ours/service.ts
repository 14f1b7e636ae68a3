// What the bench asks of our hub from outside: identities for devices that are not ours, and a token for the load generator.
import type { HubStatus } from '../../simulators/hub/hub.ts';
import { parseConnectionString } from '../../simulators/tokens/connection-string.ts';
import { signToken } from '../../simulators/tokens/sas-token.ts';

export function serviceToken(hub: HubStatus): string {
  const { hostName, sharedAccessKey, sharedAccessKeyName } = parseConnectionString(
    hub.connectionStrings.iothubowner ?? '',
  );
  return signToken({
    resource: hostName,
    key: sharedAccessKey ?? '',
    policy: sharedAccessKeyName,
    expiresAt: Date.now() + 3_600_000,
  });
}

export interface Provisioned {
  readonly id: string;
  /** Base64. */
  readonly key: string;
}

/** Registers devices with one key for all; at most 100 go in one request. */
export async function provision(
  hub: HubStatus,
  ids: readonly string[],
): Promise<readonly [Provisioned, ...Provisioned[]]> {
  const key = Buffer.from('a key for every measured device').toString('base64');
  const { http } = hub.doors;
  const authorization = serviceToken(hub);
  for (let first = 0; first < ids.length; first += 100) {
    const entries = ids.slice(first, first + 100).map((id) => ({
      id,
      importMode: 'create',
      status: 'enabled',
      authentication: { type: 'sas', symmetricKey: { primaryKey: key, secondaryKey: key } },
    }));
    const response = await fetch(`http://${http?.host}:${http?.port}/devices?api-version=2021-04-12`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(entries),
    });
    if (!response.ok) throw new Error(`registering devices: ${response.status} ${await response.text()}`);
  }
  return ids.map((id) => ({ id, key })) as [Provisioned, ...Provisioned[]];
}

/** User name and token for clients that do not make their own. */
export const credentials = (hub: HubStatus, devices: readonly Provisioned[]) =>
  devices.map(({ id, key }) => ({
    id,
    username: `${hub.hostName}/${id}/?api-version=2021-04-12`,
    password: signToken({ resource: `${hub.hostName}/devices/${id}`, key, expiresAt: Date.now() + 3_600_000 }),
  }));
