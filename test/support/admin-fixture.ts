/** The admin app with one provider, who may use it, and what it tells of. */
import type { AdminSettings } from '../../src/admin/access.ts';
import { type AdminOptions, createAdminApp } from '../../src/admin/app.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import type { AdminRole } from '../../src/words/caller.ts';
import { Secret } from '../../src/words/secret.ts';
import { authenticatorFor, authenticatorOf } from './callers.ts';
import { fakeProvider, fakeRegistry } from './fake-provider.ts';

/** Of the only caller, who has no name. */
export const ADMIN = 'admin-token-of-the-tests';

/** Of callers by the names `the-operator` and `the-viewer`: see {@link bothRoles}. */
export const TOKENS: Readonly<Record<AdminRole, string>> = {
  operator: 'operator-token-of-the-tests',
  viewer: 'viewer-token-of-the-tests',
};

export function bothRoles(): AdminSettings['authenticator'] {
  const roles = Object.keys(TOKENS) as AdminRole[];
  return authenticatorFor(
    roles.map((role) => ({ token: new Secret(TOKENS[role]), role, name: `the-${role}` })),
  );
}

type Needed = 'ledger' | 'clock';

interface AdminFixtureOptions
  extends Pick<AdminOptions, Needed>,
    Partial<Omit<AdminOptions, Needed | 'settings'>> {
  /** Default: {@link ADMIN} alone. */
  readonly authenticator?: AdminSettings['authenticator'];
}

export function adminFixture({ authenticator, ...options }: AdminFixtureOptions) {
  const events: QuashEvent[] = [];
  const app = createAdminApp({
    host: '127.0.0.1',
    settings: () => ({
      registry: fakeRegistry([fakeProvider()]),
      limits: { failedAuth: async () => {} },
      authenticator: authenticator ?? authenticatorOf('operator', ADMIN),
      secureCookies: false,
      readable: [],
      channels: ['siem'],
    }),
    observe: (event) => events.push(event),
    draining: () => false,
    startSweep: async () => '',
    fingerprint: () => '',
    ...options,
  });
  return { app, events };
}
