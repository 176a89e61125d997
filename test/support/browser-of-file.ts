import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { browserMissing, launchBrowser } from './browser.ts';

/** One for all tests of a file, which ends with them. */
export function browserOfFile(): () => Browser {
  let browser: Browser | undefined;
  if (!browserMissing) {
    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser?.close());
  }
  return () => {
    if (!browser) throw new Error(browserMissing ?? 'Chromium did not start.');
    return browser;
  };
}
