/** What 0.1.0 left behind and may have closed wrongly, found in its real stores. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { reviewEarlierEnds } from '../../src/review/review.ts';
import { Vault } from '../../src/vault/seal.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { redisAvailable, startRedis } from '../support/redis-server.ts';
import {
  copyOfStoredSqlite,
  restoreStoredRedis,
  STORED_ENTRIES,
  STORED_REST,
  storedKeys,
} from '../support/stored-0.1.0.ts';

/** The names under which the store's entries are listed. */
const TO_REVIEW = [
  'aws-access-key-revoked-by-operator',
  'facebook-inactive',
  'github-revoked',
  'gitlab-deploy-token-cut-inactive',
  'gitlab-deploy-token-cut-taken-for-dead',
  'heroku-inactive',
  'launchdarkly-inactive',
  'mailgun-revoked',
  'newrelic-browser-key-revoked',
  'newrelic-user-key-inactive',
  'slack-taken-for-dead',
  'ssh-header-revoked',
  'tailscale-auth-key-inactive',
  'tailscale-auth-key-revoked',
  'twilio-revoked',
];

async function openRedis(vault: Vault): Promise<Ledger> {
  const server = await startRedis({ aof: false });
  onTestFinished(() => server.stop());
  await restoreStoredRedis(server.port);
  return openRedisLedger({ url: `redis://127.0.0.1:${server.port}`, vault });
}

const LEDGERS = [
  {
    name: 'SQLite',
    open: async (vault: Vault): Promise<Ledger> => openSqliteLedger({ path: copyOfStoredSqlite(), vault }),
  },
  ...(redisAvailable() ? [{ name: 'Redis', open: openRedis }] : []),
];

describe.each(LEDGERS)('the first start on a store of 0.1.0 in $name', ({ open }) => {
  it('puts what was closed on too little before a person, says how many, and does so once', async () => {
    const ledger = await open(new Vault(await storedKeys()));
    onTestFinished(() => ledger.close());
    const events: QuashEvent[] = [];
    const clock = new FakeClock(STORED_REST.writtenUntil + 1);
    const options = { ledger, clock, observe: (event: QuashEvent) => events.push(event) };

    expect(await reviewEarlierEnds(options)).toBe(TO_REVIEW.length);
    expect(await reviewEarlierEnds(options)).toBe(0);

    expect(events).toEqual([
      { type: 'ledger-warning', message: expect.stringContaining(`closed ${TO_REVIEW.length} entries`) },
    ]);
    const reviewed: string[] = [];
    for (const { id, name } of STORED_ENTRIES) {
      const entry = await ledger.get(id);
      if (entry?.outcome?.reason === 'review') reviewed.push(name);
    }
    expect(reviewed.sort()).toEqual(TO_REVIEW);
  });

  it('keeps what it was closed as, and lets a new report start it anew', async () => {
    const ledger = await open(new Vault(await storedKeys()));
    onTestFinished(() => ledger.close());
    const now = STORED_REST.writtenUntil + 1;
    await reviewEarlierEnds({ ledger, clock: new FakeClock(now), observe: () => {} });
    const stored = STORED_ENTRIES.find(({ name }) => name === 'twilio-revoked');
    if (!stored) throw new Error('The store has no such entry.');
    const { id, provider, kind } = stored;

    expect(await ledger.get(id)).toMatchObject({
      state: 'attention',
      outcome: { advice: expect.stringContaining('public id'), evidence: { outcomeThen: 'revoked' } },
    });
    const again = {
      id,
      provider,
      kind,
      type: 'x',
      location: '',
      readable: true,
      sealed: 'anew',
      restarts: ['review'],
    };
    await ledger.accept([{ ...again, initial: { state: 'queued' } }], { now, backlog: 1_000 });

    expect(await ledger.get(id)).toMatchObject({ state: 'queued', outcome: null });
  });
});
