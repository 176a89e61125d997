import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type ProviderBench,
  runStep,
  startBench,
  stepOf,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, OAUTH, PERSONAL, probed, submitted, withServer } from './cases.ts';
import { github } from './index.ts';

for (const spec of cases) describeProvider(spec);

const USER = { status: 200, json: { login: 'octocat' } };

async function onBench<T>(
  exchanges: readonly Exchange[],
  work: (bench: ProviderBench) => Promise<T>,
  config: (baseUrl: string) => unknown = () => ({}),
): Promise<T> {
  const bench = await startBench(github, config, exchanges);
  try {
    const result = await work(bench);
    bench.verify();
    return result;
  } finally {
    await bench.close();
  }
}

const revoke = (bench: ProviderBench, token = PERSONAL, kind = 'personal-access-token') =>
  runStep(bench, new Secret(token), { kind });

describe('github', () => {
  it('does not take a token for dead that an Enterprise Server still knows', async () => {
    const exchanges = [
      submitted([PERSONAL]),
      submitted([PERSONAL], undefined, '/api/v3'),
      probed(PERSONAL),
      probed(PERSONAL, USER, '/api/v3'),
    ];
    await onBench(
      exchanges,
      (bench) => expect(revoke(bench)).rejects.toMatchObject({ code: 'still-active' }),
      withServer,
    );
  });

  it('asks github.com all the same when an Enterprise Server is down, and spares the lane', async () => {
    const exchanges = [submitted([PERSONAL]), submitted([PERSONAL], { status: 503 }, '/api/v3')];
    const failure = { code: 'unavailable', scope: 'entry' };
    await onBench(exchanges, (bench) => expect(revoke(bench)).rejects.toMatchObject(failure), withServer);
  });

  it('waits for the end of the hour when GitHub answers 403 for too many calls', async () => {
    const answer = {
      status: 403,
      headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '90' },
      json: { message: 'API rate limit exceeded' },
    };
    await onBench([submitted([PERSONAL], answer)], async (bench) => {
      const retryAfterMs = Math.max(90_000 - bench.clock.now(), 0);
      await expect(revoke(bench)).rejects.toMatchObject({ code: 'throttled', retryAfterMs });
    });
  });

  it('leaves the last calls of the hour to revocations', async () => {
    const scarce = (reset: number) => ({
      status: 202,
      headers: {
        'x-ratelimit-limit': '60',
        'x-ratelimit-remaining': '19',
        'x-ratelimit-reset': String(reset),
      },
    });
    await onBench([submitted([PERSONAL], scarce(4102444800)), submitted([OAUTH])], async (bench) => {
      expect(await revoke(bench)).toMatchObject({ liveness: 'unknown', verified: false });
      expect(await revoke(bench, OAUTH, 'oauth-token')).toMatchObject({ liveness: 'unknown' });
    });
  });

  it('takes a suspended owner for no proof', async () => {
    const suspended = { status: 403, json: { message: 'Sorry. Your account was suspended.' } };
    const end = await onBench([submitted([PERSONAL]), probed(PERSONAL, suspended)], (bench) => revoke(bench));
    expect(end).toMatchObject({ result: { outcome: 'accepted' }, liveness: 'unknown', verified: false });
  });

  it('parts a list that GitHub calls invalid, so that one token does not hold up the others', async () => {
    const invalid = { status: 422, json: { message: 'Validation Failed' } };
    const exchanges = [
      submitted([PERSONAL, OAUTH], invalid),
      submitted([PERSONAL]),
      submitted([OAUTH], invalid), //
    ];
    const results = await onBench(exchanges, (bench) => {
      const items = [
        { token: new Secret(PERSONAL), kind: 'personal-access-token' },
        { token: new Secret(OAUTH), kind: 'oauth-token' },
      ].map(({ token, kind }) => ({ token, step: stepOf(bench.provider, token, { kind }) }));
      return bench.provider.batch?.revoke(items, new AbortController().signal) ?? Promise.resolve([]);
    });
    expect(results).toEqual([
      { outcome: 'accepted' },
      expect.objectContaining({ code: 'unexpected-answer' }),
    ]);
  });

  it('says which credential GitHub refuses', async () => {
    const refused = { status: 401, json: { message: 'Bad credentials' } };
    const own = (answer: typeof USER | typeof refused): Exchange => ({
      expect: { method: 'GET', path: '/api/v3/user', headers: { authorization: /^Bearer the token/ } },
      answer,
    });
    await onBench(
      [own(USER), own(refused)],
      async ({ provider }) => {
        const check = () => provider.check?.(new AbortController().signal);
        expect(await check()).toEqual([{ name: expect.stringContaining('/api/v3 token'), ok: true }]);
        expect(await check()).toMatchObject([{ ok: false, advice: expect.stringContaining('refused') }]);
      },
      withServer,
    );
  });

  it('tells the tokens of users from those of installations under one rule', () => {
    const { kinds } = github.create(github.config.parse({}), {
      upstream: () => ({ base: '', request: () => expect.unreachable() }),
      clock: { now: () => 0, sleep: async () => {} },
      log: { warn: () => {}, info: () => {} },
    });
    const kindOf = (prefix: string, rest: string) =>
      kinds
        .filter(({ types }) => types.includes('gitleaks_rule_id_github_app_token'))
        .find(({ pattern }) => pattern.test(`${prefix}_${rest}`))?.id;
    expect(kindOf('ghu', 'a'.repeat(36))).toBe('app-user-token');
    expect(kindOf('ghs', 'a'.repeat(36))).toBe('installation-token');
    expect(kindOf('ghs', `123_${'a'.repeat(40)}.${'b'.repeat(300)}.${'c'.repeat(80)}`)).toBe(
      'installation-token',
    );
    expect(kindOf('ghp', 'a'.repeat(36))).toBeUndefined();
  });
});
