/**
 * GitHub counts sixty calls an hour without a credential. Forged tokens use them up: those that need a call each leave the
 * last ones to what goes by value, and where all are gone, the real token leaves with the next batch.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { github } from '../../providers/github/index.ts';
import { checksumOf } from '../../src/provider/kit/checksum.ts';
import { guarded } from '../../src/provider/possession.ts';
import { createRegistry } from '../../src/provider/registry.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { floodOf, floodWorld, locationIn, paceBy } from '../support/flood-world.ts';
import { type MemoryCall, memoryUpstream } from '../support/memory-upstream.ts';
import { type RedisServer, redisAvailable, startRedis } from '../support/redis-server.ts';
import type { PlainAnswer } from '../support/scripted-upstream.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const CALLS_AN_HOUR = 60;

const TYPE = 'gitleaks_rule_id_github-pat';
const INSTALLATION_TYPE = 'gitleaks_rule_id_github-app-token';

function tokenOf(prefix: string, index: number): string {
  const body = String(index).padStart(30, '0');
  return [prefix, '_', body, checksumOf(body)].join('');
}

const REAL = tokenOf('ghp', 999_999);

/** github.com, which counts what it is asked without a credential, and by tokens that it does not know. */
class GithubCom {
  isAlive = true;
  /** Since the hour began. */
  used = 0;
  calls = 0;
  #hourEnds = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  answer({ request, asked }: MemoryCall): PlainAnswer {
    this.calls += 1;
    const isReal = request.headers.authorization === `Bearer ${REAL}`;
    if (isReal && this.isAlive) return { status: 200, json: { login: 'octocat' } };
    const headers = this.#count();
    if (this.used > CALLS_AN_HOUR)
      return { status: 403, headers, json: { message: 'API rate limit exceeded' } };
    if (asked.path !== '/credentials/revoke') {
      return { status: 401, headers, json: { message: 'Bad credentials' } };
    }
    if (request.body.includes(REAL)) this.isAlive = false;
    return { status: 202, headers, json: {} };
  }

  #count(): Readonly<Record<string, string>> {
    if (this.#clock.now() >= this.#hourEnds) {
      this.used = 0;
      this.#hourEnds = this.#clock.now() + HOUR_MS;
    }
    this.used += 1;
    return {
      'x-ratelimit-limit': String(CALLS_AN_HOUR),
      'x-ratelimit-remaining': String(Math.max(CALLS_AN_HOUR - this.used, 0)),
      'x-ratelimit-reset': String(Math.ceil(this.#hourEnds / 1_000)),
    };
  }
}

async function world(redis: RedisServer | undefined) {
  const clock = new FakeClock();
  const githubCom = new GithubCom(clock);
  const registry = createRegistry(
    {
      revocation: { mode: 'revoke', maxPerHour: 500 },
      providers: { github: { servers: [], apps: [] } },
      types: {},
    },
    [github],
    () => ({
      upstream: (baseUrl) =>
        guarded(
          memoryUpstream(baseUrl, {
            benchUrl: 'https://nowhere.example.com',
            now: () => clock.now(),
            answer: (call) => githubCom.answer(call),
          }),
        ),
      clock,
      log: { warn: () => {}, info: () => {} },
    }),
  );
  const flood = await floodWorld({ registry, clock, redis, pace: paceBy(clock) });
  const isDone = async () => expect(await flood.entryOf('github', REAL)).toMatchObject({ state: 'done' });
  return {
    ...{ ...flood, clock, githubCom },
    leak: () => flood.report([{ type: TYPE, token: REAL, location: locationIn('good/app') }]),
    workUntilDone: () => flood.workUntil(MINUTE_MS, isDone),
    outcome: async () => (await flood.entryOf('github', REAL))?.outcome,
  };
}

let server: RedisServer;

beforeAll(async () => {
  if (redisAvailable()) server = await startRedis({ aof: false });
});

afterAll(() => server?.stop());

describe.each([
  { name: 'SQLite', redis: () => undefined },
  { name: 'Redis', missing: !redisAvailable(), redis: () => server },
])('a flood of GitHub, on $name', ({ missing, redis }) => {
  it.skipIf(missing)('of installation tokens leaves calls to a real token', async () => {
    const { report, leak, workUntil, workUntilDone, githubCom, clock, outcome } = await world(redis());
    const forged = Array.from({ length: 400 }, (_, index) => tokenOf('ghs', index));
    await report(floodOf(INSTALLATION_TYPE, forged));
    await workUntil(MINUTE_MS, () => expect(githubCom.calls).toBeGreaterThan(2));

    const start = clock.now();
    await leak();
    await workUntilDone();

    expect(await outcome()).toMatchObject({ kind: 'revoked', verified: true });
    expect(clock.now() - start).toBeLessThan(10 * MINUTE_MS);
    expect(githubCom.used).toBeLessThan(CALLS_AN_HOUR);
  });

  it.skipIf(missing)('that has used up the hour is over for a real token when the hour is', async () => {
    const { report, leak, workUntil, workUntilDone, githubCom, clock, outcome } = await world(redis());
    // One report each, so that each is a step of its own.
    for (let index = 0; githubCom.used < CALLS_AN_HOUR; index++) {
      const { calls } = githubCom;
      await report(floodOf(TYPE, [tokenOf('ghp', index)]));
      await workUntil(1_000, () => expect(githubCom.calls).toBeGreaterThan(calls));
    }
    const start = clock.now();
    await leak();
    await workUntilDone();

    expect(await outcome()).toMatchObject({ kind: 'revoked', verified: true });
    expect(clock.now() - start).toBeLessThanOrEqual(HOUR_MS + 10 * MINUTE_MS);
  });
});
