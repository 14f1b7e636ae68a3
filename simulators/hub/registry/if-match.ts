// If-Match as services send it: quoted, bare, weak, or `*` for any (reference 4.2). Pure.
import { type Refusal, refuse } from '../../vocabulary/service-errors.ts';

/** Undefined when the condition holds or there is none. */
export function unmatched(ifMatch: string | undefined, etag: string): Refusal | undefined {
  if (ifMatch === undefined) return undefined;
  const wanted = bareEtag(ifMatch);
  if (wanted === '*' || wanted === etag) return undefined;
  return refuse('PreconditionFailed', `If-Match: '${wanted.slice(0, 100)}' is not the current etag '${etag}'.`);
}

export const bareEtag = (text: string): string => {
  const bare = text.trim().replace(/^W\//i, '');
  return bare.length > 1 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare;
};
