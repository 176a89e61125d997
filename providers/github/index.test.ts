import { describe, expect, it } from 'vitest';
import { isWholeToken } from '../../src/provider/death.ts';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type ProviderBench,
  revokeTogether,
  runStep,
  startBench,
  stepOf,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  BAD_CREDENTIALS,
  cases,
  deletedByApp,
  FINE_GRAINED,
  INSTALLATION,
  installation,
  OAUTH,
  PERSONAL,
  probed,
  submitted,
  USER,
  withApp,
  withServer,
  works,
} from './cases.ts';
import { github } from './index.ts';

for (const spec of cases) describeProvider(spec);

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

const SERVER = '/api/v3';
const SCARCE = {
  ...BAD_CREDENTIALS,
  headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '19', 'x-ratelimit-reset': '4102444800' },
};

function itemOf(bench: ProviderBench, text: string, kind: string) {
  const token = new Secret(text);
  return { token, step: stepOf(bench.provider, token, { kind }) };
}

const both = (exchanges: readonly Exchange[]) =>
  onBench(exchanges, (bench) => {
    const items = [itemOf(bench, PERSONAL, 'personal-access-token'), itemOf(bench, OAUTH, 'oauth-token')];
    return revokeTogether(bench.provider, items);
  });

describe('github', () => {
  it('does not take a token for dead that an Enterprise Server still knows', async () => {
    const exchanges = [
      probed(PERSONAL),
      submitted([PERSONAL]),
      works(PERSONAL, SERVER),
      submitted([PERSONAL], undefined, SERVER),
      works(PERSONAL, SERVER),
    ];
    await onBench(
      exchanges,
      (bench) => expect(revoke(bench)).rejects.toMatchObject({ code: 'still-active' }),
      withServer,
    );
  });

  it('calls no token dead that github.com never let in, as it may be of another host', async () => {
    const end = await onBench([probed(PERSONAL), submitted([PERSONAL]), probed(PERSONAL)], (bench) =>
      revoke(bench),
    );
    expect(end).toMatchObject({ result: { outcome: 'accepted' }, verified: false });
  });

  it('shows no server a token that works at github.com', async () => {
    const exchanges = [works(PERSONAL), submitted([PERSONAL]), probed(PERSONAL)];
    expect(await onBench(exchanges, (bench) => revoke(bench), withServer)).toMatchObject({ verified: true });
  });

  it('hands a token to an Enterprise Server that was restored from a copy, too, which has to refuse it', async () => {
    const copy = `/copy${SERVER}`;
    const servers = (url: string) => {
      const [server] = withServer(url).servers;
      return { servers: [server, { ...server, url: `${url}${copy}` }] };
    };
    const exchanges = [
      probed(PERSONAL),
      submitted([PERSONAL]),
      works(PERSONAL, SERVER),
      submitted([PERSONAL], undefined, SERVER),
      submitted([PERSONAL], undefined, copy),
      probed(PERSONAL, undefined, SERVER),
      probed(PERSONAL, undefined, copy),
    ];
    expect(await onBench(exchanges, (bench) => revoke(bench), servers)).toMatchObject({ verified: true });
  });

  it('asks github.com all the same when an Enterprise Server is down, and spares the lane', async () => {
    const exchanges = [
      probed(PERSONAL),
      submitted([PERSONAL]),
      probed(PERSONAL, { status: 503 }, SERVER),
      submitted([PERSONAL], { status: 503 }, SERVER),
    ];
    const failure = { code: 'unavailable', scope: 'entry' };
    await onBench(exchanges, (bench) => expect(revoke(bench)).rejects.toMatchObject(failure), withServer);
  });

  it('hands tokens to GHE.com without a credential', async () => {
    const ghe = '/ghe';
    const config = (url: string) => ({ servers: [{ url: `${url}${ghe}` }] });
    const handedIn: Exchange = {
      expect: {
        method: 'POST',
        path: `${ghe}/credentials/revoke`,
        headers: { authorization: undefined },
        json: { credentials: [OAUTH] },
      },
      answer: { status: 202 },
    };
    const exchanges = [probed(OAUTH), submitted([OAUTH]), works(OAUTH, ghe), handedIn];
    const end = onBench(
      [...exchanges, probed(OAUTH, BAD_CREDENTIALS, ghe)],
      (bench) => revoke(bench, OAUTH, 'oauth-token'),
      config,
    );
    expect(await end).toMatchObject({ verified: true });
    const wantsOne: Exchange = {
      ...handedIn,
      answer: { status: 401, json: { message: 'Requires authentication' } },
    };
    await onBench(
      [...exchanges.slice(0, 3), wantsOne],
      (bench) =>
        expect(revoke(bench, OAUTH, 'oauth-token')).rejects.toMatchObject({
          code: 'misconfigured',
          scope: 'entry',
        }),
      config,
    );
  });

  it('never revokes its own token', async () => {
    const end = await onBench(
      [],
      (bench) => revoke(bench, PERSONAL),
      (url) => ({
        servers: [{ url, token: PERSONAL }],
      }),
    );
    expect(end.result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });

  it('waits for the end of the hour when GitHub answers 403 for too many calls', async () => {
    const answer = {
      status: 403,
      headers: {
        ...{ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0' },
        'x-ratelimit-reset': String(Date.UTC(2026, 0, 1, 0, 20) / 1000),
      },
      json: { message: 'API rate limit exceeded' },
    };
    await onBench([probed(PERSONAL), submitted([PERSONAL], answer)], async (bench) => {
      await expect(revoke(bench)).rejects.toMatchObject({ code: 'throttled', retryAfterMs: 20 * 60_000 });
    });
  });

  it.each([
    ['by its own clock, days behind ours', 'Sat, 20 Dec 2025 11:50:00 GMT', '2025-12-20T12:00:00Z', 10],
    ['by its own clock, days ahead of ours', 'Tue, 20 Jan 2026 11:50:00 GMT', '2026-01-20T12:00:00Z', 10],
    ['a minute where the hour is over already', 'Sat, 20 Dec 2025 12:00:00 GMT', '2025-12-20T12:00:00Z', 1],
    ['a minute where it is over by our clock, and GitHub says no time', undefined, '2025-12-20T12:00:00Z', 1],
    ['no longer than an hour', undefined, '2100-01-01T00:00:00Z', 60],
  ])('waits for the end of the hour of GitHub: %s', async (_how, date, ends, minutes) => {
    const reset = String(Date.parse(ends) / 1000);
    const spent = { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    const answer = {
      status: 403,
      headers: { ...spent, ...(date !== undefined && { date }) },
      json: { message: 'API rate limit exceeded' },
    };
    await onBench([probed(PERSONAL), submitted([PERSONAL], answer)], async (bench) => {
      await expect(revoke(bench)).rejects.toMatchObject({ retryAfterMs: minutes * 60_000 });
    });
  });

  const SECONDARY =
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  const REST = { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4102444800' };

  it.each([
    {
      name: '403 and no header of a second limit',
      status: 403,
      json: { message: SECONDARY },
      waitMs: 60_000,
    },
    { name: '429 and no header', status: 429, json: { message: SECONDARY }, waitMs: 60_000 },
    {
      name: '429 and when the hour ends',
      status: 429,
      headers: REST,
      json: { message: 'API rate limit exceeded' },
    },
  ])('takes $name for a limit, not for what is said of the token', async ({ name: _, waitMs, ...answer }) => {
    await onBench([probed(PERSONAL), submitted([PERSONAL], answer)], async (bench) => {
      const retryAfterMs = waitMs ?? 3_600_000;
      await expect(revoke(bench)).rejects.toMatchObject({ code: 'throttled', scope: 'lane', retryAfterMs });
    });
    await onBench([installation(answer)], async (bench) => {
      const work = revoke(bench, INSTALLATION, 'installation-token');
      await expect(work).rejects.toMatchObject({ code: 'throttled', scope: 'entry' });
    });
  });

  it('leaves the last calls of the hour to revocations', async () => {
    const exchanges = [probed(PERSONAL, SCARCE), submitted([PERSONAL]), submitted([OAUTH])];
    await onBench(exchanges, async (bench) => {
      expect(await revoke(bench)).toMatchObject({ liveness: 'unknown', verified: false });
      expect(await revoke(bench, OAUTH, 'oauth-token')).toMatchObject({ liveness: 'unknown' });
    });
  });

  it('makes all calls again once the hour has calls left, whenever the last one was to end', async () => {
    const plenty = { ...SCARCE.headers, 'x-ratelimit-remaining': '59' };
    const exchanges = [
      ...[probed(PERSONAL, SCARCE), submitted([PERSONAL])],
      ...[submitted([OAUTH], { status: 202, headers: plenty, json: {} }), probed(OAUTH)],
    ];
    await onBench(exchanges, async (bench) => {
      expect(await revoke(bench)).toMatchObject({ liveness: 'unknown' });
      // The refusal is no proof, as the token was not seen to work; but it was asked for.
      expect(await revoke(bench, OAUTH, 'oauth-token')).not.toMatchObject({ liveness: 'unknown' });
    });
  });

  it.each([
    ['the hour is over', 3_600_000],
    ['our clock was set back', -1],
  ])('makes all calls again when %s', async (_when, ms) => {
    const exchanges = [probed(PERSONAL, SCARCE), submitted([PERSONAL]), probed(OAUTH), submitted([OAUTH])];
    await onBench([...exchanges, probed(OAUTH)], async (bench) => {
      await revoke(bench);
      bench.clock.jump(ms);
      await revoke(bench, OAUTH, 'oauth-token');
    });
  });

  it('hands in by value before it asks about installations, and of those about a few a step', async () => {
    const forged = Array.from({ length: 70 }, (_, index) => `ghs_${String(index).padStart(36, 'x')}`);
    const exchanges = [
      works(PERSONAL),
      submitted([PERSONAL]),
      ...forged.slice(0, 3).map((token) => installation(BAD_CREDENTIALS, token)),
    ];
    const results = await onBench(exchanges, (bench) => {
      const items = [
        ...forged.map((token) => itemOf(bench, token, 'installation-token')),
        itemOf(bench, PERSONAL, 'personal-access-token'),
      ];
      return revokeTogether(bench.provider, items);
    });
    const outcomes = results.map((result) => 'outcome' in result && result.outcome);
    expect(outcomes.filter((outcome) => outcome === 'unknown')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'continue')).toHaveLength(67);
    expect(outcomes.at(-1)).toBe('accepted');
  });

  it('lets an installation token wait while the hour has few calls left, until it has expired', async () => {
    await onBench([probed(PERSONAL, SCARCE), submitted([PERSONAL])], async (bench) => {
      await revoke(bench);
      const token = new Secret(INSTALLATION);
      const note = { since: bench.clock.now() - 86_400_000, handedIn: false };
      const notes = [{ quash: 1, note, seenAlive: [] }];
      const step = stepOf(bench.provider, token, { kind: 'installation-token', notes });
      const [result] = await revokeTogether(bench.provider, [{ token, step }]);
      expect(result).toMatchObject({ outcome: 'expires', evidence: { expiresAt: expect.any(String) } });
    });
  });

  it('lets an installation token wait no shorter where a clock was ahead when it began to wait', async () => {
    await onBench([probed(PERSONAL, SCARCE), submitted([PERSONAL])], async (bench) => {
      await revoke(bench);
      const token = new Secret(INSTALLATION);
      const note = { since: bench.clock.now() + 86_400_000, handedIn: false };
      const notes = [{ quash: 1, note, seenAlive: [] }];
      const step = stepOf(bench.provider, token, { kind: 'installation-token', notes });
      const [result] = await revokeTogether(bench.provider, [{ token, step }]);
      expect(result).toMatchObject({ outcome: 'continue' });
      expect(result && 'afterMs' in result && result.afterMs).toBeGreaterThan(0);
    });
  });

  it('takes a suspended owner for no proof', async () => {
    const suspended = { status: 403, json: { message: 'Sorry. Your account was suspended.' } };
    const exchanges = [works(PERSONAL), submitted([PERSONAL]), probed(PERSONAL, suspended)];
    const end = await onBench(exchanges, (bench) => revoke(bench));
    expect(end).toMatchObject({ result: { outcome: 'accepted' }, liveness: 'unknown', verified: false });
  });

  const invalid = { status: 422, json: { message: 'Validation Failed' } };

  it('parts a list that GitHub calls invalid, so that one token does not hold up the others', async () => {
    const exchanges = [
      works(PERSONAL),
      works(OAUTH),
      submitted([PERSONAL, OAUTH], invalid),
      submitted([PERSONAL]),
      submitted([OAUTH], invalid),
    ];
    expect(await both(exchanges)).toEqual([
      { outcome: 'accepted' },
      expect.objectContaining({ code: 'unexpected-answer' }),
    ]);
  });

  it('parts no list when the hour has few calls left: GitHub says the same of too many calls', async () => {
    const exchanges = [
      works(PERSONAL),
      works(OAUTH),
      submitted([PERSONAL, OAUTH], { ...SCARCE, ...invalid }),
    ];
    const waits = expect.objectContaining({ code: 'throttled', scope: 'entry' });
    expect(await both(exchanges)).toEqual([waits, waits]);
  });

  const forged = PERSONAL.replace('A1', 'A2');

  it('does not call a token handed in that worked at a server which is not configured any more', async () => {
    const workedAt = 'https://github.example.com/api/v3';
    await onBench([], async (bench) => {
      const token = new Secret(PERSONAL);
      const notes = [{ quash: 1, seenAlive: [workedAt] }];
      const step = stepOf(bench.provider, token, { kind: 'personal-access-token', notes });
      const [result] = await revokeTogether(bench.provider, [{ token, step }]);
      expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token', evidence: { workedAt } });
    });
  });

  it('does not prove the end of a token by a copy of the server where it worked, which is not configured any more', async () => {
    let copy = '';
    const config = (url: string) => {
      const written = withServer(url);
      copy = written.servers[0]?.url ?? '';
      return written;
    };
    const liveness = async (bench: ProviderBench, seenAlive: readonly string[]) => {
      const options = { kind: 'personal-access-token', notes: [{ quash: 1, seenAlive }] };
      const step = stepOf(bench.provider, new Secret(PERSONAL), options);
      return bench.provider.verify?.(new Secret(PERSONAL), step);
    };
    const refused = probed(PERSONAL, undefined, SERVER);
    await onBench(
      [refused, refused],
      async (bench) => {
        expect(await liveness(bench, [copy])).toBe('dead');
        expect(await liveness(bench, [copy, 'https://github.example.com/api/v3'])).toBe('unknown');
      },
      config,
    );
  });

  it('hands in once more what waited for its turn with an app, when it works after all', async () => {
    const exchanges = [works(OAUTH), submitted([OAUTH])];
    await onBench(exchanges, async (bench) => {
      const token = new Secret(OAUTH);
      const kept = { quash: 1, note: { since: 0, handedIn: true }, seenAlive: [] };
      const step = stepOf(bench.provider, token, { kind: 'oauth-token', notes: [kept] });
      expect(await revokeTogether(bench.provider, [{ token, step }])).toEqual([{ outcome: 'accepted' }]);
      const notes = [step.remembered ?? kept];
      const again = stepOf(bench.provider, token, { kind: 'oauth-token', notes });
      expect(await revokeTogether(bench.provider, [{ token, step: again }])).toEqual([
        { outcome: 'accepted' },
      ]);
    });
  });

  it('does not hand in once more what waits for its turn with an app', async () => {
    const exchanges = Array.from({ length: 10 }, () => deletedByApp({ status: 404 }));
    const waiting = async (bench: ProviderBench) => {
      const token = new Secret(OAUTH);
      const kept = { quash: 1, note: { since: 0, handedIn: true }, seenAlive: [] };
      const items = Array.from({ length: 11 }, () => {
        return { token, step: stepOf(bench.provider, token, { kind: 'oauth-token', notes: [kept] }) };
      });
      const results = await revokeTogether(bench.provider, items);
      expect(results.at(-1)).toMatchObject({ outcome: 'continue' });
      expect(items.map(({ step }) => step.note)).toEqual([...Array(10).fill({}), kept.note]);
    };
    await onBench(exchanges, waiting, withApp);
  });

  it('hands in what has a wrong checksum by itself, so that no flood of it makes the others invalid', async () => {
    const exchanges = [works(PERSONAL), probed(forged), submitted([PERSONAL]), submitted([forged], invalid)];
    const results = await onBench(exchanges, (bench) =>
      revokeTogether(bench.provider, [
        itemOf(bench, forged, 'personal-access-token'),
        itemOf(bench, PERSONAL, 'personal-access-token'),
      ]),
    );
    expect(results).toEqual([
      expect.objectContaining({ code: 'unexpected-answer' }),
      { outcome: 'accepted' },
    ]);
  });

  it('hands in what has no checksum after the others, as anybody can invent that as well', async () => {
    const exchanges = [
      works(PERSONAL),
      works(FINE_GRAINED),
      submitted([PERSONAL]),
      submitted([FINE_GRAINED], invalid),
    ];
    const results = await onBench(exchanges, (bench) =>
      revokeTogether(bench.provider, [
        itemOf(bench, FINE_GRAINED, 'fine-grained-token'),
        itemOf(bench, PERSONAL, 'personal-access-token'),
      ]),
    );
    expect(results).toEqual([
      expect.objectContaining({ code: 'unexpected-answer' }),
      { outcome: 'accepted' },
    ]);
  });

  it('lets what has a wrong checksum wait while the hour has few calls left', async () => {
    const exchanges = [probed(PERSONAL, SCARCE), submitted([PERSONAL])];
    const results = await onBench(exchanges, (bench) =>
      revokeTogether(bench.provider, [
        itemOf(bench, forged, 'personal-access-token'),
        itemOf(bench, PERSONAL, 'personal-access-token'),
      ]),
    );
    expect(results).toEqual([
      expect.objectContaining({ code: 'throttled', scope: 'entry' }),
      { outcome: 'accepted' },
    ]);
  });

  it('says which credential GitHub refuses', async () => {
    const refused = { status: 401, json: { message: 'Bad credentials' } };
    const own = (answer: Exchange['answer']): Exchange => ({
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

  it('knows a whole token by its checksum', async () => {
    const bench = await startBench(github, () => ({}), []);
    await bench.close();
    const [kind] = bench.provider.kinds;
    const isWhole = (text: string) => kind !== undefined && isWholeToken(kind, new Secret(text));
    expect(isWhole(PERSONAL)).toBe(true);
    expect(isWhole(`${PERSONAL}a`)).toBe(false);
    expect(isWhole(PERSONAL.replace('A1', 'A2'))).toBe(false);
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
