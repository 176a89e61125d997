/** A web page whose name was made to lead to loopback reads nothing there. */
import { describe, expect, it } from 'vitest';
import { createAdminApp } from '../../src/admin/app.ts';
import { authenticatorOf } from '../support/callers.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { httpFixture, TOKEN } from '../support/http-fixture.ts';

const ADMIN = 'admin-token-of-the-tests';
const PUBLIC_HOST = 'quash.example.com';

function adminPort(host: string) {
  const { ledger } = httpFixture();
  const app = createAdminApp({
    ...{
      host,
      ledger,
      clock: new FakeClock(),
      observe: () => {},
      draining: () => false,
      startSweep: async () => '',
      fingerprint: () => '',
    },
    settings: () => ({
      registry: fakeRegistry([fakeProvider()]),
      limits: { failedAuth: async () => {} },
      authenticator: authenticatorOf('operator', ADMIN),
      readable: [],
      channels: [],
      publicHost: PUBLIC_HOST,
      secureCookies: false,
    }),
    metrics: { render: async () => ({ contentType: 'text/plain', text: 'quash_build_info 1' }) },
  });
  return async (path: string, headers: Record<string, string>) =>
    (await app.request(path, { headers })).status;
}

describe('the admin port on loopback', () => {
  it.each(['/metrics', '/healthz', '/readyz', '/sign-in', '/', '/assets/dashboard.css', '/nothing'])(
    'answers 421 to a page of another name that asks for %s',
    async (path) => {
      const asked = adminPort('127.0.0.1');
      for (const host of [
        'evil.example',
        'evil.example:9090',
        '127.0.0.1.evil.example',
        'localhost.evil',
        '',
      ]) {
        expect([host, await asked(path, { host })]).toEqual([host, 421]);
      }
    },
  );

  it.each(['localhost:9090', '127.0.0.1:9090', '127.5.6.7', '[::1]:9090', 'quash.localhost', PUBLIC_HOST])(
    'answers under the name %s',
    async (host) => {
      for (const boundTo of ['127.0.0.1', '::1', 'localhost']) {
        expect([boundTo, await adminPort(boundTo)('/metrics', { host })]).toEqual([boundTo, 200]);
      }
    },
  );

  it('lets the admin API be called under any name with a token, and under none without', async () => {
    const asked = adminPort('127.0.0.1');
    const host = 'proxied.example';
    expect(await asked('/api/stats', { host, authorization: `Bearer ${ADMIN}` })).toBe(200);
    expect(await asked('/api/stats', { host })).toBe(401);
  });

  it('bound to another address knows not under which names it is asked for, and answers', async () => {
    expect(await adminPort('0.0.0.0')('/metrics', { host: 'quash.internal' })).toBe(200);
  });
});

describe("GitLab's port on loopback", () => {
  const types = async (host: string, headers: Record<string, string>) =>
    (await httpFixture({ host }).app.request('/v1/revocable_token_types', { headers })).status;

  it('answers 421 to a page of another name, and to a proxy that passes a token what it asks for', async () => {
    expect(await types('127.0.0.1', { host: 'evil.example' })).toBe(421);
    expect(await types('127.0.0.1', { host: 'evil.example', authorization: 'guessed' })).toBe(401);
    expect(await types('127.0.0.1', { host: 'gitlab.example.com', authorization: TOKEN })).toBe(200);
    expect(await types('127.0.0.1', { host: 'localhost:8080' })).toBe(401);
    expect(await types('0.0.0.0', { host: 'evil.example' })).toBe(401);
  });
});
