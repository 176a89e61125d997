import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { eventually } from '../support/eventually.ts';
import { LEDGERS, type LedgerUnderTest, sqlite } from '../support/ledgers.ts';
import { type QuashProcess, startQuashOfGitlab } from '../support/quash-process.ts';
import { gitlabToken } from '../support/token-shapes.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';
const RUNNER_TYPE = 'gitleaks_rule_id_gitlab_runner_auth_token';

async function running(ledger: LedgerUnderTest) {
  const adminToken = gitlabToken('admin');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  const opened = await ledger.open();
  const quash = await startQuashOfGitlab({
    cwd: opened.folder,
    env: {
      ...opened.env,
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_ADMIN__TOKENS: ADMIN,
      QUASH_LOG__LEVEL: 'debug',
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
    },
  });
  onTestFinished(async () => {
    await quash.end('SIGTERM');
  });
  return { quash, gitlab };
}

async function scrape({ adminUrl }: QuashProcess): Promise<readonly string[]> {
  const { statusCode, body } = await request(`${adminUrl}/metrics`);
  expect(statusCode).toBe(200);
  return (await body.text()).split('\n');
}

async function post({ apiUrl }: QuashProcess, elements: readonly object[], token = PRE_SHARED) {
  const { statusCode, headers, body } = await request(`${apiUrl}/v1/revoke_tokens`, {
    method: 'POST',
    headers: { authorization: token, 'content-type': 'application/json' },
    body: JSON.stringify(elements),
  });
  await body.dump();
  return { status: statusCode, requestId: headers['x-request-id'] };
}

for (const ledger of LEDGERS) {
  describe.skipIf(ledger.missing)(
    `a service on ${ledger.name}${ledger.missing ? ` (skipped: ${ledger.missing})` : ''}`,
    () => {
      it('shows on /metrics, without a token, what it did and which provider a person paused', async () => {
        const { quash, gitlab } = await running(ledger);
        const personal = gitlab.addToken('personal');
        const runner = gitlab.addToken('runner');
        await post(quash, [
          { type: PAT_TYPE, token: personal.value },
          { type: PAT_TYPE, token: personal.value },
          { type: RUNNER_TYPE, token: runner.value },
          { type: 'unheard-of', token: 'x' },
        ]);
        await post(quash, [], 'wrong');
        await eventually(() => expect(personal.revoked).toBe(true));
        await eventually(async () => {
          expect(await scrape(quash)).toEqual(
            expect.arrayContaining([
              'quash_http_requests_total{method="POST",route="/v1/revoke_tokens",status="400"} 1',
              'quash_http_requests_total{method="POST",route="/v1/revoke_tokens",status="401"} 1',
              'quash_tokens_received_total{result="created"} 2',
              'quash_tokens_received_total{result="repeated"} 1',
              'quash_tokens_received_total{result="invalid"} 1',
              'quash_revocations_total{provider="gitlab",outcome="revoked"} 1',
              'quash_revocation_seconds_count 1',
              'quash_ledger_up 1',
              'quash_ledger_entries{state="done"} 1',
              'quash_ledger_entries{state="held"} 1',
              'quash_oldest_queued_seconds 0',
              'quash_provider_paused{provider="gitlab"} 0',
            ]),
          );
        });
        // Scrapes within a second share an answer, and none counts itself.
        const lines = await eventually(async () => {
          const shown = (await scrape(quash)).join('\n');
          expect(shown).toMatch(
            /^quash_http_requests_total\{method="GET",route="\/metrics",status="200"\} /m,
          );
          return shown;
        });
        expect(lines).toMatch(/^quash_attempts_total\{provider="gitlab",result="\w+"\} [1-9]/m);
        expect(lines).toMatch(/^quash_upstream_request_seconds_count\{provider="gitlab"\} [1-9]/m);
        for (const secret of [personal.value, runner.value, PRE_SHARED, gitlab.url, new URL(gitlab.url).host])
          expect(lines).not.toContain(secret);

        const { body } = await request(`${quash.adminUrl}/api/providers/gitlab/pause`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN}` },
        });
        await body.dump();
        await post(quash, [{ type: PAT_TYPE, token: gitlabToken('waiting') }]);
        await eventually(async () => {
          const lines = await scrape(quash);
          expect(lines).toContain('quash_provider_paused{provider="gitlab"} 1');
          expect(lines.find((line) => line.startsWith('quash_oldest_queued_seconds '))).toMatch(
            / [\d.]*[1-9]/,
          );
        });
      });
    },
  );
}

it('names in its log the request that each decision came with', async () => {
  const { quash, gitlab } = await running(sqlite);
  const runner = gitlab.addToken('runner');
  const { requestId } = await post(quash, [{ type: RUNNER_TYPE, token: runner.value }]);
  const aside = await quash.logged('settled', (line) => line.state === 'held');
  expect(await quash.logged('http-answered')).toMatchObject({ requestId });
  expect(quash.log().find((line) => line.event === 'report-accepted')).toMatchObject({ requestId });
  const answer = await request(`${quash.adminUrl}/api/revocations/${aside.id}/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN}`, 'x-request-id': 'approval-1' },
  });
  await answer.body.dump();
  expect(answer.headers['x-request-id']).toBe('approval-1');
  expect(await quash.logged('acted')).toMatchObject({
    action: 'approve',
    id: aside.id,
    requestId: 'approval-1',
  });
  await eventually(async () =>
    expect(await scrape(quash)).toContain(
      'quash_http_requests_total{method="POST",route="/api/revocations/:id/approve",status="200"} 1',
    ),
  );
  // What a worker does later belongs to no request.
  const settled = await quash.logged('settled', (line) => line.state !== 'held');
  expect(settled).toMatchObject({ id: aside.id });
  expect(settled).not.toHaveProperty('requestId');
});
