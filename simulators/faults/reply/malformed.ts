// `reply.malformed`: the payload of the reply is no JSON, as when a buffer was too short for it: its second half is missing.
import type { FaultMaker } from '../fault.ts';

export const replyMalformed: FaultMaker<'reply.malformed'> = () => ({
  reply(passage) {
    passage.payload = cutShort(passage.payload);
    passage.pass();
  },
});

/** Half a number may still be one, and an empty payload has no half: those become the beginning of an object. */
function cutShort(payload: string): string {
  const half = payload.slice(0, Math.ceil(payload.length / 2));
  return isJson(half) || half === '' ? '{' : half;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
