/** The admin port with a real ledger behind it, and its reports, as an operator's tools see them. */
import type { AdminOptions } from '../../src/admin/app.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import { ADMIN, adminFixture } from '../support/admin-fixture.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';

/** An id as the vault makes them. */
export function entryId(n: number): string {
  return `${String(n).padStart(8, '0')}${'ab'.repeat(12)}`;
}

export function placeIn(project: string, file = 'config.yml'): string {
  return `https://gitlab.example.com/${project}/-/blob/0123abcd/${file}#L1`;
}

/** @param options beside what it has by itself */
export function adminPort(options: Pick<AdminOptions, 'ledgerWarnings'> = {}) {
  const { ledger, vault, clock, post } = httpFixture();
  const { app, events } = adminFixture({
    ...{ ledger, clock, ...options },
    fingerprint: (provider, token) => vault.fingerprint(provider, token),
  });
  const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
  const report = (n: number, changes: Partial<ReportedToken> = {}): ReportedToken => ({
    ...{ id: entryId(n), provider: 'fake', kind: 'token', type: FAKE_TYPE, location: placeIn('acme/app') },
    ...{ readable: true, sealed: 'sealed', initial: { state: 'queued' }, restarts: [], ...changes },
  });
  const call = async (method: 'GET' | 'POST', path: string, body?: unknown) => {
    const answer = await app.request(`/api${path}`, {
      ...{ method, headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return {
    ...{ app, ledger, vault, clock, events, headers, report, call, post },
    accept: (...reports: ReportedToken[]) => ledger.accept(reports, { now: clock.now(), backlog: 1_000_000 }),
    /** The text of a page, as somebody who is signed in sees it. */
    async page(path: string, form?: Readonly<Record<string, string>>) {
      const body = new URLSearchParams({ token: ADMIN, next: '/' });
      const signedIn = await app.request('/sign-in', { method: 'POST', body });
      const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
      if (!form) return (await app.request(path, { headers: { cookie } })).text();
      const shown = await (await app.request(form.from ?? path, { headers: { cookie } })).text();
      const [, formToken = ''] = /name="form-token" value="([^"]+)"/.exec(shown) ?? [];
      const [, asOf] = /name="as-of" value="([^"]+)"/.exec(shown) ?? [];
      const seen = asOf === undefined ? {} : { 'as-of': asOf };
      const sent = new URLSearchParams({ ...seen, ...form, 'form-token': formToken });
      const answer = await app.request(path, { method: 'POST', headers: { cookie }, body: sent });
      return answer.headers.get('location') ?? (await answer.text());
    },
  };
}
