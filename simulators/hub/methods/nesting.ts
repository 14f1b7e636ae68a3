// How deep JSON text nests, told before it is made into values: what nests too deep is read without trouble and written only until the stack ends.

/** Far beyond any use, and far from the end of the stack of whoever walks through the value. */
export const deepestJson = 512;

const quote = 0x22;
const backslash = 0x5c;

/** Whether lists and objects stand in each other deeper than `deepestJson`. For text that is no JSON the answer means nothing. */
export function nestsTooDeep(json: Buffer): boolean {
  if (json.length <= deepestJson * 2) return false;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepestJson) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === quote) {
      for (at += 1; at < json.length && json[at] !== quote; at++) if (json[at] === backslash) at += 1;
    }
  }
  return false;
}
