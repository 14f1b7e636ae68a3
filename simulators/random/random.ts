// Chance as an argument, forked by name: a generator per (seed, name), so that adding a device never shifts another's numbers.

export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number;
  /** A generator of its own for `name`. The same name gives the same generator however often this one was asked. */
  fork(name: string): Random;
}

/** FNV-1a with a final mix, 32 bits. */
export function hashOf(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A seeded generator (mulberry32). The same seed gives the same numbers in every process. */
export const seeded = (seed: number): Random => new Mulberry(seed >>> 0);

/** A class and not two closures: each of thousands of devices keeps one. */
class Mulberry implements Random {
  readonly #seed: number;
  #state: number;
  constructor(seed: number) {
    this.#seed = seed;
    this.#state = seed;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  fork(name: string): Random {
    return new Mulberry(hashOf(name, this.#seed));
  }
}

/** Whether `name` belongs to the share (0 to 1) of all names that `seed` picks. Growing the share keeps those already in it. */
export const inShare = (name: string, share: number, seed: number): boolean => hashOf(name, seed) / 2 ** 32 < share;
