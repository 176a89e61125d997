/**
 * The day of a viewer and of an operator, who have a browser and a keyboard. On one ledger: that many are listed and
 * decided about on each, `admin-many.test.ts` and the ledgers' own suite show.
 */
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { RETURN_PATH } from '../../src/openid/openid.ts';
import { browserMissing, screenshot, seriousFaults, tabTo } from '../support/browser.ts';
import { browserOfFile } from '../support/browser-of-file.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { sqlite } from '../support/ledgers.ts';
import { CLIENT, startIssuer } from '../support/openid-issuer.ts';
import { LONG_TEST_PATIENCE_MS, PATIENCE_MS } from '../support/patience.ts';
import { startQuashHere } from '../support/quash-here.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const TOKENS = { operator: 'operator-token-of-the-tests', viewer: 'viewer-token-of-the-tests' };
/** More than are decided on one page of the list, and at once. */
const HELD = 260;
const FAILED = 40;
/** In another project, so that the filter has something to leave out. */
const OTHERS = 3;
const PROJECT = 'group/project';

const browser = browserOfFile();

interface Stats {
  readonly entries: Readonly<Record<string, number>>;
  readonly ended: Readonly<Record<string, number>>;
}

/** As the export has it. */
interface Line {
  readonly state: string;
  readonly projects: readonly string[];
  readonly kind: string;
  readonly outcome: { readonly kind: string; readonly verified: boolean } | null;
  readonly history: readonly { readonly event: string; readonly by?: string }[];
}

async function running() {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const issuer = await startIssuer({ returnTo: publicUrl + RETURN_PATH, host: 'localhost' });
  issuer.people.set('7', { name: 'Ann', groups: ['security'] });
  issuer.people.set('8', { name: 'Bob', groups: ['everybody'] });
  const opened = await sqlite.open();
  const quash = await startQuashHere({
    cwd: opened.folder,
    env: {
      ...opened.env,
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_ADMIN__TOKENS: JSON.stringify([
        { name: 'the-operator', token: TOKENS.operator },
        { name: 'the-viewer', token: TOKENS.viewer, role: 'viewer' },
      ]),
      QUASH_ADMIN__PORT: String(port),
      QUASH_ADMIN__PUBLICURL: publicUrl,
      QUASH_ADMIN__OIDC: JSON.stringify({
        ...{ issuer: issuer.url, clientId: CLIENT.id, clientSecret: CLIENT.secret },
        ...{ operators: ['security'], viewers: ['everybody'] },
      }),
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1", "localhost"]',
      QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
      QUASH_REVOCATION__MAXPERHOUR: '100000',
    },
  });
  const client = gitlabClientOf(quash, PRE_SHARED);
  const report = async (kind: 'runner' | 'personal', values: readonly string[], project: string) => {
    const type = `gitleaks_rule_id_gitlab_${kind === 'runner' ? 'runner_auth_token' : 'personal_access_token'}`;
    const location = (n: number) => `https://gitlab.example.com/${project}/-/raw/0abc/config-${n}.yml#L1`;
    const sent = findings(values.length, { type, token: (n) => values[n] ?? '', location });
    expect(await client.report(sent)).toMatchObject({ delivered: true });
  };
  const api = (role: keyof typeof TOKENS, path: string, body?: object) =>
    fetch(`${publicUrl}/api${path}`, {
      headers: { authorization: `Bearer ${TOKENS[role]}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
  const entries = async (): Promise<readonly Line[]> => {
    const text = await (await api('operator', '/export?format=ndjson')).text();
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  };
  const stats = async () => (await (await api('operator', '/stats')).json()) as Stats;
  return { url: publicUrl, gitlab, issuer, report, api, entries, stats };
}

/** Leaks that wait for approval, and leaks whose retry helps once GitLab knows them. */
async function withLeaks() {
  const world = await running();
  const { gitlab, report, stats } = world;
  const runners = Array.from({ length: HELD + OTHERS }, () => gitlab.addToken('runner'));
  const values = runners.map(({ value }) => value);
  const unknown = Array.from({ length: FAILED }, (_, n) =>
    ['gl', 'pat-', `unknownunknown${String(n).padStart(6, '0')}`].join(''),
  );
  await report('runner', values.slice(0, HELD), PROJECT);
  await report('runner', values.slice(HELD), 'other/project');
  await report('personal', unknown, PROJECT);
  await eventually(async () => {
    expect((await stats()).entries).toMatchObject({ held: HELD + OTHERS, attention: FAILED });
  });
  const stillOld = () => runners.filter(({ value }, n) => value === values[n]).length;
  return { ...world, unknown, stillOld };
}

/** Signs in by keyboard, and comes to the overview. */
async function signedIn(url: string): Promise<Page> {
  const context = await browser().newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  onTestFinished(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
  await page.goto(url);
  await press(page, 'Sign in with localhost');
  await heading(page, 'Overview');
  return page;
}

/** Goes to the control by keyboard, and uses it. */
async function press(page: Page, name: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

/** Fills in the filter of the list by keyboard. @param state by how its words begin */
async function filter(page: Page, state: string, project: string): Promise<void> {
  await press(page, 'Leaks');
  await heading(page, 'Leaks');
  await tabTo(page, 'State');
  await page.keyboard.type(state);
  await tabTo(page, 'Project or group');
  await page.keyboard.type(project);
  await page.keyboard.press('Enter');
  await page.waitForURL(/project=/);
}

async function expectNoFaults(page: Page, name: string): Promise<void> {
  await screenshot(page, name);
  await page.setViewportSize({ width: 390, height: 740 });
  const root = 'document.documentElement';
  const fits = await page.evaluate(`${root}.scrollWidth <= ${root}.clientWidth`);
  expect({ name, fits }).toEqual({ name, fits: true });
  await page.setViewportSize({ width: 1280, height: 720 });
  expect({ name, faults: await seriousFaults(page) }).toEqual({ name, faults: [] });
}

describe.skipIf(browserMissing)(
  `with hundreds of leaks${browserMissing ? ` (skipped: ${browserMissing})` : ''}`,
  () => {
    it(
      'a viewer decides nothing, and an operator approves and retries them by keyboard alone',
      async () => {
        const { url, gitlab, issuer, api, entries, stats, unknown, stillOld } = await withLeaks();

        issuer.sub = '8';
        const viewer = await signedIn(url);
        await filter(viewer, 'Waits', PROJECT);
        expect(await viewer.getByRole('link', { name: /^(Approve|Retry)/ }).count()).toBe(0);
        await viewer.goto(`${url}/decide?action=approve&state=held`);
        await heading(viewer, 'Approve many leaks');
        expect(await viewer.getByRole('button').allTextContents()).toEqual(['Sign out']);
        await expectNoFaults(viewer, 'viewer');
        const forced = await viewer.evaluate(`(async () => {
        const body = new URLSearchParams({ action: 'approve', state: 'held' });
        body.set('form-token', document.querySelector('[name=form-token]').value);
        return (await fetch('/decide', { method: 'POST', body })).status;
      })()`);
        const asked = await api('viewer', '/revocations/decide', {
          ...{ action: 'approve', filter: { state: 'held' } },
        });
        expect([forced, asked.status]).toEqual([403, 403]);
        expect(stillOld()).toBe(HELD + OTHERS);

        issuer.sub = '7';
        const page = await signedIn(url);
        await filter(page, 'Waits', PROJECT);
        await expectNoFaults(page, 'held');
        await press(page, 'Approve all that fit the filter');
        await heading(page, 'Approve many leaks');
        await expectNoFaults(page, 'approve-many');
        await press(page, `Approve all ${HELD}`);
        await heading(page, `Approved ${HELD} leaks`);
        expect(await page.getByText('Approved: it is revoked').count()).toBe(HELD);
        await expectNoFaults(page, 'approved-many');
        await eventually(() => expect(stillOld()).toBe(OTHERS));

        for (const value of unknown) gitlab.addToken('personal', { value });
        await press(page, 'Leaks');
        await heading(page, 'Leaks');
        await tabTo(page, 'State');
        await page.keyboard.type('Needs');
        await press(page, 'Filter');
        await page.waitForURL(/state=attention/);
        await press(page, `Retry all ${FAILED} of GitLab`);
        await heading(page, 'Retry many leaks');
        await press(page, `Retry all ${FAILED}`);
        await heading(page, `Retried ${FAILED} leaks`);
        expect(await page.getByText('It is tried again now').count()).toBe(FAILED);
        await expectNoFaults(page, 'retried-many');

        await eventually(async () => expect((await stats()).ended.revoked).toBe(HELD + FAILED));
        const decided = (await entries()).flatMap(({ kind, state, projects, history }) =>
          history.flatMap(({ by, event }) => (by ? [`${kind} ${state} ${event} ${by} ${projects}`] : [])),
        );
        const counts = Object.entries(Object.groupBy(decided, (each) => each));
        expect(counts.map(([text, of = []]) => `${of.length} ${text}`).toSorted()).toEqual([
          `${HELD} runner done approved Ann (sub 7) https://gitlab.example.com/${PROJECT}`,
          `${FAILED} personal-access-token done retried Ann (sub 7) https://gitlab.example.com/${PROJECT}`,
        ]);
      },
      LONG_TEST_PATIENCE_MS,
    );
  },
);
