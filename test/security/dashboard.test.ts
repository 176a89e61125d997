/** The dashboard against pages of others, links of others, stolen cookies, and texts that a committer chose. */
import { createHash } from 'node:crypto';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdminSettings } from '../../src/admin/access.ts';
import { createAdminApp } from '../../src/admin/app.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import { createLimits } from '../../src/server/limits.ts';
import { listen } from '../../src/server/listen.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { aReport } from '../contract/ledger-suite.ts';
import { authenticatorOf } from '../support/callers.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';

const ADMIN = 'admin-token-of-the-tests';
const OTHER_ADMIN = 'another-admin-token-of-the-tests';
const HOURS_MS = 3_600_000;
const HELD = 'held-entry';

interface CallOptions {
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

async function openDashboard({ failedAuthPerMinute = 1_000, secureCookies = false } = {}) {
  const { ledger } = httpFixture();
  const clock = new FakeClock();
  const registry = fakeRegistry([fakeProvider()]);
  const limits = createLimits({ requestsPerMinute: 1_000, tokensPerMinute: 1_000, failedAuthPerMinute });
  let settings: AdminSettings = {
    registry,
    limits,
    secureCookies,
    readable: [],
    channels: [],
    authenticator: authenticatorOf('operator', ADMIN, OTHER_ADMIN),
  };
  const app = createAdminApp({
    host: '127.0.0.1',
    ...{ ledger, clock, settings: () => settings, observe: () => {}, draining: () => false },
    startSweep: async () => '',
    fingerprint: () => '',
  });
  const listener = await listen(app, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => listener.close(0));
  await accept({ id: HELD, initial: { state: 'held' } });
  return { ledger, clock, accept, call, signIn, formTokenOf, reload };

  async function accept(report: Partial<ReportedToken>): Promise<void> {
    const complete = aReport(report.id ?? HELD, {
      provider: 'fake',
      kind: 'token',
      type: FAKE_TYPE,
      ...report,
    });
    await ledger.accept([complete], { now: clock.now(), backlog: 100 });
  }

  function reload(...tokens: string[]): void {
    settings = { ...settings, authenticator: authenticatorOf('operator', ...tokens) };
  }

  /** A GET, or with a form a POST; follows no redirect. */
  async function call(path: string, { cookie, headers = {}, form }: CallOptions = {}) {
    const answer = await request(listener.url + path, {
      method: form ? 'POST' : 'GET',
      headers: {
        ...(cookie && { cookie }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      body: form ? new URLSearchParams(form).toString() : null,
    });
    const setCookie = [answer.headers['set-cookie'] ?? []].flat().join('\n');
    const cookieSet = setCookie.split(';', 1)[0] ?? '';
    return {
      status: answer.statusCode,
      headers: answer.headers,
      setCookie,
      cookieSet,
      text: await answer.body.text(),
    };
  }

  async function signIn(token = ADMIN, options: CallOptions = {}): Promise<string> {
    const { status, cookieSet } = await call('/sign-in', { ...options, form: { token } });
    expect(status).toBe(303);
    return cookieSet;
  }

  async function formTokenOf(cookie: string): Promise<string> {
    const { text } = await call('/providers', { cookie });
    return /name="form-token" value="([^"]+)"/.exec(text)?.[1] ?? '';
  }
}

describe('a form', () => {
  const approve = `/revocations/${HELD}/approve`;

  it('with the token of its own session is taken', async () => {
    const { call, signIn, formTokenOf, ledger, clock } = await openDashboard();
    const cookie = await signIn();
    const form = { 'form-token': await formTokenOf(cookie), 'as-of': String(clock.now()) };
    expect((await call(approve, { cookie, form, headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(
      303,
    );
    expect(await ledger.get(HELD)).toMatchObject({ state: 'queued', approved: true });
  });

  it.each<[string, number, CallOptions['headers'], (own: string, other: string) => Record<string, string>]>([
    ['without a token', 403, {}, () => ({})],
    ['with an empty token', 403, {}, () => ({ 'form-token': '' })],
    [
      'with a token of another session of the same person',
      403,
      {},
      (_own, other) => ({ 'form-token': other }),
    ],
    ['from another site', 403, { 'sec-fetch-site': 'cross-site' }, (own) => ({ 'form-token': own })],
    ['from a sibling of the site', 403, { 'sec-fetch-site': 'same-site' }, (own) => ({ 'form-token': own })],
    ['sent as text', 403, { 'content-type': 'text/plain' }, (own) => ({ 'form-token': own })],
    ['sent as JSON', 403, { 'content-type': 'application/json' }, (own) => ({ 'form-token': own })],
  ])('%s is refused with %i and changes nothing', async (_name, status, headers, formOf) => {
    const { call, signIn, formTokenOf, ledger } = await openDashboard();
    const cookie = await signIn();
    const form = formOf(await formTokenOf(cookie), await formTokenOf(await signIn()));
    expect((await call(approve, { cookie, form, ...(headers && { headers }) })).status).toBe(status);
    expect(await ledger.get(HELD)).toMatchObject({ state: 'held' });
  });

  it.each([
    approve,
    `/revocations/${HELD}/retry`,
    `/revocations/${HELD}/dismiss`,
    ...['pause', 'resume', 'check', 'mode'].map((action) => `/providers/fake/${action}`),
    '/mode',
    '/sign-out',
    '/sessions/some-id/end',
    '/notices/some-id/send-again',
  ])('to %s needs a session and its token', async (path) => {
    const { call, signIn, ledger } = await openDashboard();
    const cookie = await signIn();
    const form = { reason: 'x', mode: 'hold' };
    expect((await call(path, { form })).status).toBe(401);
    expect((await call(path, { form, cookie })).status).toBe(403);
    expect(await ledger.get(HELD)).toMatchObject({ state: 'held' });
    expect((await ledger.lanes(0)).filter(({ parked, mode }) => parked || mode !== null)).toEqual([]);
    // No action hides behind a GET, with which any link could ask for it.
    expect((await call(path, { cookie })).status).toBe(404);
  });

  it('with an action of the admin API is not taken for the cookie', async () => {
    const { call, signIn, ledger } = await openDashboard();
    const cookie = await signIn();
    expect((await call(`/api/revocations/${HELD}/approve`, { cookie, form: {} })).status).toBe(401);
    expect(await ledger.get(HELD)).toMatchObject({ state: 'held' });
  });

  it('larger than any of ours is refused with 413', async () => {
    const { call, signIn } = await openDashboard();
    const cookie = await signIn();
    expect((await call(approve, { cookie, form: { reason: 'x'.repeat(100_000) } })).status).toBe(413);
  });
});

describe('a session', () => {
  const isIn = async ({ call }: Awaited<ReturnType<typeof openDashboard>>, cookie: string) =>
    (await call('/', { cookie })).status === 200;

  it('gets a cookie of its own at each sign-in, whatever cookie was there before', async () => {
    const dashboard = await openDashboard();
    const planted = 'quash_session=chosen-by-somebody-else';
    const first = await dashboard.signIn(ADMIN, { cookie: planted });
    const second = await dashboard.signIn(ADMIN, { cookie: first });
    expect(new Set([planted, first, second]).size).toBe(3);
    expect(await isIn(dashboard, planted)).toBe(false);
    expect(await isIn(dashboard, second)).toBe(true);
  });

  it('has a cookie that neither script nor other sites get, and no http where https is there', async () => {
    const attributes = async (options: { secureCookies?: boolean }) => {
      const { call } = await openDashboard(options);
      const { setCookie } = await call('/sign-in', { form: { token: ADMIN } });
      return setCookie.split('; ').slice(1);
    };
    expect(await attributes({})).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/']));
    expect(await attributes({ secureCookies: true })).toContain('Secure');
  });

  it('ends when its time is over', async () => {
    const dashboard = await openDashboard();
    const cookie = await dashboard.signIn();
    await dashboard.clock.advance(8 * HOURS_MS - 1);
    expect(await isIn(dashboard, cookie)).toBe(true);
    await dashboard.clock.advance(1);
    expect(await isIn(dashboard, cookie)).toBe(false);
  });

  it('ends at the sign-out, also for whoever has its cookie, and no other one does', async () => {
    const dashboard = await openDashboard();
    const [mine, others] = [await dashboard.signIn(), await dashboard.signIn()];
    const form = { 'form-token': await dashboard.formTokenOf(mine) };

    expect((await dashboard.call('/sign-out', { cookie: mine, form })).status).toBe(303);

    expect([await isIn(dashboard, mine), await isIn(dashboard, others)]).toEqual([false, true]);
    const approve = await dashboard.call(`/revocations/${HELD}/approve`, { cookie: mine, form });
    expect(approve.status).toBe(401);
  });

  it('ends with the admin token that it was begun with, and no other one does', async () => {
    const dashboard = await openDashboard();
    const [mine, others] = [await dashboard.signIn(ADMIN), await dashboard.signIn(OTHER_ADMIN)];
    dashboard.reload(OTHER_ADMIN);
    expect([await isIn(dashboard, mine), await isIn(dashboard, others)]).toEqual([false, true]);
  });

  it.each<[string, (key: string) => string]>([
    ['with a letter changed', (key) => (key.startsWith('A') ? 'B' : 'A') + key.slice(1)],
    ['with a letter more', (key) => `${key}x`],
    ['cut short', (key) => key.slice(0, -1)],
    ['that is empty', () => ''],
    ['that is the id of the session', (key) => createHash('sha256').update(key).digest('hex').slice(0, 32)],
    ['of the kind that earlier versions signed', () => 'token-000000000000.9e99.AAAA.undefined'],
  ])('is not believed by a key %s', async (_name, change) => {
    const dashboard = await openDashboard();
    const [name, key = ''] = (await dashboard.signIn()).split('=');
    expect(await isIn(dashboard, `${name}=${change(key)}`)).toBe(false);
    const forms = await dashboard.call('/sign-out', { cookie: `${name}=${change(key)}`, form: {} });
    expect(forms.status).toBe(401);
  });

  it('is not begun by what the ledger knows of it', async () => {
    const dashboard = await openDashboard();
    const [name, key] = (await dashboard.signIn()).split('=');
    const [session] = await dashboard.ledger.sessions();
    const stored = JSON.stringify(session);
    expect(stored).not.toContain(key);
    expect(await isIn(dashboard, `${name}=${session?.id}`)).toBe(false);
  });

  it('is not begun with the token of GitLab, and no more at all after too many attempts', async () => {
    const { call } = await openDashboard({ failedAuthPerMinute: 3 });
    const attempt = async (token: string) => (await call('/sign-in', { form: { token } })).status;
    expect([await attempt('pre-shared-token-of-the-tests'), await attempt(''), await attempt('x')]).toEqual([
      401, 401, 401,
    ]);
    const refused = await call('/sign-in', {
      form: { token: 'x' },
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    expect([refused.status, Number(refused.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
    // Nobody locks out whoever has the right one.
    expect(await attempt(ADMIN)).toBe(303);
  });

  it('cannot be begun by a form of another site, which would sign a person in as somebody else', async () => {
    const { call } = await openDashboard();
    const headers = { 'sec-fetch-site': 'cross-site' };
    const { status, setCookie } = await call('/sign-in', { form: { token: ADMIN }, headers });
    expect([status, setCookie]).toEqual([403, '']);
  });
});

describe('a link to the sign-in', () => {
  it.each([
    'https://evil.example.com/',
    '//evil.example.com/',
    '///evil.example.com/',
    '/\\evil.example.com/',
    '\\\\evil.example.com\\',
    'http:evil.example.com',
    'http://dashboard@evil.example.com/',
    'https://dashboard/',
    '/\t/evil.example.com/',
    '\thttps://evil.example.com',
    'javascript:alert(1)',
    'data:text/html,x',
    '/.//evil.example.com',
    '/..//evil.example.com/',
    '/x/..//evil.example.com/',
    'http://dashboard//evil.example.com/',
    '/%2F/evil.example.com',
    '/\r\nSet-Cookie: a=b',
  ])('does not lead elsewhere by %j', async (next) => {
    const { call } = await openDashboard();
    const { text } = await call(`/sign-in?next=${encodeURIComponent(next)}`);
    const { status, headers, setCookie } = await call('/sign-in', { form: { token: ADMIN, next } });
    expect(status).toBe(303);
    expect(setCookie.split('\n')).toHaveLength(1);
    // As a browser reads it.
    expect(new URL(String(headers.location), 'https://quash.example.com').origin).toBe(
      'https://quash.example.com',
    );
    const offered = /name="next" value="([^"]*)"/.exec(text)?.[1] ?? '';
    expect(new URL(offered, 'https://quash.example.com').origin).toBe('https://quash.example.com');
  });

  it('leads back to where somebody wanted to go', async () => {
    const { call } = await openDashboard();
    const asked = await call('/revocations?state=held');
    const next = new URL(String(asked.headers.location), 'http://x').searchParams.get('next') ?? '';
    expect((await call('/sign-in', { form: { token: ADMIN, next } })).headers.location).toBe(
      '/revocations?state=held',
    );
  });
});

describe('a page', () => {
  it.each([
    '/',
    '/revocations',
    `/revocations/${HELD}`,
    '/revocations/none',
    '/providers',
    '/notices',
    '/sessions',
    '/sign-in',
    '/nowhere',
  ])('(%s) may not be framed, cached or guessed at, and runs nothing but our own script', async (path) => {
    const { call, signIn } = await openDashboard();
    const { headers, text } = await call(path, { cookie: await signIn() });
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    for (const directive of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]) {
      expect(policy).toContain(directive);
    }
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(text).not.toMatch(/<script(?![^>]*src="\/assets\/)|\son\w+=|style="|javascript:/i);
  });

  const MARKUP = `"><img src=x onerror=alert(1)></script><script>alert(2)</script>'&lt;{{7*7}}\${7*7}`;

  it('shows what a committer wrote as text', async () => {
    const { accept, call, signIn } = await openDashboard();
    const outcome: Outcome = {
      ...{ kind: 'refused', verified: false, reason: `unrecognised ${MARKUP}`, advice: `Look. ${MARKUP}` },
      evidence: { [`key ${MARKUP}`]: `value ${MARKUP}`, list: [{ [`inner ${MARKUP}`]: MARKUP }] },
    };
    const id = 'ab'.repeat(16);
    await accept({
      ...{ id, type: MARKUP, kind: MARKUP, location: `https://git.test/${MARKUP}`, restarts: [] },
      initial: { state: 'attention', outcome },
    });
    await accept({ id, location: `javascript:alert(3)//${MARKUP}`, finding: `https://git.test ${MARKUP}` });
    const cookie = await signIn();
    const query = encodeURIComponent(MARKUP);
    const paths = ['/', '/revocations', `/revocations/${id}`, '/providers'];
    const asked = ['type', 'provider', 'state', 'cursor', 'did', 'window'].map(
      (key) => `/revocations?${key}=${query}`,
    );
    const missing = [`/revocations/${query}`, `/${query}`, `/sign-in?next=/${query}`];
    for (const path of [...paths, ...asked, ...missing]) {
      const { text } = await call(path, { cookie });
      expect([path, /<img|<script>/.exec(text)?.[0]]).toEqual([path, undefined]);
      expect(text).not.toMatch(/href="(?!\/|https?:\/\/|#)/);
    }
    const { text } = await call(`/revocations/${id}`, { cookie });
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });
});
