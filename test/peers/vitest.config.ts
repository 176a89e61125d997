/** `npm run test:peers`: the product against real servers, those that take minutes, too. */
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';

const test = { testTimeout: LONG_TEST_PATIENCE_MS, hookTimeout: LONG_TEST_PATIENCE_MS };
const config = mergeConfig(base, defineConfig({ test }));
config.test.include = ['test/peers/**/*.{test,peers}.ts'];

export default config;
