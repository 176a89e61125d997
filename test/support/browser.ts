import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const EXECUTABLE = spawnSync('sh', ['-c', 'command -v chromium || command -v chromium-browser'], {
  encoding: 'utf8',
}).stdout.trim();

/** Why pages cannot be tested here. */
export const browserMissing = EXECUTABLE === '' ? 'chromium is not installed' : undefined;

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** For people who want to see how it looks: with `QUASH_TEST_SCREENSHOTS=1`, outside version control. */
const SCREENSHOTS = resolve(import.meta.dirname, '../../test-results/screenshots');

/** These take the place of Playwright's own list, so what that keeps from asking outside stands here again. */
const WITHOUT = [
  ...['AimEnabled', 'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'LensOverlay', 'MediaRouter'],
  ...['NetworkTimeServiceQuerying', 'OptimizationHints', 'PreconnectToSearch', 'PaintHolding'],
  ...['AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync'],
  ...['DestroyProfileOnBrowserClose', 'ThirdPartyStoragePartitioning'],
  // Pages behind the address bar and in store, which each window starts two processes for.
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess'],
];

/** A real Chromium that asks nobody outside for anything. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${WITHOUT}`,
    ],
  });
}

export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.QUASH_TEST_SCREENSHOTS !== '1') return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** The accessibility faults that axe-core finds, of all rules or of these, but for minor ones. */
export async function seriousFaults(page: Page, ...rules: readonly string[]): Promise<readonly string[]> {
  // Not as a script element: the page's content security policy would refuse it, as it should.
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const options = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) };
  const { violations } = (await page.evaluate(`axe.run(${JSON.stringify(options)})`)) as {
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

const FOCUSED_NAMES = `(() => {
  if (document.activeElement.matches('body, [role=region]')) return '';
  const { ariaLabel, labels, textContent } = document.activeElement;
  return [ariaLabel, ...[...(labels ?? [])].map((label) => label.textContent), textContent].join(' ');
})()`;

/** Moves the focus to a control by the keyboard alone. @throws {Error} when it cannot be reached */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 100; presses++) {
    await page.keyboard.press('Tab');
    if (String(await page.evaluate(FOCUSED_NAMES)).includes(name)) return;
  }
  throw new Error(`No control named ${name} can be reached by keyboard`);
}
