/** Who only sees: reads everything, decides nothing, by API and by dashboard. */
import { describe, expect, it } from 'vitest';
import type { AdminRole } from '../../src/words/caller.ts';
import { aReport } from '../contract/ledger-suite.ts';
import { adminFixture, bothRoles, TOKENS } from '../support/admin-fixture.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';

const ENTRY = 'held-entry';
const PAGES = [
  '/',
  '/revocations',
  `/revocations/${ENTRY}`,
  '/projects',
  '/providers',
  '/notices',
  '/sessions',
];
/** What everybody may do, to what is their own. */
const OWN = '/sessions/{id}';

async function adminPort() {
  const { ledger } = httpFixture();
  const clock = new FakeClock();
  const { app } = adminFixture({
    ...{ ledger, clock, authenticator: bothRoles() },
    ...{ startSweep: async () => ENTRY, fingerprint: () => ENTRY },
  });
  const report = aReport(ENTRY, {
    provider: 'fake',
    kind: 'token',
    type: FAKE_TYPE,
    initial: { state: 'held' },
  });
  await ledger.accept([report], { now: clock.now(), backlog: 100 });
  const api = (role: AdminRole, method: string, path: string) =>
    app.request(`/api${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKENS[role]}`, 'content-type': 'application/json' },
      ...(method !== 'GET' && { body: '{"reason":"x","mode":"hold"}' }),
    });
  const signIn = async (role: AdminRole) => {
    const body = new URLSearchParams({ token: TOKENS[role] });
    const answer = await app.request('/sign-in', { method: 'POST', body });
    return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  const page = async (cookie: string, path: string) =>
    (await app.request(path, { headers: { cookie } })).text();
  const send = async (cookie: string, path: string, fields: Record<string, string>) => {
    const [, formToken = ''] = /name="form-token" value="([^"]+)"/.exec(await page(cookie, '/')) ?? [];
    const body = new URLSearchParams({ ...fields, 'form-token': formToken });
    return app.request(path, { method: 'POST', headers: { cookie }, body });
  };
  return { ledger, api, signIn, page, send };
}

type Paths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

describe('a viewer', () => {
  it('gets 403 for every call of the API that is no reading, and nothing happens', async () => {
    const { api, ledger } = await adminPort();
    const answer = await api('viewer', 'GET', '/openapi.json');
    const { paths } = (await answer.json()) as { readonly paths: Paths };
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    );
    const deciding = calls.filter(({ method, path }) => method !== 'GET' && path !== OWN);
    expect(deciding.length).toBeGreaterThan(5);

    for (const { method, path } of deciding) {
      const id = path.startsWith('/providers') ? 'fake' : ENTRY;
      expect((await api('viewer', method, path.replace('{id}', id))).status, path).toBe(403);
    }

    expect(await ledger.get(ENTRY)).toMatchObject({ state: 'held', history: [{ event: 'reported' }] });
    expect((await ledger.lanes(0)).filter(({ parked, mode }) => parked || mode !== null)).toEqual([]);
    expect(await ledger.modes()).toEqual({});
  });

  it.each(['/revocations', `/revocations/${ENTRY}`, '/providers', '/sessions', '/causes', '/stats'])(
    'reads %s',
    async (path) => {
      const { api } = await adminPort();
      expect((await api('viewer', 'GET', path)).status).toBe(200);
    },
  );

  it.each([
    ...['approve', 'retry', 'dismiss'].map((action) => `/revocations/${ENTRY}/${action}`),
    ...['pause', 'resume', 'check', 'mode'].map((action) => `/providers/fake/${action}`),
    '/mode',
    '/decide',
  ])('gets 403 for the form %s, and nothing happens', async (path) => {
    const { signIn, send, ledger } = await adminPort();

    const answer = await send(await signIn('viewer'), path, { reason: 'x', mode: 'hold' });

    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('The role viewer sees everything');
    expect(await ledger.get(ENTRY)).toMatchObject({ state: 'held' });
    expect(await ledger.modes()).toEqual({});
  });

  it('sees every page, without what it may not use, and signs out', async () => {
    const { signIn, page, send } = await adminPort();
    const actionsOf = async (role: AdminRole) => {
      const cookie = await signIn(role);
      const texts = await Promise.all(PAGES.map((path) => page(cookie, path)));
      const actions = texts.flatMap((text) => [...text.matchAll(/method="post" action="([^"]+)"/g)]);
      return [...new Set(actions.map(([, action]) => action))];
    };

    const own = await actionsOf('viewer');
    expect(own.map((action) => action?.replace(/[0-9a-f]{32}/, 'id'))).toEqual([
      '/sign-out',
      '/sessions/id/end',
    ]);
    expect((await actionsOf('operator')).length).toBeGreaterThan(5);
    const cookie = await signIn('viewer');
    expect(await page(cookie, `/revocations/${ENTRY}`)).toContain('signed in as the-viewer (viewer)');
    expect((await send(cookie, '/sign-out', {})).headers.get('location')).toBe('/sign-in');
  });
});

it('an operator decides, and the name of its token stands in the history', async () => {
  const { api, ledger } = await adminPort();

  expect((await api('operator', 'POST', `/revocations/${ENTRY}/approve`)).status).toBe(200);

  const { history = [] } = (await ledger.get(ENTRY)) ?? {};
  expect(history.at(-1)).toMatchObject({ event: 'approved', by: 'the-operator' });
});
