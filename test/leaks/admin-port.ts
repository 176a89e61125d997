/** Everything that the admin port shows to those who may see it, and to those who may not. */
import { expect } from 'vitest';
import type { QuashProcess } from '../support/quash-process.ts';
import type { Places } from './places.ts';

export interface ListedEntry {
  readonly id: string;
  readonly state: string;
  readonly provider: string;
  readonly kind: string;
}

/** @returns the newest entries */
export async function readAdminPort(
  places: Places,
  { adminUrl }: Pick<QuashProcess, 'adminUrl'>,
  { admin, wrongAdmin }: { readonly admin: string; readonly wrongAdmin: string },
): Promise<readonly ListedEntry[]> {
  const api = (path: string, token = admin) =>
    places.ask('answers of the admin API', adminUrl + path, {
      headers: { authorization: `Bearer ${token}` },
    });
  for (const path of ['/healthz', '/readyz', '/api/openapi.json', '/api/providers', '/api/stats']) {
    expect((await api(path)).status).toBe(200);
  }
  expect((await api('/api/stats', wrongAdmin)).status).toBe(401);
  expect((await api(`/api/revocations/${wrongAdmin}`)).status).toBeGreaterThanOrEqual(400);
  expect((await api('/api/notices?limit=1000')).status).toBe(200);
  await places.ask('metrics', `${adminUrl}/metrics`);
  const { entries } = JSON.parse((await api('/api/revocations?limit=100')).text) as {
    entries: readonly ListedEntry[];
  };
  for (const { id } of entries) await api(`/api/revocations/${id}`);
  await readDashboard(places, adminUrl, { admin, wrongAdmin }, entries);
  return entries;
}

async function readDashboard(
  places: Places,
  adminUrl: string,
  { admin, wrongAdmin }: { readonly admin: string; readonly wrongAdmin: string },
  entries: readonly ListedEntry[],
): Promise<void> {
  const page = (path: string, question = {}) => places.ask('dashboard', adminUrl + path, question);
  const signIn = (token: string) =>
    page('/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }).toString(),
    });
  expect((await signIn(wrongAdmin)).status).toBe(401);
  const { headers, status } = await signIn(admin);
  expect(status).toBe(303);
  const signedIn = { headers: { cookie: String(headers['set-cookie']).split(';')[0] ?? '' } };
  const lists = ['/', '/revocations', '/providers', '/notices'];
  for (const path of [...lists, ...entries.map(({ id }) => `/revocations/${id}`)]) {
    expect((await page(path, signedIn)).status).toBe(200);
  }
  const streams = lists.map((path) =>
    places.ask('live stream', `${adminUrl}/live?page=${encodeURIComponent(path)}`, {
      ...signedIn,
      until: 'event: page',
    }),
  );
  await Promise.all(streams);
}
