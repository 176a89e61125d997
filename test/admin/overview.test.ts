/** The page that says whether all is well, and its words. */
import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../src/admin/dashboard/verdict.ts';
import { belowWords, statusOf } from '../../src/admin/dashboard/words.ts';
import type { Overview } from '../../src/admin/operations.ts';
import { providerTrends } from '../../src/admin/provider-trends.ts';
import { firstStepAt, trendOf } from '../../src/admin/trend.ts';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import { DELAY_BUCKETS_MS, type Hour, type ProviderDay } from '../../src/ledger/statistics.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { adminPort } from './admin-port.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const UNPROVEN: Outcome = { kind: 'held', verified: false, reason: 'unproven', advice: 'Look.' };
const MANUAL: Outcome = { kind: 'refused', verified: false, reason: 'manual', advice: 'By hand.' };

describe('the overview', () => {
  const verdict = (text: string) => /<p class="verdict *([a-z]*)">([^<]*)</.exec(text)?.slice(1);

  it('says the worst first, and calls nothing good that is open', async () => {
    const { accept, report, page } = adminPort();
    const seen = async () => verdict(await page('/'));

    expect(await seen()).toEqual(['', 'Nothing was reported yet.']);
    await accept(report(1));
    expect((await seen())?.[0]).toBe('notable');
    expect((await seen())?.[1]).toContain('1 leak is being revoked');
    await accept(report(2, { initial: { state: 'held', outcome: UNPROVEN } }));
    expect(await seen()).toEqual(['notable', 'Not safe yet: 1 leak waits for approval and may still work.']);
    await accept(report(3, { initial: { state: 'attention', outcome: MANUAL } }));
    expect(await seen()).toEqual(['bad', 'Not safe: 1 leak needs a person and may still work.']);
  });

  it('takes no sweep for a leak that is being revoked', async () => {
    const { accept, report, call, clock, ledger } = adminPort();
    const sentence = async () => {
      const overview = (await call('GET', '/stats')).body as unknown as Overview;
      return verdictOf({ overview, stopped: [], generalMode: null, now: clock.now() }).sentence;
    };
    const sweep = report(1, { provider: 'gitlab-sweep' });
    await ledger.accept([sweep], { now: clock.now() - 3 * DAY_MS, backlog: 10 });
    expect(await sentence()).toMatch(/^No reported leak is open/);

    await accept(report(2));
    expect(await sentence()).toMatch(/: 1 leak is being revoked, the oldest for \d+ (ms|s|min)\.$/);
  });

  it('says what endangers the entries in their storage', async () => {
    const message = 'Redis keeps no append-only file.';
    const { page, call } = adminPort({ ledgerWarnings: () => [message] });

    expect(await page('/')).toContain(`<p class="warning">Ledger: ${message}</p>`);
    expect((await call('GET', '/stats')).body).toMatchObject({ ledgerWarnings: [message] });
    expect(await adminPort().page('/')).not.toContain('Ledger:');
  });

  it('says that leaks wait for a provider that the configuration has no more', async () => {
    const { accept, report, page } = adminPort();
    await accept(report(1, { provider: 'gone' }));

    const text = await page('/');

    expect(verdict(text)).toEqual(['bad', 'Not safe: nothing is revoked at gone, and leaks wait.']);
    expect(text).toContain('gone: off, and not in the configuration. 1 leak is open.');
  });

  it('calls nothing safe that a dry run left alone, until it is worked on', async () => {
    const { accept, report, page, ledger, clock } = adminPort();
    await accept(report(1));
    const now = clock.now();
    const end = async (outcome: Outcome) => {
      const { claims } = await ledger.claim('fake', { now, limit: 1, leaseMs: 1_000, maxPerHour: 0 });
      for (const claim of claims)
        await ledger.settle(claim, { now, state: 'done', outcome, progress: NO_PROGRESS, events: [] });
    };
    await end({ kind: 'would-revoke', verified: false });

    expect(verdict(await page('/'))).toEqual([
      'notable',
      'Not safe yet: in the last 24h a dry run left 1 leak as it was.',
    ]);
    await accept(report(1, { restarts: ['would-revoke'] }));
    await end({ kind: 'revoked', verified: true });
    expect(verdict(await page('/'))?.[0]).toBe('good');
  });

  it('teaches how leaks come in before the first one', async () => {
    const { page } = adminPort();

    expect(await page('/')).toContain('quash gitlab-settings');
    expect(await page('/revocations')).toContain('quash submit');
    expect(await page('/revocations?state=held')).toContain('No leak fits this filter');
    expect(await page('/projects')).toContain('from its first report on');
  });

  it('tells by API how many leaks were open, and draws it without a style of its own', async () => {
    const { accept, report, call, page } = adminPort();
    await accept(report(1), report(2));

    const { body } = await call('GET', '/stats');
    const trend = body.trend as { open: number }[];

    expect(trend.length).toBe(24);
    expect(trend.slice(-2).map(({ open }) => open)).toEqual([0, 2]);
    const text = await page('/');
    expect(text).toContain('Open leaks: 2 now');
    expect(text).not.toContain('style=');
  });
});

describe('the trend of each provider', () => {
  const REVOKED: Outcome = { kind: 'revoked', verified: true };

  it('says what is open and how fast leaks died, by API and on the overview', async () => {
    const { accept, report, call, page, clock, ledger } = adminPort();
    await accept(report(1), report(2), report(3, { provider: 'other' }));
    const [claim] = (
      await ledger.claim('fake', { now: clock.now(), limit: 1, leaseMs: HOUR_MS, maxPerHour: 0 })
    ).claims;
    if (!claim) throw new Error('Nothing to claim.');
    await ledger.settle(claim, {
      ...{ now: clock.now() + 900, state: 'done', outcome: REVOKED, progress: NO_PROGRESS, events: [] },
    });

    const { body } = await call('GET', '/stats');

    const within900 = DELAY_BUCKETS_MS.find((end) => end >= 900);
    expect(body.providers).toMatchObject([
      { provider: 'fake', open: 1, dead: 1, delayMs: { median: within900, p95: within900 } },
      { provider: 'other', open: 1, dead: 0, delayMs: { median: null, p95: null } },
    ]);
    const [fake] = body.providers as { trend: { open: number; dead: number }[] }[];
    expect(fake?.trend.length).toBe(30);
    expect(fake?.trend.slice(-2)).toMatchObject([
      { open: 0, dead: 0 },
      { open: 1, dead: 1 },
    ]);
    const text = await page('/');
    expect(text).toContain('href="/revocations?provider=fake"');
    expect(text).toContain('half below 1.3 s; 95 % below 1.3 s');
    expect(text).toContain('aria-label="at most 1 open at the end of a day"');
  });

  it('puts first who has the most open, and forgets what is older', () => {
    const day = (provider: string, n: number, created: number): ProviderDay => ({
      ...{ provider, at: n * DAY_MS, created, reopened: 0, ended: {}, delays: [] },
    });
    const counts = [
      { provider: 'few', state: 'queued', entries: 1 },
      { provider: 'many', state: 'held', entries: 2 },
      { provider: 'many', state: 'attention', entries: 3 },
      { provider: 'closed', state: 'done', entries: 9 },
    ] as const;

    const trends = providerTrends([day('few', 39, 1), day('many', 40, 4)], counts, 40 * DAY_MS);

    expect(trends.map(({ provider, open }) => [provider, open])).toEqual([
      ['many', 5],
      ['few', 1],
    ]);
    expect(trends[0]?.trend.slice(-2).map(({ open }) => open)).toEqual([1, 5]);
    expect(firstStepAt('30d', 40 * DAY_MS)).toBe(trends[0]?.trend[0]?.at);
  });
});

describe('the trend', () => {
  it('counts open leaks back from now, and sorts ends by whether death was shown', () => {
    const delays = DELAY_BUCKETS_MS.map((_, index) => (index === 3 ? 1 : 0));
    const hour = (n: number, created: number, ended: Hour['ended'] = {}, reopened = 0): Hour => ({
      ...{ at: n * HOUR_MS, created, reopened, ended, delays: ended.revoked ? delays : [] },
    });
    const hours = [
      hour(97, 4, { attention: 1 }),
      hour(98, 1, { revoked: 1, accepted: 2, 'already-inactive-unproven': 1 }),
    ];

    const trend = trendOf('24h', { hours, open: 1, now: 99 * HOUR_MS });

    expect(trend.slice(-4).map(({ open }) => open)).toEqual([0, 4, 1, 1]);
    expect(trend.at(-2)).toMatchObject({ dead: 1, others: 3, delayMs: { median: DELAY_BUCKETS_MS[3] } });
    expect(trend.at(-3)).toMatchObject({ attention: 1, delayMs: { median: null } });
  });

  it('counts what ended twice as open only while it was', () => {
    const hour = (n: number, changes: Partial<Hour>): Hour => ({
      ...{ at: n * HOUR_MS, created: 0, reopened: 0, ended: {}, delays: [], ...changes },
    });
    const hours = [
      hour(95, { created: 2, ended: { 'would-revoke': 2 } }),
      hour(97, { reopened: 2 }),
      hour(98, { ended: { revoked: 2 } }),
    ];

    const trend = trendOf('24h', { hours, open: 0, now: 99 * HOUR_MS });

    expect(trend.slice(-6).map(({ open }) => open)).toEqual([0, 0, 0, 2, 0, 0]);
  });
});

describe('its words', () => {
  it('shows the end of a bucket as a bound that stays true', () => {
    expect(belowWords(null)).toBe('none yet');
    expect(belowWords(33.4)).toBe('below 34 ms');
    expect(belowWords(577)).toBe('below 580 ms');
    expect(belowWords(14_610)).toBe('below 15 s');
    expect(belowWords(62_000)).toBe('below 1.1 min');
    expect(belowWords(DELAY_BUCKETS_MS.at(-1) ?? 0)).toMatch(/^above /);
  });

  it.each<[Outcome['kind'], boolean, string, string]>([
    ['revoked', true, 'Dead', 'good'],
    ['already-inactive', true, 'Dead', 'good'],
    ['revoked', false, 'No proof', 'notable'],
    ['already-inactive', false, 'No proof', 'notable'],
    ['accepted', false, 'No proof', 'notable'],
    ['would-revoke', false, 'Dry run', ''],
    ['expires', false, 'Expires by itself', ''],
  ])('calls %s (verified: %s) %s', (kind, verified, words, tone) => {
    expect(statusOf({ state: 'done', outcome: { kind, verified } })).toEqual({ words, tone });
  });

  it('calls dead nothing that was dismissed or ignored', () => {
    const ignored = { kind: 'ignored', verified: false } as const;
    expect(statusOf({ state: 'dismissed', outcome: ignored })).toEqual({ words: 'Ignored', tone: '' });
    expect(statusOf({ state: 'dismissed', outcome: MANUAL })).toEqual({ words: 'Dismissed', tone: '' });
  });
});
