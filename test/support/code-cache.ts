import { resolve } from 'node:path';

/**
 * For processes that run sources: what was read once is kept as it runs, where the command itself keeps it. Without it
 * a service with all providers reads and compiles some thousand files anew.
 */
export const CODE_CACHE = {
  NODE_COMPILE_CACHE: resolve(import.meta.dirname, '../../node_modules/.cache/quash-code'),
  NODE_COMPILE_CACHE_PORTABLE: '1',
} as const;
