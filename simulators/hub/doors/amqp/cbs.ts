// The token service on a connection (reference 3.2): reads a put-token request, and writes the reply with the id it came with, of the same type.
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Access, OpenToken } from '../../access/access.ts';
import { BadBytes } from './encoding.ts';
import { encodeMessage, type Typed, types } from './rhea-parts.ts';
import { bodyOf, field, readSections, type Sections } from './sections.ts';
import type { Tokens } from './tokens.ts';

const sasTypes = ['servicebus.windows.net:sastoken', 'azure-devices.net:sastoken'];
const bearerTypes = ['jwt', 'bearer'];
const longestToken = 32_768;

export interface Put {
  /** Encoded. */
  readonly reply: Buffer;
  readonly refusal: Refusal | undefined;
  /** What the token was put under; empty when the request has none. */
  readonly name: string;
}

/**
 * Puts the token a request holds on the connection: at once, unless an issuer must be asked first. Throws BadBytes for what is no message.
 */
export function putToken(bytes: Buffer, access: Access, tokens: Tokens): Put | Promise<Put> {
  const sections = readSections(bytes);
  const id = idOf(sections.properties[field.messageId]);
  const asked = readRequest(sections);
  if (asked instanceof Refusal) return { reply: reply(id, asked), refusal: asked, name: '' };
  const { name, text } = asked;
  const put = (token: OpenToken | Refusal): Put => {
    const refusal = token instanceof Refusal ? token : tokens.put(name, text, token);
    return { reply: reply(id, refusal), refusal, name };
  };
  const opened = access.openToken(text);
  return opened instanceof Promise ? opened.then(put) : put(opened);
}

function readRequest(sections: Sections): { readonly name: string; readonly text: string } | Refusal {
  const { application } = sections;
  const [operation, type, name] = ['operation', 'type', 'name'].map((key) => application.get(key));
  const body = bodyOf(sections).toString();
  if (operation !== 'put-token') {
    return refuse('ArgumentInvalid', `operation: '${String(operation).slice(0, 80)}' must be put-token.`);
  }
  const kind = typeof type === 'string' ? type.toLowerCase() : '';
  if (!sasTypes.includes(kind) && !bearerTypes.includes(kind)) {
    const all = [...sasTypes, ...bearerTypes].join(', ');
    return refuse('ArgumentInvalid', `type: '${String(type).slice(0, 80)}' must be one of ${all}.`);
  }
  if (typeof name !== 'string' || name === '') return refuse('ArgumentInvalid', 'name: must be the audience, a text.');
  if (body === '' || body.length > longestToken) {
    return refuse('ArgumentInvalid', `body: must be the token, a text of at most ${longestToken} characters.`);
  }
  const bare = bearerTypes.includes(kind) && !/^(bearer|sharedaccesssignature) /i.test(body);
  return { name, text: bare ? `Bearer ${body}` : body };
}

/** .NET and Java take nothing but an int for the status. */
function reply(id: Typed | undefined, refused: Refusal | undefined): Buffer {
  return encodeMessage({
    correlation_id: id,
    application_properties: {
      'status-code': types.wrap_int(refused === undefined ? 200 : refused.status),
      'status-description': refused === undefined ? 'OK' : `${refused.number}: ${refused.message}`,
    },
    body: '',
  });
}

const idTypes = new Set(['Uuid', 'Ulong', 'SmallUlong', 'Ulong0', 'Vbin8', 'Vbin32', 'Str8', 'Str32']);

/** An id to be sent back as it came, type and all; undefined when there was none. Throws BadBytes for a value that cannot be one. */
export function idOf(id: Typed | undefined): Typed | undefined {
  if (id === undefined || id.value === null) return undefined;
  if (!idTypes.has(id.type.name)) throw new BadBytes(`an id of the type ${id.type.name}`);
  return id;
}
