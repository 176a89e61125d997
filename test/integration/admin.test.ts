import { Readable } from 'node:stream';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { noticeList } from '../../src/admin/notices.ts';
import * as schemas from '../../src/admin/schemas.ts';
import { main } from '../../src/cli/main.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import type { Entry, ListPage } from '../../src/ledger/entry.ts';
import { eventually } from '../support/eventually.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { LEDGERS, type LedgerUnderTest } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';
const RUNNER_TYPE = 'gitleaks_rule_id_gitlab_runner_auth_token';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';

/** The same shape, but with no key that it does not name. */
function strictly(schema: z.ZodType): z.ZodType {
  const shape = z.toJSONSchema(schema);
  return z.fromJSONSchema(shape);
}

async function runningQuash(ledger: LedgerUnderTest, mode = 'revoke') {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  const opened = await ledger.open();
  const env = {
    ...opened.env,
    QUASH_AUTH__TOKENS: PRE_SHARED,
    QUASH_ADMIN__TOKENS: ADMIN,
    QUASH_REVOCATION__MODE: mode,
    QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
    QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
  };
  const quash = await startQuashHere({ cwd: opened.folder, env });
  const client = gitlabClientOf(quash, PRE_SHARED);
  /** Runs a command against it, as an operator would. */
  const command = async (...args: string[]) => {
    let stdout = '';
    let stderr = '';
    const code = await main([...args, '--url', quash.adminUrl], {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      stdin: (async function* () {})(),
      env,
      cwd: opened.folder,
      definitions: async () => (await import('../../providers/index.ts')).definitions,
    });
    return { code, stdout, stderr };
  };
  const api = async (
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    options: { token?: string; body?: unknown } = {},
  ) => {
    const answer = await request(`${quash.adminUrl}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${options.token ?? ADMIN}`, 'content-type': 'application/json' },
      body: options.body === undefined ? null : JSON.stringify(options.body),
    });
    return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> };
  };
  return { quash, gitlab, client, command, api };
}

for (const ledger of LEDGERS) {
  describe.skipIf(ledger.missing)(
    `the admin port on ${ledger.name}${ledger.missing ? ` (skipped: ${ledger.missing})` : ''}`,
    () => {
      it('shows a held token, which dies once a person has approved it', async () => {
        const { gitlab, client, command } = await runningQuash(ledger);
        const runner = gitlab.addToken('runner');
        const { value } = runner;
        await client.report(findings(2, { type: RUNNER_TYPE, token: () => value }));
        const entry = await eventually(async () => {
          const held = await command('list', '--state', 'held', '--json');
          const [first] = (JSON.parse(held.stdout) as ListPage).entries;
          expect(first).toMatchObject({ provider: 'gitlab', state: 'held', reports: 2 });
          return first;
        });
        const id = entry?.id ?? '';
        const offline = 'The runner goes offline until it is given its new token.';
        expect((await command('show', id)).stdout).toContain(`If you approve it: ${offline}`);
        expect(await command('approve', id)).toEqual({
          code: 0,
          stdout: `${id} is now queued.\n`,
          stderr: '',
        });
        await eventually(() => expect(runner.value).not.toBe(value));
        await eventually(async () => {
          const shown = JSON.parse((await command('show', id, '--json')).stdout);
          expect(shown).toMatchObject({
            state: 'done',
            outcome: { kind: 'revoked', verified: true },
            history: expect.arrayContaining([
              expect.objectContaining({ event: 'approved', by: expect.any(String) }),
            ]),
          });
        });
        const told = (await command('show', id)).stdout;
        expect(told).toContain('revoked (verified)');
        expect(told).not.toContain('If you approve it');
        expect(told).not.toContain(value);
      });

      it('retries what needs attention once it can be mended, and dismisses it with a reason', async () => {
        const { client, command } = await runningQuash(ledger);
        const unknown = ['gl', 'pat-', 'unknownunknown123456'].join('');
        await client.report(findings(1, { type: PAT_TYPE, token: () => unknown }));
        const waiting = async () =>
          (JSON.parse((await command('list', '--state', 'attention', '--json')).stdout) as ListPage).entries;
        const [entry] = await eventually(async () => {
          const found = await waiting();
          expect(found).toMatchObject([{ outcome: { kind: 'refused', reason: 'unknown-token' } }]);
          return found;
        });
        const id = entry?.id ?? '';
        expect(await command('retry', id)).toMatchObject({ code: 0 });
        await eventually(async () => expect(await waiting()).toHaveLength(1));
        expect(await command('dismiss', id, '--reason', 'a test fixture')).toMatchObject({ code: 0 });
        expect(JSON.parse((await command('show', id, '--json')).stdout)).toMatchObject({
          state: 'dismissed',
          history: expect.arrayContaining([
            expect.objectContaining({ event: 'dismissed', message: 'a test fixture' }),
          ]),
        });
        expect(await command('retry', id)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('Nothing to be done. It was dismissed, and its token erased.'),
        });
      });

      it("stops and starts a provider's lane", async () => {
        const { gitlab, client, command, api } = await runningQuash(ledger);
        expect(await command('pause', 'gitlb')).toMatchObject({
          ...{ code: 2, stderr: 'quash: No such provider: gitlb; `quash providers` lists them.\n' },
        });
        expect(await command('pause', 'gitlab')).toMatchObject({ code: 0 });
        const token = gitlab.addToken('personal');
        await client.report(findings(1, { type: PAT_TYPE, token: () => token.value }));
        const { body } = await api('GET', '/providers');
        expect(body.providers).toContainEqual(
          expect.objectContaining({
            id: 'gitlab',
            lane: expect.objectContaining({ parked: true, reason: 'operator' }),
            entries: { queued: 1 },
          }),
        );
        expect(token.revoked).toBe(false);
        expect(await command('resume', 'gitlab')).toMatchObject({ code: 0 });
        await eventually(() => expect(token.revoked).toBe(true));
        await eventually(async () =>
          expect((await api('GET', '/stats')).body).toMatchObject({ entries: { done: 1, queued: 0 } }),
        );
      });

      it('answers as its OpenAPI document says, and documents every answer', async () => {
        const { gitlab, client, api } = await runningQuash(ledger);
        const { value } = gitlab.addToken('personal');
        const runner = gitlab.addToken('runner').value;
        await client.report(findings(1, { type: PAT_TYPE, token: () => value, withVulnerability: true }));
        await client.report(findings(1, { type: RUNNER_TYPE, token: () => runner }));
        const page = await eventually(async () => {
          const { body } = await api('GET', '/revocations');
          expect(body.entries).toMatchObject([{ state: 'held' }, { state: 'done' }]);
          return body as unknown as ListPage;
        });
        const [held, done] = page.entries;
        const answers: [string, z.ZodType, unknown][] = [
          ['/revocations', schemas.listPage, page],
          ['/revocations/{id}', schemas.entryDetails, (await api('GET', `/revocations/${done?.id}`)).body],
          [
            '/revocations/{id}/approve',
            schemas.entryDetails,
            (await api('POST', `/revocations/${held?.id}/approve`)).body,
          ],
          [
            '/providers/{id}/check',
            schemas.providerSchema,
            (await api('POST', '/providers/gitlab/check')).body,
          ],
          ['/providers', schemas.providerList, (await api('GET', '/providers')).body],
          [
            '/providers/{id}/pause',
            schemas.providerSchema,
            (await api('POST', '/providers/gitlab/pause')).body,
          ],
          ['/notices', noticeList, (await api('GET', '/notices')).body],
          ['/causes', schemas.causeList, (await api('GET', '/causes')).body],
          ['/stats', schemas.overviewSchema, (await api('GET', '/stats?window=7d')).body],
        ];
        const { body } = await api('GET', '/openapi.json');
        for (const [path, schema, answer] of answers) {
          expect({ path, faults: strictly(schema).safeParse(answer).error?.issues }).toEqual({ path });
        }
        expect(Object.keys(body.paths as object).sort()).toEqual([
          '/causes',
          '/export',
          '/mode',
          '/notices',
          '/notices/{id}/send-again',
          '/projects',
          '/providers',
          '/providers/{id}/check',
          '/providers/{id}/mode',
          '/providers/{id}/pause',
          '/providers/{id}/resume',
          '/revocations',
          '/revocations/decide',
          '/revocations/find',
          '/revocations/{id}',
          '/revocations/{id}/approve',
          '/revocations/{id}/dismiss',
          '/revocations/{id}/retry',
          '/sessions',
          '/sessions/{id}',
          '/stats',
          '/sweeps',
        ]);
        expect(body).toMatchObject({ openapi: '3.1.0', security: [{ adminToken: [] }] });
      });

      it('tells in a terminal what is open, what stands and why, and what waits for a person', async () => {
        const { gitlab, client, command } = await runningQuash(ledger);
        expect((await command('status')).stdout).toMatch(/^Nothing was reported yet\.\n\nqueued {5}0\n/);
        const runner = gitlab.addToken('runner').value;
        await client.report(findings(1, { type: RUNNER_TYPE, token: () => runner }));
        await eventually(async () => {
          const { stdout } = await command('status');
          expect(stdout).toMatch(/^held +gitlab +held +wider +1$/m);
          expect(stdout).toMatch(/^gitlab +0 +1 +0 +revoke +Works$/m);
        });
        await command('pause', 'gitlab');
        const token = gitlab.addToken('personal').value;
        await client.report(findings(1, { type: PAT_TYPE, token: () => token }));

        const { stdout } = await command('status');

        expect(stdout).toContain('Not safe: nothing is revoked at GitLab, and leaks wait.\n');
        expect(stdout).toMatch(/^gitlab +1 +1 +0 +revoke +Stands still: stopped by a person$/m);
        const { providers, causes } = JSON.parse((await command('status', '--json')).stdout);
        expect(providers).toMatchObject([{ id: 'gitlab', lane: { parked: true } }]);
        expect(causes).toMatchObject([{ state: 'held', reason: 'wider', entries: 1 }]);
        const [queued] = JSON.parse((await command('list', '--state', 'queued', '--json')).stdout).entries;
        expect((await command('show', queued.id)).stdout).toMatch(
          /^waits for +Stands still: stopped by a person$/m,
        );
        const dead = gitlab.addToken('deploy').value;
        await command('resume', 'gitlab');
        await client.report(findings(1, { type: 'gitleaks_rule_id_gitlab_deploy_token', token: () => dead }));
        await eventually(async () => expect((await command('status')).stdout).toMatch(/^done +2 /m));
        expect((await command('status')).stdout).not.toMatch(/^done +gitlab/m);
      });

      it('sets a mode while it runs, for one provider or for all, and takes it back', async () => {
        const { gitlab, client, command, api } = await runningQuash(ledger);
        expect(await command('mode', 'hold', '--provider', 'gitlab')).toMatchObject({
          code: 0,
          stdout: 'The mode of gitlab is now hold.\n',
        });
        expect(await command('mode', 'dry-run')).toMatchObject({
          code: 0,
          stdout:
            'The mode of all providers is now dry-run.\nIt leaves out gitlab (hold), which was set for that provider alone.\n',
        });
        const token = gitlab.addToken('personal');
        await client.report(findings(1, { type: PAT_TYPE, token: () => token.value }));
        const [entry] = await eventually(async () => {
          const { entries } = JSON.parse(
            (await command('list', '--state', 'held', '--json')).stdout,
          ) as ListPage;
          expect(entries).toHaveLength(1);
          return entries;
        });
        expect((await api('PUT', '/mode', { body: { mode: 'revoke' } })).status).toBe(400);
        expect((await api('PUT', '/mode', { body: { mode: 'dry-run' } })).body).toEqual({ mode: 'dry-run' });
        expect(await command('mode', 'as-configured', '--provider', 'gitlab')).toMatchObject({ code: 0 });
        const { body } = await api('GET', '/providers');
        expect(body).toMatchObject({ modeOverride: 'dry-run' });
        expect(body.providers).toContainEqual(
          expect.objectContaining({ id: 'gitlab', modes: ['dry-run'], modeOverride: null }),
        );
        expect(await command('mode', 'as-configured')).toMatchObject({ code: 0 });
        expect(await command('approve', entry?.id ?? '')).toMatchObject({ code: 0 });
        await eventually(() => expect(token.revoked).toBe(true));
        expect(await command('mode', 'hold', '--provider', 'nobody')).toMatchObject({ code: 2 });
        expect(await command('mode', 'sometimes')).toMatchObject({ code: 2 });
      });

      it('begins with what ended in a dry run at the first report after the mode was set', async () => {
        const { gitlab, client, command } = await runningQuash(ledger, 'dry-run');
        const token = gitlab.addToken('personal');
        const found = findings(1, { type: PAT_TYPE, token: () => token.value });
        await client.report(found);
        await eventually(async () =>
          expect((await command('list', '--state', 'done')).stdout).toContain('would-revoke'),
        );
        expect(await command('mode', 'revoke', '--provider', 'gitlab')).toMatchObject({ code: 0 });
        await client.report(found);
        await eventually(() => expect(token.revoked).toBe(true));
      });

      it('counts what died and how fast, and what only may have', async () => {
        const { gitlab, client, api } = await runningQuash(ledger);
        const tokens = [gitlab.addToken('personal'), gitlab.addToken('personal')];
        await client.report(findings(2, { type: PAT_TYPE, token: (i) => tokens[i]?.value ?? '' }));
        const { body } = await eventually(async () => {
          const answer = await api('GET', '/stats');
          expect(answer.body).toMatchObject({ dead: 2 });
          return answer;
        });
        expect(body).toMatchObject({
          window: '24h',
          created: 2,
          ended: { revoked: 2 },
          oldestQueuedAt: null,
        });
        const { median, p95 } = body.delayMs as { median: number; p95: number };
        expect(median).toBeGreaterThan(0);
        expect(p95).toBeGreaterThanOrEqual(median);
      });

      it('answers nobody without the admin token, and says what is wrong with a request', async () => {
        const { api, command } = await runningQuash(ledger);
        expect((await api('GET', '/revocations', { token: PRE_SHARED })).status).toBe(401);
        expect((await api('POST', '/providers/gitlab/pause', { token: 'wrong' })).status).toBe(401);
        expect((await api('GET', '/revocations?state=lost')).body).toMatchObject({
          status: 400,
          invalid: [{ key: 'state' }],
        });
        expect((await api('GET', '/revocations?limit=0')).status).toBe(400);
        expect((await api('GET', `/revocations/${'0'.repeat(32)}`)).status).toBe(404);
        expect((await api('POST', '/providers/nobody/pause')).status).toBe(404);
        for (const scope of [{}, { group: 'a', all: true }, { group: '../a' }, { group: 'a' }]) {
          expect((await api('POST', '/sweeps', { body: scope })).status).toBe(400);
        }
        expect((await api('POST', `/revocations/${'0'.repeat(32)}/dismiss`, { body: {} })).status).toBe(400);
        expect(await command('show', 'x')).toMatchObject({
          code: 1,
          stderr: 'quash: No such entry. The beginning of an id needs 6 characters at least.\n',
        });
      });
    },
  );
}

it.each([
  ['announced', (body: string) => body],
  ['sent in chunks', (body: string) => Readable.from([body])],
])('refuses a body of any size that is %s, and asks for the token before', async (_, bodyOf) => {
  const [sqlite] = LEDGERS;
  if (!sqlite) throw new Error('no ledger');
  const { quash } = await runningQuash(sqlite);
  const post = async (token: string, path: string) => {
    const answer = await request(`${quash.adminUrl}/api${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: bodyOf(JSON.stringify({ reason: 'x'.repeat(1_000_000) })),
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  expect(await post('wrong', '/revocations/x/dismiss')).toBe(401);
  expect(await post('wrong', '/nowhere')).toBe(401);
  expect(await post(ADMIN, '/revocations/x/dismiss')).toBe(413);
});

it('pages through the ledger, newest first', async () => {
  const [sqlite] = LEDGERS;
  if (!sqlite) throw new Error('no ledger');
  const { client, api } = await runningQuash(sqlite);
  await client.report(
    findings(5, { type: PAT_TYPE, token: (i) => ['gl', 'pat-', String(i).repeat(20)].join('') }),
  );
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await api('GET', `/revocations?limit=2${cursor && `&cursor=${cursor}`}`);
    seen.push(...(body.entries as Entry[]).map(({ id }) => id));
    if (typeof body.cursor !== 'string') break;
    cursor = body.cursor;
  }
  expect(new Set(seen).size).toBe(5);
});
