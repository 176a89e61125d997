import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where tests wait for processes: begun last, they would leave the cores idle at the end. */
const WAITING = /\/test\/(bench|chaos|dashboard|helm|integration|leaks)\//;

class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const { waiting = [], others = [] } = Object.groupBy(sorted, ({ moduleId }) =>
      WAITING.test(moduleId) ? 'waiting' : 'others',
    );
    return [...waiting, ...others];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'providers/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // No module keeps state, so nothing is gained by reading all of them anew for each file, and a fifth of the time lost.
    isolate: false,
    // Most tests wait for processes and sockets, so two fit on one core; more would spoil those that measure time.
    maxWorkers: 3,
    sequence: { sequencer: WaitingFirst },
    // On a busy machine a test that waits for processes may come too late once; what is broken fails twice.
    retry: process.env.CI ? 1 : 0,
  },
});
