/** The sign-in by a real OpenID server: who comes in, in which role, and for how long. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdminSettings } from '../../src/admin/access.ts';
import { createAdminApp } from '../../src/admin/app.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { createOpenId, type Member, RETURN_PATH } from '../../src/openid/openid.ts';
import { Problem } from '../../src/server/problem.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { aReport } from '../contract/ledger-suite.ts';
import { authenticatorOf } from '../support/callers.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';
import { CLIENT, startIssuer } from '../support/openid-issuer.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const ADMIN = 'admin-token-of-the-tests';
const HELD = 'held-entry';
const MINUTE_MS = 60_000;

interface Options {
  readonly publicUrl?: string;
  readonly operators?: readonly Member[];
  readonly viewers?: readonly Member[];
  readonly failedAuth?: AdminSettings['limits']['failedAuth'];
}

async function adminPort({
  publicUrl = 'http://quash.example.com',
  operators = [{ group: 'security' }],
  viewers = [{ group: 'everybody' }],
  failedAuth = async () => {},
}: Options = {}) {
  const issuer = await startIssuer({ returnTo: publicUrl + RETURN_PATH });
  issuer.people.set('7', { name: 'Ann', groups: ['security'] });
  issuer.people.set('8', { name: 'Bob', groups: ['everybody'] });
  issuer.people.set('9', { name: 'Eve', groups: ['others'] });
  const { ledger } = httpFixture();
  const clock = new FakeClock();
  const events: QuashEvent[] = [];
  const factory = createUpstreamFactory({
    ...{ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate: ['127.0.0.1'], clock },
  });
  onTestFinished(() => factory.close());
  const openidWith = (of: Pick<Required<Options>, 'operators' | 'viewers'>) =>
    createOpenId(
      {
        ...{ issuer: issuer.url, clientId: CLIENT.id, clientSecret: new Secret(CLIENT.secret) },
        ...{ scopes: ['openid', 'profile'], groupsClaim: 'groups', ...of },
      },
      { publicUrl, upstream: (origin) => factory.for('sign-in', origin), clock },
    );
  let settings: AdminSettings = {
    registry: fakeRegistry([fakeProvider()]),
    limits: { failedAuth },
    authenticator: authenticatorOf('operator', ADMIN),
    openid: openidWith({ operators, viewers }),
    secureCookies: publicUrl.startsWith('https:'),
    publicHost: 'quash.example.com',
    readable: [],
    channels: [],
  };
  /** Another process on the same ledger. */
  const replica = () =>
    createAdminApp({
      ...{ host: '127.0.0.1', settings: () => settings, startSweep: async () => '', fingerprint: () => '' },
      ...{ ledger, clock, observe: (event) => events.push(event), draining: () => false },
    });
  const app = replica();
  const report = { provider: 'fake', kind: 'token', type: FAKE_TYPE, initial: { state: 'held' } } as const;
  await ledger.accept([aReport(HELD, report)], { now: clock.now(), backlog: 100 });

  const page = (cookie: string, path = '/', by = app) => by.request(path, { headers: { cookie } });
  /** Up to the address with which the issuer sends the browser back. */
  const begin = async (next = '/') => {
    const answer = await app.request(`/sign-in/openid?next=${encodeURIComponent(next)}`);
    const setCookie = answer.headers.get('set-cookie') ?? '';
    const back = new URL(await issuer.visit(answer.headers.get('location') ?? ''));
    return { back: back.pathname + back.search, setCookie, cookie: setCookie.split(';')[0] ?? '' };
  };
  const comeBack = async ({ back, cookie }: { readonly back: string; readonly cookie: string }) => {
    const answer = await page(cookie, back);
    const set = answer.headers.getSetCookie();
    const session = set.find((each) => each.startsWith('quash_session=')) ?? '';
    return { answer, set, text: await answer.text(), session: session.split(';')[0] ?? '' };
  };
  const signIn = async (sub: string) => {
    issuer.sub = sub;
    return (await comeBack(await begin())).session;
  };
  const isIn = async (cookie: string, by = app) => (await page(cookie, '/', by)).status === 200;
  const approve = async (cookie: string) => {
    const [, formToken = ''] =
      /name="form-token" value="([^"]+)"/.exec(await (await page(cookie)).text()) ?? [];
    const body = new URLSearchParams({ 'form-token': formToken, 'as-of': String(clock.now()) });
    const answer = await app.request(`/revocations/${HELD}/approve`, {
      method: 'POST',
      headers: { cookie },
      body,
    });
    return answer.status;
  };
  const reload = (openid: AdminSettings['openid']) => {
    settings = { ...settings, openid };
  };
  const sessionEvents = () => events.filter(({ type }) => /^(signed|sign-in|session)/.test(type));
  return {
    ...{ app, approve, begin, clock, comeBack, isIn, issuer, ledger, openidWith, page, reload, replica },
    ...{ sessionEvents, signIn },
  };
}

describe('the page of the sign-in', () => {
  it('offers the issuer and the admin token', async () => {
    const { app, issuer } = await adminPort();

    const text = await (await app.request('/sign-in?next=/providers')).text();

    expect(text).toContain(`Sign in with ${new URL(issuer.url).host}`);
    expect(text).toContain('href="/sign-in/openid?next=%2Fproviders"');
    expect(text).toContain('Admin token');
  });

  it('offers the admin token alone where no issuer is configured', async () => {
    const { app, reload } = await adminPort();
    reload(undefined);

    expect(await (await app.request('/sign-in')).text()).not.toContain('Sign in with');
    for (const path of ['/sign-in/openid', RETURN_PATH]) expect((await app.request(path)).status).toBe(404);
  });

  it('lets the admin token in while the issuer is down, and says so to others', async () => {
    const { app, isIn, issuer, sessionEvents } = await adminPort();
    issuer.up = false;

    const begun = await app.request('/sign-in/openid');
    const byToken = await app.request('/sign-in', {
      method: 'POST',
      body: new URLSearchParams({ token: ADMIN }),
    });

    expect(begun.status).toBe(503);
    expect(await begun.text()).toContain('use an admin token');
    expect(await isIn(byToken.headers.get('set-cookie')?.split(';')[0] ?? '')).toBe(true);
    expect(sessionEvents()[0]).toMatchObject({ type: 'sign-in-failed', why: 'unavailable' });
  });
});

describe('a person', () => {
  it('of a group of operators decides, by name and sub', async () => {
    const { approve, ledger, sessionEvents, signIn } = await adminPort();

    expect(await approve(await signIn('7'))).toBe(303);

    const { history = [] } = (await ledger.get(HELD)) ?? {};
    expect(history.at(-1)).toMatchObject({ event: 'approved', by: 'Ann (sub 7)' });
    expect(sessionEvents()).toEqual([{ type: 'signed-in', by: 'Ann (sub 7)', role: 'operator' }]);
  });

  it('of a group of viewers sees and decides nothing', async () => {
    const { approve, isIn, ledger, page, signIn } = await adminPort();
    const cookie = await signIn('8');

    expect(await isIn(cookie)).toBe(true);
    expect(await (await page(cookie, `/revocations/${HELD}`)).text()).not.toContain('Approve');
    expect(await approve(cookie)).toBe(403);
    expect(await ledger.get(HELD)).toMatchObject({ state: 'held' });
  });

  it('of no group that is named is told who it is, and not let in', async () => {
    const { begin, comeBack, issuer, sessionEvents } = await adminPort();
    issuer.sub = '9';

    const { answer, session, text } = await comeBack(await begin());

    expect([answer.status, session]).toEqual([403, '']);
    expect(text).toContain('You are Eve (sub 9).');
    expect(text).toContain('<a href="/sign-in">Go to the sign-in</a>');
    expect(sessionEvents()).toMatchObject([{ type: 'sign-in-failed', why: 'no-role', by: 'Eve (sub 9)' }]);
  });

  it('is led to where it wanted to go, by a page of ours and not by a redirect of the issuer', async () => {
    const { begin, comeBack, issuer } = await adminPort();
    issuer.sub = '7';

    const { answer, text } = await comeBack(await begin('/revocations?state=held'));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('refresh')).toBe('0; url=/revocations?state=held');
    expect(text).toContain('href="/revocations?state=held"');
  });

  it.each([
    ['another host', 'https://evil.example.com/', '/'],
    ['another host without a scheme', '//evil.example.com/', '/'],
    ['a line break', '/\r\nrefresh: x', '/refresh:%20x'],
    ['more than a cookie holds', `/${'x'.repeat(5_000)}`, '/'],
  ])('is not led elsewhere by a link with %s', async (_name, next, expected) => {
    const { begin, comeBack, issuer } = await adminPort();
    issuer.sub = '7';

    const { answer } = await comeBack(await begin(next));

    expect(answer.headers.get('refresh')).toBe(`0; url=${expected}`);
  });

  it('gets cookies that no script and no other site gets, for this host alone where there is https', async () => {
    const { begin, comeBack, issuer } = await adminPort({ publicUrl: 'https://quash.example.com' });
    issuer.sub = '7';
    const begun = await begin();
    expect(begun.setCookie).toMatch(/^__Host-quash_sign_in=/);
    expect(begun.setCookie.split('; ')).toEqual(
      expect.arrayContaining(['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=600']),
    );

    const { set } = await comeBack(begun);

    expect(set.find((each) => each.startsWith('quash_session='))?.split('; ')).toEqual(
      expect.arrayContaining(['HttpOnly', 'Secure', 'SameSite=Strict']),
    );
    expect(set.find((each) => each.startsWith('__Host-quash_sign_in='))).toContain('Max-Age=0');
  });
});

describe('a way back from the issuer', () => {
  it('lets nobody in a second time, also with the cookie', async () => {
    const { begin, comeBack, issuer } = await adminPort();
    issuer.sub = '7';
    const begun = await begin();
    expect((await comeBack(begun)).session).not.toBe('');

    const again = await comeBack(begun);

    expect([again.answer.status, again.session]).toEqual([403, '']);
  });

  it('lets nobody in from another browser, whose page begins anew', async () => {
    const { begin, comeBack, issuer } = await adminPort();
    issuer.sub = '7';
    const [mine, others] = [await begin(), await begin()];

    for (const cookie of ['', others.cookie, 'quash_sign_in=e30', 'quash_sign_in=%00']) {
      const { answer, session } = await comeBack({ back: mine.back, cookie });
      expect([answer.status, session]).toEqual([403, '']);
    }
  });

  it('counts against the address when it was forged', async () => {
    const addresses: string[] = [];
    const failedAuth = async (address: string) => {
      addresses.push(address);
      if (addresses.length > 1) throw new Problem(429, 'Too many failed authentications');
    };
    const { comeBack } = await adminPort({ failedAuth });
    const forged = { back: `${RETURN_PATH}?code=x&state=x`, cookie: '' };

    const statuses = [(await comeBack(forged)).answer.status, (await comeBack(forged)).answer.status];

    expect(statuses).toEqual([403, 429]);
    expect(addresses).toEqual(['admin unknown', 'admin unknown']);
  });
});

describe('the role of a person who is signed in', () => {
  it('is lost at the next reading after the group was left, within ten minutes', async () => {
    const { clock, isIn, issuer, ledger, sessionEvents, signIn } = await adminPort();
    const cookie = await signIn('7');
    issuer.people.set('7', { name: 'Ann', groups: [] });

    clock.jump(10 * MINUTE_MS - 1);
    expect(await isIn(cookie)).toBe(true);
    clock.jump(1);
    expect(await isIn(cookie)).toBe(false);

    expect(await ledger.sessions()).toEqual([]);
    expect(sessionEvents().at(-1)).toEqual({ type: 'session-ended', of: 'Ann (sub 7)', by: issuer.url });
    issuer.people.set('7', { name: 'Ann', groups: ['security'] });
    expect(await isIn(cookie)).toBe(false);
  });

  it('is read anew where a clock that was wrong has read it last', async () => {
    const { clock, isIn, issuer, signIn } = await adminPort();
    const cookie = await signIn('7');
    clock.jump(6 * 60 * MINUTE_MS);
    expect(await isIn(cookie)).toBe(true);
    issuer.people.set('7', { name: 'Ann', groups: [] });

    clock.jump(-6 * 60 * MINUTE_MS);

    expect(await isIn(cookie)).toBe(false);
  });

  it('becomes the lesser one when that is what is left', async () => {
    const { approve, clock, isIn, issuer, signIn } = await adminPort();
    const cookie = await signIn('7');
    issuer.people.set('7', { name: 'Ann', groups: ['everybody'] });

    clock.jump(10 * MINUTE_MS);

    expect(await approve(cookie)).toBe(403);
    expect(await isIn(cookie)).toBe(true);
  });

  it('is lost by whoever is gone at the issuer', async () => {
    const { clock, isIn, issuer, signIn } = await adminPort();
    const cookie = await signIn('7');
    issuer.people.delete('7');

    clock.jump(10 * MINUTE_MS);

    expect(await isIn(cookie)).toBe(false);
  });

  it('is not got by another one who takes over the name', async () => {
    const { begin, comeBack, isIn, issuer, signIn } = await adminPort({
      operators: [{ sub: '7' }],
      viewers: [],
    });
    const cookie = await signIn('7');
    issuer.people.set('9', { name: 'Ann', groups: ['7', 'Ann'] });

    issuer.sub = '9';
    const taken = await comeBack(await begin());

    expect([taken.answer.status, taken.session]).toEqual([403, '']);
    expect(await isIn(cookie)).toBe(true);
  });

  it('goes on for an hour without the issuer, and comes back with it', async () => {
    const { clock, isIn, issuer, sessionEvents, signIn } = await adminPort();
    const cookie = await signIn('7');
    issuer.up = false;

    clock.jump(60 * MINUTE_MS - 1);
    expect(await isIn(cookie)).toBe(true);
    clock.jump(1);
    expect(await isIn(cookie)).toBe(false);
    expect(sessionEvents().at(-1)).toMatchObject({
      ...{ type: 'sign-in-failed', why: 'unavailable', by: 'Ann (sub 7)' },
    });

    issuer.up = true;
    clock.jump(MINUTE_MS);
    expect(await isIn(cookie)).toBe(true);
  });

  it('is asked for once a minute while the issuer is away', async () => {
    const { clock, isIn, issuer, signIn } = await adminPort();
    const cookie = await signIn('7');
    issuer.up = false;
    clock.jump(10 * MINUTE_MS);
    const before = issuer.calls.length;

    for (let times = 0; times < 3; times++) await isIn(cookie);
    expect(issuer.calls.length - before).toBe(1);

    clock.jump(MINUTE_MS);
    await isIn(cookie);
    expect(issuer.calls.length - before).toBe(2);
  });

  it('is asked for once, by whichever replica and request comes first', async () => {
    const { app, clock, isIn, issuer, replica, signIn } = await adminPort();
    const cookie = await signIn('7');
    const other = replica();
    clock.jump(10 * MINUTE_MS);
    const tokens = () => issuer.calls.filter((path) => path === '/token').length;
    const before = tokens();

    const all = await Promise.all([app, app, other, other].map((by) => isIn(cookie, by)));

    expect(all).toEqual([true, true, true, true]);
    expect(tokens() - before).toBe(1);
    // Its refresh token was replaced with that, and the new one works.
    clock.jump(10 * MINUTE_MS);
    expect(await isIn(cookie, other)).toBe(true);
  });

  it('goes with the configuration: a group that is taken out lets nobody in from then on', async () => {
    const { isIn, openidWith, reload, signIn } = await adminPort();
    const [ann, bob] = [await signIn('7'), await signIn('8')];

    reload(openidWith({ operators: [], viewers: [{ group: 'everybody' }] }));
    expect([await isIn(ann), await isIn(bob)]).toEqual([false, true]);

    reload(undefined);
    expect(await isIn(bob)).toBe(false);
  });

  it('ends with the session after eight hours, whatever the issuer says', async () => {
    const { clock, isIn, signIn } = await adminPort();
    const cookie = await signIn('7');

    clock.jump(8 * 60 * MINUTE_MS);

    expect(await isIn(cookie)).toBe(false);
  });
});
