/** The sign-in by name in a real browser, whose rules for cookies are what it has to get along with. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RETURN_PATH } from '../../src/openid/openid.ts';
import { browserMissing, screenshot, seriousFaults } from '../support/browser.ts';
import { browserOfFile, pageOfFile } from '../support/browser-of-file.ts';
import { freePort } from '../support/free-port.ts';
import { CLIENT, startIssuer } from '../support/openid-issuer.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ADMIN = 'admin-token-of-the-tests';

const browser = browserOfFile();
const newPage = pageOfFile(browser);

/** The issuer is another site than the dashboard, as it is in earnest. */
async function running() {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const issuer = await startIssuer({ returnTo: publicUrl + RETURN_PATH, host: 'localhost' });
  issuer.people.set('7', { name: 'Ann', groups: ['security'] });
  issuer.people.set('8', { name: 'Bob', groups: ['everybody'] });
  const oidc = {
    ...{ issuer: issuer.url, clientId: CLIENT.id, clientSecret: CLIENT.secret },
    ...{ operators: ['security'], viewers: ['everybody'] },
  };
  const cwd = temporaryFolder();
  await startQuashHere({
    cwd,
    env: {
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_AUTH__TOKENS: 'pre-shared-token-of-the-tests',
      QUASH_ADMIN__TOKENS: ADMIN,
      QUASH_ADMIN__PORT: String(port),
      QUASH_ADMIN__PUBLICURL: publicUrl,
      QUASH_ADMIN__OIDC: JSON.stringify(oidc),
      QUASH_UPSTREAM__ALLOWPRIVATE: '["localhost"]',
    },
  });
  return { issuer, url: publicUrl };
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('link', { name: /^Sign in with localhost/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/** In a browser that has nothing of the others. */
async function otherBrowser(): Promise<Page> {
  const context = await browser().newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

describe.skipIf(browserMissing)(`a person${browserMissing ? ` (skipped: ${browserMissing})` : ''}`, () => {
  it('finds both ways in, which keep nobody out who needs help to read them', async () => {
    const { issuer, url } = await running();
    const page = await newPage();
    await page.goto(url);

    expect(await seriousFaults(page)).toEqual([]);
    await screenshot(page, 'sign-in-by-name');
    await page.getByLabel('Admin token').fill(ADMIN);
    await page.getByRole('button', { name: 'Sign in with the token' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();

    // By the issuer to the page that was asked for, which is live.
    issuer.sub = '7';
    await signIn(page, `${url}/providers`);
    await page.getByRole('heading', { level: 1, name: 'Providers' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Set for all' }).click();
    await page.getByText('The mode is set.').waitFor();
    await newPage();
  });

  it('sees no button that decides, as a viewer, but ends its session in another browser, and signs out', async () => {
    const { issuer, url } = await running();
    issuer.sub = '8';
    const [other, page] = [await otherBrowser(), await newPage()];
    await signIn(other, url);
    await signIn(page, `${url}/providers`);
    await page.getByRole('heading', { level: 1, name: 'Providers' }).waitFor();
    expect(await page.getByRole('button').allTextContents()).toEqual(['Sign out']);

    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByText('(this browser)').waitFor();
    expect(await page.getByRole('row').count()).toBe(3);
    expect(await seriousFaults(page)).toEqual([]);
    await screenshot(page, 'sessions');

    await page.getByRole('row').filter({ hasNotText: 'this browser' }).getByRole('button').click();
    await page.getByText('The session has ended.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();

    for (const each of [page, other]) {
      await each.goto(url);
      await each.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    }
    await newPage();
  });
});
