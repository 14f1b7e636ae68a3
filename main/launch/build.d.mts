export function buildStale(options?: {
  readonly withBench?: boolean;
  readonly say?: (text: string) => void;
}): Promise<readonly string[]>;
