/** `npm run test:leaks`: the long hunt, which `npm test` leaves out. */
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';

const config = mergeConfig(base, defineConfig({ test: { testTimeout: LONG_TEST_PATIENCE_MS } }));
config.test.include = ['test/leaks/**/*.leaks.ts'];

export default config;
