/** What a flood goes through: the API, a ledger, and a dispatcher on a clock that the test moves. */
import { expect, onTestFinished } from 'vitest';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import type { Pace } from '../../src/dispatch/pace.ts';
import { createApp } from '../../src/http/app.ts';
import { BodyParser } from '../../src/http/body.ts';
import { Hooks, TakenDeliveries } from '../../src/http/hooks.ts';
import type { EntryDetails } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { ReadContext } from '../../src/provider/context.ts';
import type { Registry } from '../../src/provider/registry.ts';
import { createLimits } from '../../src/server/limits.ts';
import { Secret } from '../../src/words/secret.ts';
import { createShareOf } from '../../src/words/share.ts';
import { authenticatorOf } from './callers.ts';
import { eventually } from './eventually.ts';
import type { FakeClock } from './fake-clock.ts';
import { type RedisServer, sendRedis } from './redis-server.ts';
import { sqliteFile } from './sqlite-file.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TEST_VAULT } from './test-keys.ts';

const GITLAB = 'https://gitlab.example.com';
const PRE_SHARED = 'the-pre-shared-token-of-gitlab-0123456789';

/** A lease ends by this clock, which may go on for hours while something is worked on. */
const LEASE_MS = 1_000_000_000;

/** Between two steps of the clock, for what the server of a ledger has under way. */
const PAUSE_MS = 10;

export interface Leak {
  readonly type: string;
  readonly token: string;
  readonly location: string;
}

export interface FloodWorld {
  readonly ledger: Ledger;
  report(leaks: readonly Leak[]): Promise<void>;
  entryOf(provider: string, token: string): Promise<EntryDetails | undefined>;
  /** Lets the lanes work until that is so, in steps of so much time. */
  workUntil(stepMs: number, isSo: () => void | Promise<void>): Promise<void>;
}

export interface FloodWorldOptions {
  readonly registry: Registry;
  readonly clock: FakeClock;
  readonly pace: Pace;
  readonly readContext?: ReadContext;
  /** A ledger on SQLite without it. */
  readonly redis?: RedisServer | undefined;
}

/** Ends with the running test. */
export async function floodWorld(options: FloodWorldOptions): Promise<FloodWorld> {
  const { registry, clock, pace, readContext = async () => undefined, redis } = options;
  const vault = TEST_VAULT;
  const ledger = await openLedger(redis);
  const parser = new BodyParser();
  const shared = { ledger, vault, clock, observe: () => {} };
  const dispatcher = new Dispatcher({ ...shared, pace, random: () => 0.5 });
  dispatcher.start(registry, { readContext, leaseMs: LEASE_MS, retentionDays: 90 });
  const app = createApp({
    host: '127.0.0.1',
    basePath: '',
    settings: () => ({
      registry,
      hooks: new Hooks([], () => ''),
      authenticator: authenticatorOf('gitlab', PRE_SHARED),
      limits: createLimits({ requestsPerMinute: 600, tokensPerMinute: 100_000, failedAuthPerMinute: 30 }),
      ...{ bodyBytes: 64 * 1024 * 1024, backlog: 5_000_000, onInvalidItem: 'accept-valid' },
      ...{
        reverifyAfterMs: 24 * 3_600_000,
        overrideOf: () => null,
        ignores: () => undefined,
        shareOf: createShareOf([GITLAB]),
      },
    }),
    ...{ ...shared, parser, deliveries: new TakenDeliveries(undefined) },
  });
  onTestFinished(async () => {
    await dispatcher.stop(0);
    await parser.close();
    await ledger.close();
  });
  return {
    ledger,
    async report(leaks) {
      const headers = { authorization: PRE_SHARED, 'content-type': 'application/json' };
      const request = { method: 'POST', headers, body: JSON.stringify(leaks) };
      const answer = await app.request('/v1/revoke_tokens', request);
      expect([answer.status, await answer.text()]).toEqual([204, '']);
    },
    entryOf: (provider, token) => ledger.get(vault.fingerprint(provider, new Secret(token))),
    workUntil: (stepMs, isSo) =>
      eventually(async () => {
        await clock.advance(stepMs);
        await isSo();
      }, PAUSE_MS),
  };
}

async function openLedger(redis: RedisServer | undefined): Promise<Ledger> {
  const vault = TEST_VAULT;
  if (!redis) return openSqliteLedger({ path: sqliteFile(temporaryFolder()), vault });
  await sendRedis(redis, 'FLUSHALL');
  return openRedisLedger({ url: redis.url, vault });
}

/** A place of a project in a namespace of its own, or in one that it shares. */
export const locationIn = (project: string) => `${GITLAB}/${project}/-/raw/0123456789abcdef/app.env#L1`;

/** Each in a project of the same namespace, and each fourth without a place. */
export function floodOf(type: string, tokens: readonly string[]): readonly Leak[] {
  return tokens.map((token, index) => {
    return { type, token, location: index % 4 === 0 ? '' : locationIn(`evil/p${index % 1_000}`) };
  });
}

/** By the test's clock. */
export function paceBy(clock: FakeClock): Pace {
  let window = { endsAt: 0, taken: 0 };
  return {
    async take(_provider, { steps, perMs }) {
      if (clock.now() >= window.endsAt) window = { endsAt: clock.now() + perMs, taken: 0 };
      if (window.taken >= steps) return window.endsAt - clock.now();
      window.taken += 1;
      return 0;
    },
  };
}
