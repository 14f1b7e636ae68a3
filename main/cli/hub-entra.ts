// `hubfleet hub --entra-issuer`: an issuer of Entra tokens that the hub trusts besides the keys it made itself.
import { InvalidArgumentError } from 'commander';
import type { EntraOptions } from '../../simulators/hub/access/access.ts';
import type { CliTools } from './host.ts';

/** What scripts rely on; members are only ever added. */
export interface EntraReady {
  readonly issuer: string;
  /** How to get a token: the request to send. Only of the issuer that came up with the hub. */
  readonly token?: {
    readonly method: 'POST';
    readonly url: string;
    readonly contentType: string;
    readonly body: string;
  };
  /** Values of `client_id`, and the role each stands for. */
  readonly clients?: Readonly<Record<string, string>>;
}

export interface EntraOfHub {
  readonly options: EntraOptions | undefined;
  readonly ready: EntraReady | undefined;
  stop(): Promise<void>;
}

export const entraIssuer = (text: string): string => {
  if (text === 'local') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const safe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname));
  if (!safe)
    throw new InvalidArgumentError("Expected 'local', or an https address such as https://sts.windows.net/<tenant>/.");
  return text;
};

/** `asked` is what `entraIssuer` let pass. */
export async function openEntraOfHub(asked: string | undefined, { clock, randomBytes }: CliTools): Promise<EntraOfHub> {
  if (asked === undefined) return { options: undefined, ready: undefined, stop: async () => {} };
  if (asked !== 'local') return { options: { issuer: asked }, ready: { issuer: asked }, stop: async () => {} };
  const { hubScope, openIssuer } = await import('../../simulators/entra/issuer.ts');
  const { issuer, keys, tokenEndpoint, clients, clientSecret, stop } = await openIssuer({ clock, randomBytes });
  const form = {
    grant_type: 'client_credentials',
    client_id: Object.keys(clients)[0] ?? '',
    client_secret: clientSecret,
    scope: hubScope,
  };
  return {
    options: { issuer, keys },
    ready: {
      issuer,
      token: {
        method: 'POST',
        url: tokenEndpoint,
        contentType: 'application/x-www-form-urlencoded',
        body: new URLSearchParams(form).toString(),
      },
      clients,
    },
    stop,
  };
}

export const entraText = ({ issuer, token, clients }: EntraReady): string =>
  [
    `  Entra  ${issuer}`,
    ...(token === undefined ? [] : [`    a token: curl --data '${token.body}' ${token.url}`]),
    ...(clients === undefined
      ? []
      : [
          `    client_id: ${Object.entries(clients)
            .map(([name, role]) => `${name} (${role})`)
            .join(', ')}`,
        ]),
  ].join('\n');
