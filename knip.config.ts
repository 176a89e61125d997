/** `knip`: what nothing uses of files, exports and packages. Part of `npm run check`. */
export default {
  entry: [
    // A thread of its own: `new Worker(new URL(...))`.
    'src/http/parse-worker.ts',
    // What tests start as processes of their own, by path.
    'test/bench/processes/*.ts',
    'test/chaos/skewed-quash.ts',
    'test/leaks/child.ts',
    'test/soak/gauge.ts',
    'test/support/careless-quash.ts',
    'test/support/gitlab-only.ts',
    'test/support/leash-runner.ts',
    'test/support/leash.ts',
  ],
  project: [
    '{src,providers,test,helm,.ci}/**/*.{ts,js}',
    '*.config.ts',
    // Runs in a browser, which loads it by its URL.
    '!src/admin/dashboard/assets/**',
  ],
  ignoreIssues: {
    // What a provider is tried with stands there under a name, whether a test beside it asks for it or not.
    'providers/*/cases.ts': ['exports'],
  },
  // Found by `createRequire().resolve()`, and read by the browser.
  ignoreDependencies: ['axe-core'],
  // Of the operating system.
  ignoreBinaries: ['go', 'openssl', 'prlimit', 'redis-server', 'unshare'],
  treatConfigHintsAsErrors: true,
};
