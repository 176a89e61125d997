import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { CODE_CACHE } from './test/support/code-cache.ts';
import { LineReporter } from './test/support/line-reporter.ts';
import { inMemory } from './test/support/memory-folder.ts';
import { PATIENCE_MS, TEST_PATIENCE_MS } from './test/support/patience.ts';

/** Where tests wait for processes: begun last, they would leave the cores idle at the end. */
const WAITING = /\/test\/(bench|chaos|dashboard|integration|leaks|soak)\//;
/** Where they may also wait for what `npm test` still installs for them. */
const NEEDING_TOOLS = /\/test\/(helm|peers)\//;

class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const {
      waiting = [],
      needing = [],
      others = [],
    } = Object.groupBy(sorted, ({ moduleId }) => {
      if (WAITING.test(moduleId)) return 'waiting';
      return NEEDING_TOOLS.test(moduleId) ? 'needing' : 'others';
    });
    return [...waiting, ...needing, ...others];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'providers/**/*.test.ts'],
    globalSetup: ['test/support/bundles-of-run.ts'],
    setupFiles: ['test/support/clean-up.ts'],
    env: { ...inMemory(), ...CODE_CACHE },
    testTimeout: TEST_PATIENCE_MS,
    hookTimeout: TEST_PATIENCE_MS,
    teardownTimeout: PATIENCE_MS,
    // No module keeps state of a test, so nothing is gained by reading all of them anew for each file, and a fifth of
    // the time lost.
    isolate: false,
    // Most tests wait for processes and sockets, so two fit on one core.
    maxWorkers: 4,
    sequence: { sequencer: WaitingFirst },
    reporters: [new LineReporter()],
    // The reporter names slow tests, too; here many take seconds.
    slowTestThreshold: 60_000,
  },
});
