/** GoCD says only when a token was last used, and late: finding the leaked one takes time, mostly of waiting. */
import { describe, expect, it } from 'vitest';
import { gocd as provider } from '../../providers/gocd/index.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { startFakeGocd } from '../../src/fakes/gocd.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const GOCD_TYPE = 'gitleaks_rule_id_gocd_access_token';

describe.concurrent('of three GoCD tokens of a user, one of them in constant use,', () => {
  for (const ledger of LEDGERS) {
    const name = ledger.missing ? `${ledger.name} (skipped: ${ledger.missing})` : ledger.name;
    it.skipIf(ledger.missing)(`exactly the leaked one is revoked on ${name}`, async ({ onTestFinished }) => {
      const gocd = await startFakeGocd({
        users: [
          { name: 'quash', password: 'gocd-admin', admin: true },
          { name: 'ada', password: 'hers' },
        ],
        flushMs: 500,
      });
      onTestFinished(() => gocd.close());
      const [leaked, busy, idle] = [1, 2, 3].map(() => gocd.createToken('ada'));
      if (!leaked || !busy || !idle) throw new Error('no tokens');
      onTestFinished(gocd.startUsing(busy.plaintext, 200));
      const opened = await ledger.open(onTestFinished);
      const server = { url: gocd.url, username: 'quash', password: 'gocd-admin', flushSeconds: 2 };
      const env = {
        ...opened.env,
        QUASH_AUTH__TOKENS: PRE_SHARED,
        QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
        QUASH_PROVIDERS__GOCD__SERVERS: JSON.stringify([server]),
      };
      const here = { cwd: opened.folder, env, definitions: [provider] };
      const quash = await startQuashHere(here, onTestFinished);
      const client = gitlabClientOf(quash, PRE_SHARED);

      await client.report(findings(2, { type: GOCD_TYPE, token: () => leaked.plaintext, around: 'quoted' }));

      const settled = await quash.logged('settled');
      expect(settled).toMatchObject({ state: 'done', outcome: { kind: 'revoked', verified: true } });
      const revoked = gocd.tokens().filter(({ revokedAt }) => revokedAt !== null);
      expect(revoked.map(({ id }) => id)).toEqual([leaked.id]);
      expect(gocd.unexpected).toEqual([]);
    });
  }
});
