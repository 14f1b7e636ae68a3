// The token service on a connection (reference 3.2): reads a put-token request, and writes the reply with the id it came with, of the same type.
import { Refusal, refuse } from '../../../vocabulary/service-errors.ts';
import type { Access } from '../../access/access.ts';
import { BadBytes } from './encoding.ts';
import { encodeMessage, type Typed, types } from './rhea-parts.ts';
import { bodyOf, field, readSections } from './sections.ts';
import type { Tokens } from './tokens.ts';

const sasTypes = ['servicebus.windows.net:sastoken', 'azure-devices.net:sastoken'];
const bearerTypes = ['jwt', 'bearer'];
const longestToken = 32_768;

/** Puts the token a request holds on the connection. Gives the encoded reply; throws BadBytes for what is no message. */
export async function putToken(bytes: Buffer, access: Access, tokens: Tokens): Promise<Buffer> {
  const sections = readSections(bytes);
  const { application, properties } = sections;
  const refused = await put(application, bodyOf(sections).toString(), access, tokens);
  return reply(properties[field.messageId], refused);
}

async function put(
  application: ReadonlyMap<string, unknown>,
  body: string,
  access: Access,
  tokens: Tokens,
): Promise<Refusal | undefined> {
  const [operation, type, name] = ['operation', 'type', 'name'].map((key) => application.get(key));
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
  const text = bare ? `Bearer ${body}` : body;
  const token = await access.openToken(text);
  return token instanceof Refusal ? token : tokens.put(name, text, token);
}

/** .NET and Java take nothing but an int for the status. */
function reply(messageId: Typed | undefined, refused: Refusal | undefined): Buffer {
  return encodeMessage({
    correlation_id: messageId === undefined || messageId.value === null ? undefined : held(messageId),
    application_properties: {
      'status-code': types.wrap_int(refused === undefined ? 200 : refused.status),
      'status-description': refused === undefined ? 'OK' : `${refused.number}: ${refused.message}`,
    },
    body: '',
  });
}

const idTypes = new Set(['Uuid', 'Ulong', 'SmallUlong', 'Ulong0', 'Vbin8', 'Vbin32', 'Str8', 'Str32']);

/** An id as it came, type and all. Throws BadBytes for a value that cannot be one. */
export function held(id: Typed): Typed {
  if (!idTypes.has(id.type.name)) throw new BadBytes(`an id of the type ${id.type.name}`);
  return id;
}
