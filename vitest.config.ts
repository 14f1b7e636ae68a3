// Everything but the window runs here, in Node, against real sockets on 127.0.0.1.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where programs are waited for most of the time: begun last, one core would idle at the end. */
const waiting = /compatibility/;

class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const first = sorted.filter(({ moduleId }) => waiting.test(moduleId));
    return [...first, ...sorted.filter(({ moduleId }) => !waiting.test(moduleId))];
  }
}

/** What they all have; a project of its own is where modules are replaced, which no other file may see. */
const common = { testTimeout: 30_000, hookTimeout: 60_000, pool: 'forks' } as const;
const replacing = ['test/main/electron/**/*.test.ts', 'test/preload/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 3,
    sequence: { sequencer: WaitingFirst },
    reporters: process.env.CI ? ['default'] : ['dot'],
    projects: [
      {
        test: {
          ...common,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/window/**', ...replacing],
          // Loading the same modules for each of two hundred files took a third of all the time.
          isolate: false,
        },
      },
      { test: { ...common, name: 'electron', include: replacing } },
    ],
  },
});
