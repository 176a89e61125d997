import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { browserMissing, screenshot, seriousFaults, tabTo } from '../support/browser.ts';
import { browserOfFile, pageOfFile } from '../support/browser-of-file.ts';
import { eventually } from '../support/eventually.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { LEDGERS, type LedgerUnderTest } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';
const RUNNER_TYPE = 'gitleaks_rule_id_gitlab_runner_auth_token';
const AGE_TYPE = 'gitleaks_rule_id_age_secret_key';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';

const newPage = pageOfFile(browserOfFile());

async function running(ledger: LedgerUnderTest) {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  const opened = await ledger.open();
  const quash = await startQuashHere({
    cwd: opened.folder,
    env: {
      ...opened.env,
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_ADMIN__TOKENS: ADMIN,
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
      QUASH_MANUAL: JSON.stringify([AGE_TYPE]),
    },
  });
  const client = gitlabClientOf(quash, PRE_SHARED);
  const report = (type: string, token: string) => client.report(findings(1, { type, token: () => token }));
  return { quash, gitlab, report };
}

/** A page that fails the test on any error in it and on any call to elsewhere. */
async function open(url: string): Promise<Page> {
  const page = await newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => !request.url().startsWith(url) && faults.push(request.url()));
  onTestFinished(async () => {
    await newPage();
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
  });
  await page.goto(url);
  return page;
}

async function signedIn(url: string): Promise<Page> {
  const page = await open(url);
  await page.getByLabel('Admin token').fill(ADMIN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await overview(page);
  return page;
}

const overview = (page: Page) => page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
const isDead = (page: Page) => page.getByText('Dead: revoked and proven').first().waitFor();
const unknownToken = (end: string) => ['gl', 'pat-', `unknownunknown12345${end}`].join('');

const card = (page: Page, name: string) =>
  page
    .locator('.card', { has: page.getByText(name, { exact: true }) })
    .locator('dd')
    .first();

for (const ledger of LEDGERS) {
  const missing = browserMissing ?? ledger.missing;
  // The pages are the same on each ledger: what concerns nothing else is shown on one.
  const isFirst = ledger === LEDGERS[0];
  const skipped = missing ?? (isFirst ? undefined : 'what was shown of the pages alone');
  describe.skipIf(missing)(
    `the dashboard on ${ledger.name}${skipped ? ` (skipped: ${skipped})` : ''}`,
    () => {
      it('shows a leak and its death without a reload, and lets a person approve, retry and dismiss', async () => {
        const { quash, gitlab, report } = await running(ledger);
        const page = await signedIn(quash.adminUrl);
        await page.getByText('Live', { exact: true }).waitFor();
        await page.evaluate('window.sameDocument = true');

        const token = gitlab.addToken('personal');
        await report(PAT_TYPE, token.value);
        await eventually(async () => expect(await card(page, 'Leaks dead').textContent()).toBe('1'));
        expect(await page.evaluate('window.sameDocument')).toBe(true);
        expect(token.revoked).toBe(true);
        await page.getByRole('link', { name: 'Leaks', exact: true }).click();
        await page.getByRole('link', { name: /personal/ }).click();
        await isDead(page);
        const story = await page.getByRole('main').innerText();
        expect(story).toContain('the provider says that the token no longer works');
        expect(story).not.toContain(token.value);
        expect(await page.content()).not.toContain(token.value);
        await screenshot(page, `entry-${ledger.name}`);

        const runner = gitlab.addToken('runner');
        const before = runner.value;
        await report(RUNNER_TYPE, before);
        await page.goto(quash.adminUrl);
        await page.locator('#held').getByRole('link').first().click();
        await page.getByRole('button', { name: 'Approve: revoke it' }).click();
        await page.getByText('Approved. It is revoked now.').waitFor();
        await isDead(page);
        expect(runner.value).not.toBe(before);
        await page.getByText(/Approved by token-/).waitFor();

        await report(PAT_TYPE, unknownToken('a'));
        await page.goto(quash.adminUrl);
        await page.locator('#attention').getByRole('link').first().click();
        const known = gitlab.addToken('personal', { value: unknownToken('a') });
        await page.getByRole('button', { name: 'Try again now' }).click();
        await isDead(page);
        expect(known.revoked).toBe(true);

        await report(PAT_TYPE, unknownToken('b'));
        await page.goto(quash.adminUrl);
        await page.locator('#attention').getByRole('link').first().click();
        await page.getByRole('button', { name: /^Dismiss/ }).click();
        expect(await page.locator('#reason:invalid').count()).toBe(1);
        await page.getByLabel('Reason').fill('a <b>test</b> fixture');
        await page.getByRole('button', { name: /^Dismiss/ }).click();
        await page.getByText('Dismissed. The token was erased.').waitFor();
        await page.getByText('a <b>test</b> fixture').waitFor();
      });

      it.runIf(isFirst)(
        'does everything by keyboard alone: sign in, retry all of a cause, pause, resume, set a mode, approve',
        async () => {
          const { quash, gitlab, report } = await running(ledger);
          const values = ['a', 'b'].map(unknownToken);
          for (const value of values) await report(PAT_TYPE, value);
          const page = await open(quash.adminUrl);
          await page.locator('#token:focus').waitFor();
          await page.keyboard.type(ADMIN);
          await page.keyboard.press('Enter');
          await overview(page);

          await eventually(async () => expect(await card(page, 'Need a person').textContent()).toBe('2'));
          const times = page.locator('time').first();
          await times.getByText(/\(now\)|ago\)/).waitFor();
          const tokens = values.map((value) => gitlab.addToken('personal', { value }));
          await page.goto(`${quash.adminUrl}/revocations?state=attention`);
          await tabTo(page, 'Retry all 2 of GitLab: Not revoked: no configured server knows it');
          await page.keyboard.press('Enter');
          await page.getByText('Retry all 2 of these?').waitFor();
          await tabTo(page, 'Retry all 2');
          await page.keyboard.press('Enter');
          await page.getByRole('heading', { level: 1, name: 'Retried 2 leaks' }).waitFor();
          await eventually(() => expect(tokens.every(({ revoked }) => revoked)).toBe(true));

          await tabTo(page, 'Providers');
          await page.keyboard.press('Enter');
          await page.getByRole('heading', { level: 1, name: 'Providers' }).waitFor();
          await tabTo(page, 'Pause GitLab');
          await page.keyboard.press('Enter');
          await page.getByText('Stands still: stopped by a person').waitFor();
          const token = gitlab.addToken('personal');
          await report(PAT_TYPE, token.value);
          expect(token.revoked).toBe(false);
          await tabTo(page, 'Mode of GitLab');
          await page.keyboard.press('ArrowDown');
          await page.keyboard.press('ArrowDown');
          await tabTo(page, 'Set mode of GitLab');
          await page.keyboard.press('Enter');
          await page.getByText('waits for approval (set here)').waitFor();
          await tabTo(page, 'Resume GitLab');
          await page.keyboard.press('Enter');
          await page.getByText('Resumed.').waitFor();
          await tabTo(page, 'Overview');
          await page.keyboard.press('Enter');
          await page.locator('#held a').first().waitFor();
          expect(token.revoked).toBe(false);
          await tabTo(page, String(await page.locator('#held a code').first().textContent()));
          await page.keyboard.press('Enter');
          await page.getByRole('heading', { level: 1, name: /^Leak/ }).waitFor();
          await tabTo(page, 'Approve: revoke it');
          await page.keyboard.press('Enter');
          await isDead(page);
          expect(token.revoked).toBe(true);
        },
      );

      it.runIf(isFirst)(
        'keeps nobody out who needs help to read it, and says what to do when it is not live',
        async () => {
          const { quash, gitlab, report } = await running(ledger);
          await report(RUNNER_TYPE, gitlab.addToken('runner').value);
          await report(PAT_TYPE, gitlab.addToken('personal').value);
          await report(PAT_TYPE, unknownToken('6'));
          await report(AGE_TYPE, `AGE-SECRET-KEY-1${'QPZRY9X8'.repeat(7)}GF`);
          const page = await open(quash.adminUrl);
          await expectReadable(page, 'sign-in');
          await page.getByLabel('Admin token').fill(ADMIN);
          await page.getByRole('button', { name: 'Sign in' }).click();
          await overview(page);
          await eventually(async () => expect(await card(page, 'Leaks dead').textContent()).toBe('1'));
          await eventually(async () => expect(await card(page, 'Need a person').textContent()).toBe('2'));
          const entry = await page.locator('#held a').first().getAttribute('href');
          await page.goto(`${quash.adminUrl}/revocations?state=attention`);
          const decide = await page
            .getByRole('link', { name: /^Retry all 1 of GitLab/ })
            .getAttribute('href');
          const lists = ['/revocations', '/revocations?state=attention', '/projects', '/notices'];
          for (const path of ['/', ...lists, `${decide}`, `${entry}`, '/providers']) {
            await page.goto(quash.adminUrl + path);
            // A question does not move.
            if (path !== decide) await page.getByText('Live', { exact: true }).waitFor();
            await expectReadable(page, path.split(/[/?]/)[1] || 'overview');
            await expectColumnsInSight(page, path);
            await page.setViewportSize({ width: 360, height: 740 });
            await expectWidth(page, `${path} on a phone`);
            // A4 at 96 dots an inch, less its margins.
            await page.setViewportSize({ width: 718, height: 1000 });
            await page.emulateMedia({ media: 'print' });
            await expectWidth(page, `${path} printed`);
            expect(await page.getByRole('navigation').count()).toBe(0);
            await page.emulateMedia({ media: null });
            await page.setViewportSize({ width: 1280, height: 720 });
          }

          await page.route('**/live?*', (route) => route.fulfill({ status: 401 }));
          await page.reload();
          await page.getByText('Not live: load the page again').waitFor();
        },
      );
    },
  );
}

/** No fault that axe-core finds, in light; in dark, which changes nothing but colours, none of contrast. */
async function expectReadable(page: Page, name: string): Promise<void> {
  expect({ name, faults: await seriousFaults(page) }).toEqual({ name, faults: [] });
  await screenshot(page, `${name}-light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect({ name, dark: await seriousFaults(page, 'color-contrast') }).toEqual({ name, dark: [] });
  await screenshot(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** No table that has to be moved sideways, where the window is wide. */
async function expectColumnsInSight(page: Page, name: string): Promise<void> {
  const cut = `[...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth).length`;
  expect({ name, cut: await page.evaluate(cut) }).toEqual({ name, cut: 0 });
}

/** As wide as the window, and no wider. */
async function expectWidth(page: Page, name: string): Promise<void> {
  const root = 'document.documentElement';
  const fits = await page.evaluate(`${root}.scrollWidth <= ${root}.clientWidth`);
  expect({ name, fits }).toEqual({ name, fits: true });
  await screenshot(page, name.replaceAll(/\W+/g, '-'));
}
