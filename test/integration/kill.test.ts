import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gitlab as provider } from '../../providers/gitlab/index.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { eventually } from '../support/eventually.ts';
import { startFront } from '../support/front.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { postTokens } from '../support/post-tokens.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';

/** On each ledger; the long form of the chaos run kills hundreds of times. */
const LOOPS = 4;
const TOKENS_A_LOOP = 10;
const REQUESTS_A_LOOP = 5;
/** From one report to the next, and from the last answer that is waited for to the kill. */
const LONGEST_DELAY_MS = 100;
const PRE_SHARED = 'pre-shared-token-of-the-tests';

describe.concurrent(`kill -9 in ${LOOPS} loops, with the upstream up and down`, () => {
  for (const ledger of LEDGERS) {
    const name = ledger.missing ? `${ledger.name} (skipped: ${ledger.missing})` : ledger.name;
    it.skipIf(ledger.missing)(
      `loses no acknowledged token on ${name}`,
      async ({ onTestFinished }) => {
        const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
        const gitlab = await startFakeGitlab({ adminToken });
        onTestFinished(() => gitlab.close());
        const front = await startFront(gitlab.url);
        onTestFinished(() => front.close());
        const opened = await ledger.open(onTestFinished);
        const env = {
          ...opened.env,
          QUASH_AUTH__TOKENS: PRE_SHARED,
          QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
          QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: front.url, adminToken }]),
          QUASH_REVOCATION__LEASESECONDS: '2',
          // All tokens are of one namespace, which may have a tenth of it.
          QUASH_REVOCATION__MAXPERHOUR: '1000000',
          QUASH_PROVIDERS__GITLAB__CONCURRENCY: '8',
        };
        const start = async () => {
          const quash = await startQuashOfGitlab({ cwd: opened.folder, env });
          onTestFinished(async () => void (await quash.end('SIGKILL')));
          return quash;
        };
        const bystanders = Array.from({ length: 10 }, () => gitlab.addToken('personal'));
        const acknowledged: ReturnType<typeof gitlab.addToken>[] = [];

        for (let loop = 0; loop < LOOPS; loop++) {
          front.up = loop % 2 === 0;
          const quash = await start();
          // After so many answers and not after so long, as a busy machine may need that for the first one: from all in
          // the first loop to some in the last.
          const enough = Promise.withResolvers<void>();
          let unanswered = REQUESTS_A_LOOP;
          const posts = Array.from({ length: REQUESTS_A_LOOP }, async () => {
            const tokens = Array.from({ length: TOKENS_A_LOOP }, () => gitlab.addToken('personal'));
            await delay(Math.random() * LONGEST_DELAY_MS);
            if (
              await postTokens(
                quash.apiUrl,
                PRE_SHARED,
                tokens.map(({ value }) => value),
              )
            )
              acknowledged.push(...tokens);
            unanswered -= 1;
            if (unanswered === loop) enough.resolve();
          });
          await enough.promise;
          // While tokens are revoked, or at once, before the others are acknowledged.
          if (front.up) await delay(Math.random() * LONGEST_DELAY_MS);
          await Promise.all([quash.end('SIGKILL'), ...posts]);
        }

        // Otherwise it would mean nothing. How many requests were cut off is chance, and no promise.
        expect(acknowledged.length).toBeGreaterThan(0);
        front.up = true;
        await startQuashHere({ cwd: opened.folder, env, definitions: [provider] }, onTestFinished);
        await eventually(() => expect(acknowledged.filter(({ revoked }) => !revoked)).toHaveLength(0));
        expect(bystanders.some(({ revoked }) => revoked)).toBe(false);
      },
      LONG_TEST_PATIENCE_MS,
    );
  }
});
