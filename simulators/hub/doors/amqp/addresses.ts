// What a link's address means (reference 3.3, 4.6). Links are told apart by it alone: names repeat and properties leak between links. Pure.
import { type DeviceId, identityId, isIdentityId } from '../../../vocabulary/ids.ts';

export type DeviceNode = 'events' | 'messages' | 'methods' | 'twin';
export type ServiceNode = 'send' | 'feedback' | 'file-notifications';

export type Address =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'device'; readonly node: DeviceNode; readonly identity: DeviceId }
  | { readonly kind: 'service'; readonly node: ServiceNode }
  /** The endpoint that Event Hub clients read telemetry from; the hub has none. */
  | { readonly kind: 'event-hub' };

/** The address in one end of a link; what is no text is none. */
export function addressOf(terminus: { readonly address?: unknown } | null | undefined): string | undefined {
  const address = terminus?.address;
  return typeof address === 'string' ? address : undefined;
}

/** Fixed words after the identity, in small letters. */
const deviceNodes: ReadonlyMap<string, DeviceNode> = new Map([
  ['messages/events', 'events'],
  ['messages/devicebound', 'messages'],
  ['methods/devicebound', 'methods'],
  ['twin', 'twin'],
] as const);
const serviceNodes: ReadonlyMap<string, ServiceNode> = new Map([
  ['messages/devicebound', 'send'],
  ['messages/servicebound/feedback', 'feedback'],
  ['messages/servicebound/filenotifications', 'file-notifications'],
] as const);

/**
 * Takes a path or an absolute URI, with or without a leading slash; fixed words in any case. Ids are percent-encoded by some clients and not by
 * others, and may hold a '%' themselves: as it stands when `known` says so, decoded otherwise.
 */
export function parseAddress(text: string, known: (identity: string) => boolean): Address | undefined {
  const path = text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/^\//, '');
  const words = path.split('/');
  const lower = words.map((word) => decoded(word).toLowerCase());
  if (lower[0] === '$cbs') return words.length === 1 ? { kind: 'cbs' } : undefined;
  if (lower[0] === 'messages') {
    const node = serviceNodes.get(withoutLastSlash(lower.join('/')));
    if (node !== undefined) return { kind: 'service', node };
    return lower[1] === 'events' ? { kind: 'event-hub' } : undefined;
  }
  if (lower[0] !== 'devices') return undefined;
  const device = words[1] ?? '';
  const module = lower[2] === 'modules' ? (words[3] ?? '') : undefined;
  const node = deviceNodes.get(withoutLastSlash(lower.slice(module === undefined ? 2 : 4).join('/')));
  const asIs = identityId(device, module);
  const identity = known(asIs) ? asIs : identityId(decoded(device), module === undefined ? undefined : decoded(module));
  return node !== undefined && isIdentityId(identity) ? { kind: 'device', node, identity } : undefined;
}

const withoutLastSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

function decoded(word: string): string {
  if (!word.includes('%')) return word;
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
