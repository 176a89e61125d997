import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'providers/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Most tests wait for processes and sockets, so two fit on one core; more would spoil those that measure time.
    maxWorkers: 3,
    // On a busy machine a test that waits for processes may come too late once; what is broken fails twice.
    retry: process.env.CI ? 1 : 0,
  },
});
