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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/window/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: WaitingFirst },
    reporters: process.env.CI ? ['default'] : ['dot'],
  },
});
