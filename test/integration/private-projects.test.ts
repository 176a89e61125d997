import { describe, expect, it } from 'vitest';
import { gitlab as provider } from '../../providers/gitlab/index.ts';
import { type FakeGitlab, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { EntryDetails } from '../../src/ledger/entry.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { TEST_PATIENCE_MS } from '../support/patience.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';

const ADMIN_OF_QUASH = 'admin-token-of-the-tests';
const HOOK_TOKEN = 'hook-token-of-the-tests';
const RULE = 'gitlab_personal_access_token';
/** Of the user whose token reads. */
const READER = 7;

describe.concurrent('a private project, which GitLab reports to nobody', () => {
  for (const ledger of LEDGERS) {
    const name = ledger.missing ? `${ledger.name} (skipped: ${ledger.missing})` : ledger.name;
    it.skipIf(ledger.missing)(
      `loses a leak of its history, of a pipeline and of a merge request to a sweep and a hook, over a kill -9, on ${name}`,
      async ({ onTestFinished }) => {
        const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
        const readToken = ['gl', 'pat-', 'reads'.repeat(4)].join('');
        const gitlab = await startFakeGitlab({ adminToken, retryAfterSeconds: 1 });
        onTestFinished(() => gitlab.close());
        gitlab.addToken('personal', { value: readToken, userId: READER, scopes: ['read_api'] });
        const project = gitlab.addProject({ path: 'vault/payments/api', developers: [READER] });
        const [inHistory, inPipeline, inMergeRequest, bystander] = [1, 2, 3, 4].map(() =>
          gitlab.addToken('personal'),
        ) as [Token, Token, Token, Token];
        gitlab.leak(project, { rule: RULE, token: inHistory.value });

        const opened = await ledger.open(onTestFinished);
        const port = await freePort();
        const instance = { url: gitlab.url, adminToken, readToken, hookTokens: [HOOK_TOKEN] };
        const options = {
          cwd: opened.folder,
          env: {
            ...opened.env,
            QUASH_LISTEN__PORT: String(port),
            QUASH_AUTH__TOKENS: 'pre-shared-token-of-the-tests',
            QUASH_ADMIN__TOKENS: ADMIN_OF_QUASH,
            QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
            QUASH_REVOCATION__LEASESECONDS: '2',
            QUASH_GITLAB__INSTANCES: JSON.stringify([instance]),
          },
        };

        // GitLab lets nothing be read until Quash was killed: all is noted, and nothing done.
        gitlab.configure({ callsLeft: 0 });
        const first = await startQuashOfGitlab(options);
        gitlab.addHook({ scope: 'vault', url: `${first.apiUrl}/v1/gitlab/events`, token: HOOK_TOKEN });
        gitlab.leak(project, { rule: RULE, token: inPipeline.value, withoutExtract: true });
        gitlab
          .openMergeRequest(project, { rule: RULE, token: inMergeRequest.value, file: 'new.env' })
          .merge();
        await gitlab.hooksIdle();
        expect(gitlab.hooks[0]?.deliveries.map(({ status }) => status)).toEqual([204, 204]);
        const sweep = await admin(first.adminUrl, 'POST', '/sweeps', { group: 'vault' });
        expect(sweep).toMatchObject({ provider: 'gitlab-sweep', state: 'queued' });
        await eventually(() => expect(gitlab.calls.some(({ status }) => status === 429)).toBe(true));
        await first.end('SIGKILL');

        gitlab.configure({ callsLeft: null });
        const second = await startQuashHere({ ...options, definitions: [provider] }, onTestFinished);
        const leaked = [inHistory, inPipeline, inMergeRequest];
        await eventually(() => expect(leaked.filter(({ revoked }) => !revoked)).toEqual([]));
        const swept = await eventually(async () => {
          const entry = await admin(second.adminUrl, 'GET', `/revocations/${sweep.id}`);
          expect(entry.state).toBe('done');
          return entry;
        });
        expect(swept.outcome).toMatchObject({
          kind: 'followed',
          evidence: { findings: 3, found: 3, unread: 0 },
        });
        expect(bystander.revoked).toBe(false);
        expect(gitlab.calls.filter(({ unexpected }) => unexpected)).toEqual([]);
        await eventually(async () => expect(await endsOf(second.adminUrl)).toEqual(Array(3).fill('revoked')));
      },
      TEST_PATIENCE_MS,
    );
  }
});

type Token = ReturnType<FakeGitlab['addToken']>;

async function admin(url: string, method: string, path: string, body?: object): Promise<EntryDetails> {
  return (await call(url, method, path, body)) as EntryDetails;
}

async function endsOf(url: string): Promise<(string | undefined)[]> {
  const page = (await call(url, 'GET', '/revocations?provider=gitlab')) as { entries: EntryDetails[] };
  return page.entries.map(({ outcome }) => outcome?.kind);
}

async function call(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${ADMIN_OF_QUASH}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api${path}`, {
    ...{ method, headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}
