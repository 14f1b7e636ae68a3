// An Entra token as the hub's doors ask it: what its principal may do in the service API, and that it opens no device (reference 1.4).
import { Refusal, refuse } from '../../vocabulary/service-errors.ts';
import type { DataAction, OpenToken } from './access.ts';
import type { EntraTokens } from './entra.ts';

/** The token in `Bearer <token>`, or a bare one: not every AMQP client writes the word. */
export const bearerIn = (text: string): string | undefined =>
  /^bearer\s+(\S+)\s*$/i.exec(text)?.[1] ?? (/^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(text) ? text : undefined);

export async function openBearer(jwt: string, { verify }: EntraTokens): Promise<OpenToken | Refusal> {
  const principal = await verify(jwt);
  if (principal instanceof Refusal) return principal;
  const { id: subject, expiresAt, allows } = principal;
  return {
    expiresAt,
    subject,
    permits: ({ action }, path, verb = verbOf(action)) =>
      allows(action) ? undefined : unassigned(subject, verb, path ?? action),
    admits: ({ deviceId }) =>
      refuse('IotHubUnauthorized', `Unauthorized: an Entra token opens the service API, not device '${deviceId}'`),
  };
}

/** For a door that has no verb, such as AMQP. */
const verbOf = (action: DataAction): string =>
  action.endsWith('/read') ? 'GET' : action.endsWith('/write') ? 'PUT' : action.endsWith('/delete') ? 'DELETE' : 'POST';

const unassigned = (subject: string, verb: string, path: string): Refusal =>
  refuse(
    'IotHubUnauthorized',
    `Principal ${subject} is not authorized for ${verb} on /${path.replace(/^\//, '')} due to no assigned permissions`,
  );
