/** A sweep of many findings that is killed goes on where it was. `QUASH_SWEEP_FINDINGS=100000` makes it a large one. */
import { describe, expect, it } from 'vitest';
import { gitlab as provider } from '../../providers/gitlab/index.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { EntryDetails } from '../../src/ledger/entry.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';

const ADMIN = 'admin-token-of-the-tests';
const PRE_SHARED = 'pre-shared-token-of-the-tests';
const RULE = 'gitlab_personal_access_token';
const READER = 7;
const FINDINGS = Number(process.env.QUASH_SWEEP_FINDINGS ?? 600);
/** A step hands over so many secrets at most, and what the killed one had read is read again. */
const FINDINGS_OF_A_STEP = 100;

describe.concurrent('a sweep that is killed', () => {
  for (const ledger of LEDGERS) {
    const name = ledger.missing ? `${ledger.name} (skipped: ${ledger.missing})` : ledger.name;
    it.skipIf(ledger.missing)(
      `goes on where it was, on ${name}`,
      async ({ onTestFinished }) => {
        const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
        const readToken = ['gl', 'pat-', 'reads'.repeat(4)].join('');
        const gitlab = await startFakeGitlab({ adminToken, retryAfterSeconds: 1 });
        onTestFinished(() => gitlab.close());
        gitlab.addToken('personal', { value: readToken, userId: READER, scopes: ['read_api'] });
        const project = gitlab.addProject({ path: 'group/app', developers: [READER] });
        for (let n = 0; n < FINDINGS; n++) gitlab.leak(project, { rule: RULE, token: `no token ${n}` });
        const opened = await ledger.open(onTestFinished);
        const [port, adminPort] = [await freePort(), await freePort()];
        const options = {
          cwd: opened.folder,
          env: {
            ...opened.env,
            QUASH_LISTEN__PORT: String(port),
            QUASH_ADMIN__PORT: String(adminPort),
            QUASH_AUTH__TOKENS: PRE_SHARED,
            QUASH_ADMIN__TOKENS: ADMIN,
            QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
            QUASH_REVOCATION__LEASESECONDS: '2',
            QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken, readToken }]),
          },
        };
        const ask = async (method: string, path: string, body?: object) => {
          const answer = await fetch(`http://127.0.0.1:${adminPort}/api${path}`, {
            method,
            headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
            ...(body && { body: JSON.stringify(body) }),
          });
          return (await answer.json()) as EntryDetails;
        };
        const recordsRead = () =>
          gitlab.calls.filter(({ path, status }) => path.startsWith('/vulnerabilities/') && status === 200)
            .length;

        // In the middle GitLab lets nothing more be read, until Quash was killed.
        gitlab.configure({ callsLeft: FINDINGS / 2 });
        const first = await startQuashOfGitlab(options);
        const { id } = await ask('POST', '/sweeps', { group: 'group' });
        await eventually(async () => {
          const { history } = await ask('GET', `/revocations/${id}`);
          expect(history.filter(({ event }) => event === 'continued').length).toBeGreaterThan(1);
          expect(gitlab.calls.some(({ status }) => status === 429)).toBe(true);
        });
        await first.end('SIGKILL');
        gitlab.configure({ callsLeft: null });

        await startQuashHere({ ...options, definitions: [provider] }, onTestFinished);
        const live = gitlab.addToken('personal');
        const reported = await fetch(`http://127.0.0.1:${port}/v1/revoke_tokens`, {
          method: 'POST',
          headers: { authorization: PRE_SHARED, 'content-type': 'application/json' },
          body: JSON.stringify([{ type: `gitleaks_rule_id_${RULE}`, token: live.value, location: '' }]),
        });
        expect(reported.status).toBe(204);
        await eventually(() => expect(live.revoked).toBe(true));
        // Several times as long as one wait may take, and each of them shows progress.
        for (let before = -1, state = ''; state !== 'done'; ) {
          const entry = await eventually(async () => {
            const now = await ask('GET', `/revocations/${id}`);
            expect(now.state === 'done' || recordsRead() > before).toBe(true);
            return now;
          });
          before = recordsRead();
          state = entry.state;
        }

        const { outcome } = await ask('GET', `/revocations/${id}`);
        expect(outcome).toMatchObject({ kind: 'followed', evidence: { findings: FINDINGS, unread: 0 } });
        expect(recordsRead()).toBeLessThanOrEqual(FINDINGS + 2 * FINDINGS_OF_A_STEP);
        expect(gitlab.calls.filter(({ unexpected }) => unexpected)).toEqual([]);
      },
      LONG_TEST_PATIENCE_MS,
    );
  }
});
