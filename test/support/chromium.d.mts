export interface Chromium {
  readonly path: string;
  /** What it said to --version. */
  readonly version: string;
}
export function findChromium(env?: NodeJS.ProcessEnv): Chromium | undefined;
