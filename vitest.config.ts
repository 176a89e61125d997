import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'providers/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
