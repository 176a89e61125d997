import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { eventually } from '../support/eventually.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { startQuash } from '../support/quash-process.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';

/** The forms in which a careless program would leave a token behind. */
function disguises(token: string): string[] {
  const bytes = Buffer.from(token);
  const withoutTail = (text: string) => text.replace(/=+$/, '').slice(0, -2);
  return [
    token,
    token.slice(6),
    encodeURIComponent(token),
    bytes.toString('hex'),
    withoutTail(bytes.toString('base64')),
    withoutTail(bytes.toString('base64url')),
    [...token].reverse().join(''),
  ];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

function expectNowhere(
  secrets: readonly string[],
  haystacks: Readonly<Record<string, Buffer | string>>,
): void {
  for (const [where, haystack] of Object.entries(haystacks)) {
    for (const secret of secrets) {
      const found = disguises(secret).findIndex((form) => haystack.includes(form));
      expect(found, `${where} holds a token, form ${found}`).toBe(-1);
    }
  }
}

for (const ledger of LEDGERS) {
  describe.skipIf(ledger.missing)(
    `on ${ledger.name}${ledger.missing ? ` (skipped: ${ledger.missing})` : ''}`,
    () => {
      it('no file, log line or answer holds a token, while entries wait and after they ended', async () => {
        const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
        const gitlab = await startFakeGitlab({ adminToken });
        onTestFinished(() => gitlab.close());
        const tokens = Array.from({ length: 20 }, () => gitlab.addToken('personal'));
        const unknown = ['gl', 'pat-', 'unknownunknown123456'].join('');
        const garbled = ['gl', 'pat-', 'tooshort!and garbled'].join('');
        const opened = await ledger.open();
        const quash = await startQuash({
          cwd: opened.folder,
          env: {
            ...opened.env,
            QUASH_AUTH__TOKENS: PRE_SHARED,
            QUASH_LOG__LEVEL: 'trace',
            QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
            QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
          },
        });
        for (let n = 0; n < 3; n++) gitlab.failNext({ method: 'POST', path: '/admin/token', status: 503 });

        const answers: string[] = [];
        const post = async (elements: readonly object[]) => {
          const answer = await request(`${quash.apiUrl}/v1/revoke_tokens`, {
            method: 'POST',
            headers: { authorization: PRE_SHARED, 'content-type': 'application/json' },
            body: JSON.stringify(elements),
          });
          answers.push(JSON.stringify(answer.headers), await answer.body.text());
          return answer.statusCode;
        };
        const all = [...tokens.map(({ value }) => value), unknown];
        const reported = findings(all.length, {
          type: PAT_TYPE,
          token: (i) => all[i] ?? null,
          // Whoever commits a file chooses its name.
          location: (i) => `https://gitlab.example.com/a/b/-/raw/${'a'.repeat(40)}/${all[i]}.txt#L1`,
        });
        expect(await post(reported)).toBe(204);
        expect(
          await post([
            { type: PAT_TYPE, token: garbled },
            { type: garbled, token: garbled },
          ]),
        ).toBe(400);

        const secrets = [...all, garbled, PRE_SHARED, adminToken];
        const look = () => {
          const stored = Object.fromEntries(
            filesBelow(opened.dataFolder).map((path) => [path, readFileSync(path)]),
          );
          expectNowhere(secrets, { ...stored, output: quash.output(), answers: answers.join('\n') });
        };
        look();
        await eventually(() => expect(tokens.filter(({ revoked }) => !revoked)).toHaveLength(0), 30_000);
        await quash.logged(
          (line) => (line.outcome as { reason?: string } | undefined)?.reason === 'unknown-token',
        );
        look();
        expect(await quash.end('SIGTERM')).toBe(0);
        look();
        expect(filesBelow(opened.dataFolder).length).toBeGreaterThan(0);
      }, 60_000);
    },
  );
}
