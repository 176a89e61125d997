/** The admin port below a path of a host that others share. */
import { describe, expect, it } from 'vitest';
import { basePathOf } from '../../src/admin/base-path.ts';
import { newsroom } from '../notify/news.ts';
import { ADMIN, adminFixture } from '../support/admin-fixture.ts';

const BASE = '/ops/quash';

async function adminPort() {
  const { ledger, clock, ends } = newsroom();
  const { app } = adminFixture({ ledger, clock, host: '0.0.0.0', basePath: BASE });
  const post = (path: string, form: Record<string, string>, cookie = '') =>
    app.request(path, { method: 'POST', headers: { cookie }, body: new URLSearchParams(form) });
  const signedIn = await post(`${BASE}/sign-in`, { token: ADMIN, next: '/providers' });
  const setCookie = signedIn.headers.get('set-cookie') ?? '';
  const cookie = setCookie.split(';', 1)[0] ?? '';
  const get = async (path: string, headers: Record<string, string> = { cookie }) => {
    const answer = await app.request(path, { headers });
    return { status: answer.status, location: answer.headers.get('location'), text: await answer.text() };
  };
  return { app, ends, post, get, signedIn, setCookie, cookie };
}

/** Every address in a page that is one of ours. */
function linksIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)].map((match) => match[1] ?? '');
}

describe('below a base path', () => {
  it('is where the document of the API says that the API is', async () => {
    const { get } = await adminPort();
    const { text } = await get(`${BASE}/api/openapi.json`, { authorization: `Bearer ${ADMIN}` });

    expect(JSON.parse(text).servers).toEqual([{ url: `${BASE}/api` }]);
  });

  it.each([
    ['leaves it', BASE],
    ['cuts it off', ''],
  ])('answers a proxy that %s with links below it alone', async (_name, asked) => {
    const { get, ends } = await adminPort();
    await ends('entry-1', { kind: 'refused', verified: false, reason: 'manual' });

    for (const path of ['/', '/revocations', '/revocations/entry-1', '/providers', '/revocations/none']) {
      const { text } = await get(asked + path);

      expect(linksIn(text).filter((link) => !link.startsWith(`${BASE}/`))).toEqual([]);
      expect(linksIn(text)).toContain(`${BASE}/revocations`);
    }
  });

  it('serves what its pages link to', async () => {
    const { get } = await adminPort();
    const { text } = await get(`${BASE}/`);

    const missing = await Promise.all(
      linksIn(text)
        .filter((link) => !link.endsWith('/sign-out'))
        .map(async (link) => [link, (await get(link)).status] as const),
    );

    expect(missing.filter(([, status]) => status !== 200)).toEqual([]);
  });

  it('leads to the sign-in and from there to the page that was asked for', async () => {
    const { get, signedIn, post, cookie } = await adminPort();

    const asked = await get(`${BASE}/revocations?state=held`, {});
    const text = (await get(asked.location ?? '', {})).text;

    expect(asked.location).toBe(`${BASE}/sign-in?next=%2Frevocations%3Fstate%3Dheld`);
    expect(text).toContain('name="next" value="/revocations?state=held"');
    expect(signedIn.headers.get('location')).toBe(`${BASE}/providers`);
    const [, formToken = ''] = /name="form-token" value="([^"]+)"/.exec((await get(`${BASE}/`)).text) ?? [];
    const moved = await post(`${BASE}/mode`, { 'form-token': formToken, mode: 'hold' }, cookie);
    expect(moved.headers.get('location')).toBe(`${BASE}/providers?did=mode`);
    const out = await post(`${BASE}/sign-out`, { 'form-token': formToken }, cookie);
    expect(out.headers.get('location')).toBe(`${BASE}/sign-in`);
    expect(out.headers.get('set-cookie')).toMatch(/Path=\/ops\/quash(;|$)/);
  });

  it('gives its cookie to no other application of the host', async () => {
    expect((await adminPort()).setCookie).toContain(`Path=${BASE};`);
  });

  it('marks the page that is shown, and keeps it current under its own name', async () => {
    const { get, app, cookie } = await adminPort();

    expect((await get(`${BASE}/providers`)).text).toContain(`href="${BASE}/providers" aria-current="page"`);
    const page = encodeURIComponent(`${BASE}/providers`);
    const stream = await app.request(`${BASE}/live?page=${page}`, { headers: { cookie } });
    const reader = stream.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    await reader?.cancel();
    expect(new TextDecoder().decode(value)).toContain('id="general"');
  });

  it('answers probes, scrapes and the API with it and without it', async () => {
    const { get } = await adminPort();
    for (const path of ['/healthz', '/readyz', '/api/stats']) {
      const headers = { authorization: `Bearer ${ADMIN}` };
      expect((await get(path, headers)).status).toBe(200);
      expect((await get(BASE + path, headers)).status).toBe(200);
    }
  });

  it.each(['https://evil.example/', '//evil.example/', `${BASE}//evil.example/`])(
    'leads to %s from no sign-in',
    async (next) => {
      const { post } = await adminPort();
      const answer = await post(`${BASE}/sign-in`, { token: ADMIN, next });
      expect(answer.headers.get('location')).toMatch(/^\/ops\/quash\/(?!\/)/);
    },
  );
});

it.each([
  ['/quash', '/quash', '/'],
  ['/quash', '/quash/', '/'],
  ['/quash', '/quash?window=7d', '/?window=7d'],
  ['/quash', '/quash/live', '/live'],
  ['/quash', '/quashed/live', '/quashed/live'],
  ['/quash', '/live', '/live'],
  ['', '/live', '/live'],
])('below %s the route of %s is %s', (base, path, route) => {
  expect(basePathOf(base).from(path)).toBe(route);
});
