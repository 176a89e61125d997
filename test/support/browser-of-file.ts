import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { browserMissing, launchBrowser } from './browser.ts';
import { PATIENCE_MS } from './patience.ts';

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

/**
 * One page for all tests of a file, as a new one costs more than most tests do in it. Each time it is asked for it
 * knows nobody, shows nothing and listens to nothing, as if it were new.
 */
export function pageOfFile(browser: () => Browser): () => Promise<Page> {
  let page: Page | undefined;
  return async () => {
    page ??= await (await browser().newContext()).newPage();
    await page.goto('about:blank');
    for (const event of ['console', 'pageerror', 'request']) page.removeAllListeners(event);
    await page.unrouteAll();
    await page.context().clearCookies();
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.emulateMedia({ media: null, colorScheme: 'light' });
    // Sooner than the test's own, so that it is told what was waited for.
    page.setDefaultTimeout(PATIENCE_MS);
    return page;
  };
}
