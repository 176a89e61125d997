/** Who is signed in: to be seen and ended by the person itself, and all of it by operators. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdminRole } from '../../src/words/caller.ts';
import { adminFixture, bothRoles, TOKENS } from '../support/admin-fixture.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { httpFixture } from '../support/http-fixture.ts';

interface Listed {
  readonly id: string;
  readonly caller: { readonly name: string; readonly role: string };
}

function adminPort() {
  const { ledger } = httpFixture();
  const clock = new FakeClock();
  const { app, events } = adminFixture({ ledger, clock, authenticator: bothRoles() });
  const api = (role: AdminRole, method: string, path: string) =>
    app.request(`/api${path}`, { method, headers: { authorization: `Bearer ${TOKENS[role]}` } });
  const listed = async (role: AdminRole) =>
    ((await (await api(role, 'GET', '/sessions')).json()) as { sessions: Listed[] }).sessions;
  const signIn = async (role: AdminRole) => {
    const body = new URLSearchParams({ token: TOKENS[role] });
    const answer = await app.request('/sign-in', { method: 'POST', body });
    return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  const page = (cookie: string, path: string) => app.request(path, { headers: { cookie } });
  const end = async (cookie: string, id: string) => {
    const text = await (await page(cookie, '/')).text();
    const [, formToken = ''] = /name="form-token" value="([^"]+)"/.exec(text) ?? [];
    const body = new URLSearchParams({ 'form-token': formToken });
    return app.request(`/sessions/${id}/end`, { method: 'POST', headers: { cookie }, body });
  };
  const isIn = async (cookie: string) => (await page(cookie, '/')).status === 200;
  return { api, clock, end, events, isIn, listed, page, signIn };
}

it('leave live pages to others, however many of them somebody keeps open', async () => {
  const { page, signIn } = adminPort();
  const [viewer, operator] = [await signIn('viewer'), await signIn('operator')];
  const opened: Response[] = [];
  onTestFinished(async () => void (await Promise.all(opened.map(({ body }) => body?.cancel()))));
  const open = async (cookie: string) => {
    const answer = await page(cookie, '/live?page=/');
    opened.push(answer);
    return answer.status;
  };
  for (let n = 0; n < 25; n++) expect(await open(viewer)).toBe(200);

  expect(await open(viewer)).toBe(503);

  expect(await open(operator)).toBe(200);
  await opened[0]?.body?.cancel();
  await eventually(async () => expect(await open(viewer)).toBe(200));
});

describe('sessions', () => {
  it('are shown to an operator, all of them, and to a viewer its own', async () => {
    const { clock, listed, page, signIn } = adminPort();
    const viewer = await signIn('viewer');
    await clock.advance(1);
    const operator = await signIn('operator');

    const names = async (role: AdminRole) => (await listed(role)).map(({ caller }) => caller.name);

    expect(await names('operator')).toEqual(['the-operator', 'the-viewer']);
    expect(await names('viewer')).toEqual(['the-viewer']);
    expect(await (await page(operator, '/sessions')).text()).toContain('End the session of the-viewer');
    expect(await (await page(viewer, '/sessions')).text()).not.toContain('the-operator');
  });

  it('are ended by an operator, by page and by API, whoever has them', async () => {
    const { api, end, isIn, listed, signIn } = adminPort();
    const [first, second, operator] = [
      await signIn('viewer'),
      await signIn('viewer'),
      await signIn('operator'),
    ];
    const ids = (await listed('viewer')).map(({ id }) => id);

    expect((await end(operator, ids[0] ?? '')).headers.get('location')).toBe('/sessions?did=end');
    expect((await api('operator', 'DELETE', `/sessions/${ids[1]}`)).status).toBe(200);

    expect([await isIn(first), await isIn(second), await isIn(operator)]).toEqual([false, false, true]);
  });

  it("are ended by a viewer where they are its own; another's are not even there", async () => {
    const { api, end, isIn, listed, signIn } = adminPort();
    const [operator, mine, here] = [await signIn('operator'), await signIn('viewer'), await signIn('viewer')];
    const others = (await listed('operator')).find(({ caller }) => caller.role === 'operator')?.id ?? '';

    expect((await end(here, others)).status).toBe(404);
    expect((await api('viewer', 'DELETE', `/sessions/${others}`)).status).toBe(404);
    expect(await isIn(operator)).toBe(true);

    for (const { id } of await listed('viewer')) await api('viewer', 'DELETE', `/sessions/${id}`);
    expect([await isIn(mine), await isIn(here)]).toEqual([false, false]);
  });

  it('are gone from the list once they are over', async () => {
    const { clock, listed, signIn } = adminPort();
    await signIn('viewer');

    await clock.advance(8 * 3_600_000);

    expect(await listed('operator')).toEqual([]);
  });

  it('do not last until a time at which the clock was wrong', async () => {
    const { clock, isIn, listed, signIn } = adminPort();
    clock.jump(90 * 24 * 3_600_000);
    const cookie = await signIn('operator');
    clock.jump(-90 * 24 * 3_600_000);

    expect([await isIn(cookie), await listed('operator')]).toEqual([false, []]);
  });

  it('begin and end in the log, with who did it', async () => {
    const { api, events, listed, signIn } = adminPort();
    await signIn('viewer');
    const [session] = await listed('operator');

    await api('operator', 'DELETE', `/sessions/${session?.id}`);

    expect(events.filter(({ type }) => type === 'signed-in' || type === 'session-ended')).toEqual([
      { type: 'signed-in', by: 'the-viewer', role: 'viewer' },
      { type: 'session-ended', of: 'the-viewer', by: 'the-operator' },
    ]);
  });
});
