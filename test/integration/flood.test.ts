/** One namespace reports thousands of forged tokens; the leak of another one does not wait for them. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createPace } from '../../src/dispatch/pace.ts';
import { createApp } from '../../src/http/app.ts';
import { BodyParser } from '../../src/http/body.ts';
import type { Entry, Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { createLimits } from '../../src/server/limits.ts';
import { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { createShareOf } from '../../src/words/share.ts';
import { authenticatorOf } from '../support/callers.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { redisAvailable, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testKeys } from '../support/test-keys.ts';

const GITLAB = 'https://gitlab.example.com';
const TOKEN = 'the-pre-shared-token-of-gitlab-0123456789';
const CONCURRENCY = 2;
/** What the lane has in hand when the leak comes, and a turn of each group and namespace. */
const MOST_CALLS_BEFORE = 2 * CONCURRENCY + 4;
const REAL = 'fake-real';
const CALL_MS = 1_000;

const LEDGERS: readonly { name: string; missing?: boolean; open(keyCheck: string): Promise<Ledger> }[] = [
  {
    name: 'SQLite',
    open: async (keyCheck) => openSqliteLedger({ path: join(temporaryFolder(), 'quash.db'), keyCheck }),
  },
  {
    name: 'Redis',
    missing: !redisAvailable(),
    async open(keyCheck) {
      const server = await startRedis({ aof: false });
      onTestFinished(() => server.stop());
      return openRedisLedger({ url: server.url, keyCheck });
    },
  },
];

interface Leak {
  readonly token: string;
  readonly location: string;
}

async function world(
  open: (keyCheck: string) => Promise<Ledger>,
  isAlive: (token: string) => boolean,
  maxPerHour: number,
) {
  const vault = new Vault(testKeys());
  const ledger = await open(vault.keyCheck());
  const clock = new FakeClock();
  const parser = new BodyParser();
  const fake = fakeProvider();
  fake.revoke = async (token) => {
    await clock.sleep(CALL_MS);
    return isAlive(token)
      ? { outcome: 'revoked', proven: true }
      : { outcome: 'already-inactive', death: 'said' };
  };
  const registry = fakeRegistry([fake], { maxPerHour });
  const dispatcher = new Dispatcher({
    ...{ ledger, vault, clock, observe: () => {}, pace: createPace(), random: () => 0.5 },
  });
  dispatcher.start(registry, { readContext: async () => undefined, leaseMs: 120_000, retentionDays: 90 });
  const app = createApp({
    basePath: '',
    settings: () => ({
      registry,
      authenticator: authenticatorOf('gitlab', TOKEN),
      limits: createLimits({ requestsPerMinute: 600, tokensPerMinute: 100_000, failedAuthPerMinute: 30 }),
      ...{ bodyBytes: 64 * 1024 * 1024, backlog: 5_000_000, onInvalidItem: 'accept-valid' },
      ...{
        reverifyAfterMs: 24 * 3_600_000,
        overrideOf: () => null,
        ignores: () => undefined,
        shareOf: createShareOf([GITLAB]),
      },
    }),
    ...{ ledger, vault, parser, clock, observe: () => {} },
  });
  onTestFinished(async () => {
    await dispatcher.stop(0);
    await parser.close();
    await ledger.close();
  });
  return {
    ledger,
    calls: fake.calls,
    async report(leaks: readonly Leak[]) {
      const body = JSON.stringify(leaks.map((leak) => ({ type: FAKE_TYPE, ...leak })));
      const headers = { authorization: TOKEN, 'content-type': 'application/json' };
      const answer = await app.request('/v1/revoke_tokens', { method: 'POST', headers, body });
      expect(answer.status).toBe(204);
    },
    entryOf: (token: string) => ledger.get(vault.fingerprint('fake', new Secret(token))),
    /** Lets the lane work until that is so. */
    workUntil: (isSo: () => boolean | Promise<boolean>) =>
      eventually(async () => {
        await clock.advance(CALL_MS);
        expect(await isSo()).toBe(true);
      }),
  };
}

const inProject = (project: string, token: string): Leak => ({
  token,
  location: `${GITLAB}/${project}/-/raw/0123456789abcdef/app.env#L1`,
});

describe.each(LEDGERS)('a flood, on $name', ({ missing, open }) => {
  it.skipIf(missing).each([501, 5_000])(
    'of %d forged tokens is a few calls ahead of the leak of another namespace',
    async (count) => {
      const { calls, report, entryOf, workUntil, ledger } = await world(open, (token) => token === REAL, 500);
      const forged = Array.from({ length: count }, (_, n) =>
        n % 3 === 0 ? { token: `fake-no${n}`, location: '' } : inProject(`evil/p${n % 1_000}`, `fake-no${n}`),
      );
      await report(forged);
      await workUntil(() => calls.length > 0);
      const before = calls.length;

      await report([inProject('good/app', REAL)]);
      await workUntil(() => calls.includes(`revoke ${REAL}`));

      expect(calls.indexOf(`revoke ${REAL}`) - before).toBeLessThanOrEqual(MOST_CALLS_BEFORE);
      await workUntil(async () => (await entryOf(REAL))?.state === 'done');
      expect(await entryOf(REAL)).toMatchObject({ outcome: { kind: 'revoked', verified: true } });
      expect(await queued(ledger)).toBeGreaterThan(count / 2);
    },
    60_000,
  );

  it.skipIf(missing)(
    'of living tokens uses up no more of the hour than the tenth of its namespace',
    async () => {
      const { report, entryOf, workUntil, ledger } = await world(open, () => true, 20);
      await report(Array.from({ length: 501 }, (_, n) => inProject(`evil/p${n}`, `fake-mine${n}`)));
      await workUntil(async () => (await done(ledger)) === 2);

      await report([inProject('good/app', REAL)]);
      await workUntil(async () => (await entryOf(REAL))?.state === 'done');

      expect(await entryOf(REAL)).toMatchObject({ outcome: { kind: 'revoked', verified: true } });
      expect(await done(ledger)).toBe(3);
      expect(await queued(ledger)).toBe(499);
    },
    60_000,
  );
});

async function entriesIn(ledger: Ledger, wanted: Entry['state']): Promise<number> {
  return (await ledger.count()).find(({ state }) => state === wanted)?.entries ?? 0;
}

const done = (ledger: Ledger) => entriesIn(ledger, 'done');
const queued = (ledger: Ledger) => entriesIn(ledger, 'queued');
