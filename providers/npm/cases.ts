import { checksumOf } from '../../src/provider/kit/checksum.ts';
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import { type Exchange, FAULTS } from '../../test/support/scripted-upstream.ts';
import type { NpmConfig } from './config.ts';
import { npm } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
const SECRET = 'a1B2c3'.repeat(5);
export const TOKEN = ['np', 'm_', SECRET, checksumOf(SECRET)].join('');

/** Verdaccio's. */
const JWT = ['eyJhbGciOiJI', 'eyJyZWFsX2dyb3Vwcy', 'k3Y9-_'].map((part) => part.repeat(2)).join('.');

const headersOf = (token: string) => ({ authorization: `Bearer ${token}` });

export const whoami = (
  status: number,
  json: unknown,
  answered: Record<string, string> = {},
  token = TOKEN,
): Exchange => ({
  expect: { method: 'GET', path: '/-/whoami', headers: headersOf(token) },
  answer: { status, json, headers: answered },
});

export const logout = (status: number, json?: unknown, token = TOKEN): Exchange => ({
  expect: { method: 'DELETE', path: `/-/user/token/${token}`, headers: headersOf(token) },
  answer: { status, ...(json !== undefined && { json }) },
});

export const remove = (
  status: number,
  json?: unknown,
  answered: Record<string, string> = {},
  token = TOKEN,
): Exchange => ({
  expect: { method: 'DELETE', path: `/-/npm/v1/tokens/token/${token}`, headers: headersOf(token) },
  answer: { status, headers: answered, ...(json !== undefined && { json }) },
});

export const unauthorized = whoami(401, {});
/** As Nexus Repository refuses; without its challenge, as any proxy may. */
export const unauthorizedBare = (challenge?: string): Exchange => ({
  expect: unauthorized.expect,
  answer: { status: 401, ...(challenge !== undefined && { headers: { 'www-authenticate': challenge } }) },
});
/** Verdaccio 6.8 of a token that it does not know, and of one whose key was deleted. */
export const nobody = whoami(200, {});
export const noAccess = whoami(403, { error: 'unauthorized access' });
export const alive = whoami(200, { username: 'alice' });

const shared = {
  definition: npm,
  token: TOKEN,
  kind: 'access-token',
  type: 'gitleaks_rule_id_npm_access_token',
  tokenInUrl: 'A registry takes the token that it ends in the path only.',
} as const;

/** The second of the two calls, where the first one was taken. */
const brokenAfterwards = (look: Exchange) =>
  [
    {
      call: 3,
      faults: FAULTS,
      because: 'the first call was taken, and the look afterwards decides',
      // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
      then: [look],
      endsAs: { outcome: 'revoked', verified: true },
    },
  ] as const;

const revokedScript = [alive, alive, logout(200, { ok: 'Logged out' }), remove(401, {}), unauthorized];
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };

/** As any registry may say of tokens that are dead, and of those that it never issued. */
const unknown = (answer: Exchange) => {
  const script = { exchanges: [answer], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
  // Not so after a crash: where it was seen to work is on record before it is revoked.
  return { alreadyDead: script, unknownToken: script, secondCall: script };
};

export const cases: readonly ProviderSpec<NpmConfig>[] = [
  {
    ...shared,
    config: (url) => ({ registries: [{ url }] }),
    scripts: {
      revoked: { exchanges: revokedScript },
      ...unknown(nobody),
      credentialRefused: notApplicable,
      forbidden: notApplicable,
    },
    faultOverrides: brokenAfterwards(unauthorized),
  },
  {
    ...shared,
    config: (url) => ({ registries: [{ url }] }),
    scripts: {
      revoked: { exchanges: [alive, alive, logout(404, {}), remove(204), unauthorized] },
      ...unknown(unauthorized),
      credentialRefused: notApplicable,
      forbidden: notApplicable,
    },
  },
  {
    ...shared,
    token: JWT,
    config: (url) => ({
      registries: [
        { id: 'verdaccio', url, pattern: '(?<![\\w-])eyJ[\\w-]{10,400}\\.[\\w-]{10,400}\\.[\\w-]{10,100}' },
      ],
    }),
    kind: 'verdaccio',
    scripts: {
      revoked: {
        exchanges: [
          whoami(200, { username: 'alice' }, {}, JWT),
          whoami(200, { username: 'alice' }, {}, JWT),
          logout(200, { ok: 'Logged out' }, JWT),
          remove(200, {}, {}, JWT),
          whoami(403, { error: 'unauthorized access' }, {}, JWT),
        ],
      },
      ...unknown(whoami(200, {}, {}, JWT)),
      credentialRefused: notApplicable,
      forbidden: notApplicable,
    },
    faultOverrides: brokenAfterwards(whoami(403, { error: 'unauthorized access' }, {}, JWT)),
  },
];
