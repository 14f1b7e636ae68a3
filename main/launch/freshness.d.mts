export interface Part {
  readonly name: string;
  readonly outputs: readonly string[];
}
export function digestOf(root: string, sources: readonly string[]): string;
export function isFresh(root: string, part: Part, digest: string): boolean;
export function markFresh(root: string, part: Part, digest: string): void;
export function replaceFile(file: string, content: string | Uint8Array, mode?: number): void;
