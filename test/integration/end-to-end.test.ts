import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gitlab as provider } from '../../providers/gitlab/index.ts';
import { type FakeGitlab, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { type Finding, findings } from '../../src/fakes/gitlab-client.ts';
import { eventually } from '../support/eventually.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { LEDGERS, type LedgerUnderTest } from '../support/ledgers.ts';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { type QuashHere, startQuashHere } from '../support/quash-here.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';

async function gitlabWithAdmin(): Promise<FakeGitlab & { adminToken: string }> {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  return Object.assign(gitlab, { adminToken });
}

/** How a Quash on the ledger under test is started. */
async function optionsOn(ledger: LedgerUnderTest, env: Record<string, string>) {
  const opened = await ledger.open();
  return {
    cwd: opened.folder,
    env: {
      ...opened.env,
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      ...env,
    },
  };
}

async function quashOn(ledger: LedgerUnderTest, env: Record<string, string>): Promise<QuashHere> {
  return startQuashHere({ ...(await optionsOn(ledger, env)), definitions: [provider] });
}

function gitlabInstances(gitlab: { url: string; adminToken: string }): Record<string, string> {
  return { QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken: gitlab.adminToken }]) };
}

function clientOf(quash: Pick<QuashHere, 'apiUrl'>) {
  return gitlabClientOf(quash, PRE_SHARED, { maxRetries: 3, retryDelayMs: () => 10 });
}

for (const ledger of LEDGERS) {
  describe.skipIf(ledger.missing)(
    `on ${ledger.name}${ledger.missing ? ` (skipped: ${ledger.missing})` : ''}`,
    () => {
      it('revokes a token once, however often and by however many requests at once it is reported', async () => {
        const gitlab = await gitlabWithAdmin();
        const token = gitlab.addToken('personal');
        // A real process, and what it reports at its end.
        const quash = await startQuashOfGitlab(await optionsOn(ledger, gitlabInstances(gitlab)));
        onTestFinished(async () => {
          expect(await quash.end('SIGTERM')).toBe(0);
        });
        const client = clientOf(quash);
        const shapes = ['bare', 'quoted', 'trailing-comma', 'assignment'] as const;
        const reports = Array.from({ length: 20 }, (_, n) =>
          client.report(
            findings(50, {
              type: PAT_TYPE,
              token: () => token.value,
              around: shapes[n % shapes.length] ?? 'bare',
              withVulnerability: n % 2 === 0,
            }),
          ),
        );
        for (const report of await Promise.all(reports)) {
          expect(report).toEqual({ delivered: true, tries: 1, posted: 50 });
        }
        await quash.logged('settled');
        await client.report(findings(10, { type: PAT_TYPE, token: () => token.value }));
        await delay(300);
        expect(token).toMatchObject({ revoked: true, revocations: 1, mails: 1 });
        const settled = quash.log().filter((line) => line.event === 'settled');
        expect(settled).toMatchObject([{ outcome: { kind: 'revoked', verified: true } }]);
      });

      it(
        'revokes 300 different tokens of one report, each of them once',
        async () => {
          const gitlab = await gitlabWithAdmin();
          const tokens = Array.from({ length: 300 }, () => gitlab.addToken('personal'));
          const env = {
            ...gitlabInstances(gitlab),
            // All are of one namespace, which may have a tenth of it.
            QUASH_REVOCATION__MAXPERHOUR: '50000',
            QUASH_PROVIDERS__GITLAB__CONCURRENCY: '16',
          };
          const quash = await quashOn(ledger, env);
          const all: Finding[] = findings(300, {
            type: PAT_TYPE,
            token: (i) => tokens[i]?.value ?? null,
            withVulnerability: true,
          });
          // Within GitLab's own time limit; how fast it is, large-bodies.test.ts measures.
          expect(await clientOf(quash).report(all)).toMatchObject({ delivered: true, tries: 1 });
          await eventually(() => expect(tokens.filter(({ revoked }) => !revoked)).toHaveLength(0));
          expect(tokens.every(({ revocations, mails }) => revocations === 1 && mails === 1)).toBe(true);
        },
        LONG_TEST_PATIENCE_MS,
      );

      it('goes on by itself once an upstream that was down is back', async () => {
        const gitlab = await gitlabWithAdmin();
        const token = gitlab.addToken('personal');
        for (let n = 0; n < 2; n++) gitlab.failNext({ method: 'POST', path: '/admin/token', status: 'drop' });
        const quash = await quashOn(ledger, gitlabInstances(gitlab));
        await clientOf(quash).report(findings(1, { type: PAT_TYPE, token: () => token.value }));
        expect(await quash.logged('settled')).toMatchObject({
          state: 'done',
          outcome: { kind: 'revoked', verified: true },
        });
        expect(
          quash.log().some((line) => line.event === 'lane-paused' && line.reason === 'unreachable'),
        ).toBe(true);
      });
    },
  );
}
