import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { sentry } from './index.ts';

const PAYLOAD = Buffer.from(
  JSON.stringify({
    iat: 1764288000.5,
    url: 'https://sentry.io',
    region_url: 'https://us.sentry.io',
    org: 'acme',
  }),
).toString('base64');
// Put together here, so that no scanner takes it for a leak.
export const TOKEN = [['sntr', 'ys'].join(''), PAYLOAD, 'k3y9Qu'.repeat(8).slice(0, 43)].join('_');
const OAUTH = 'the token of the application';
const ours = { authorization: `Bearer ${OAUTH}` };
const PATH = '/api/0/organizations/acme/org-auth-tokens/';

export const config = (url: string) => ({ organizations: [{ url, slug: 'acme', oauthToken: OAUTH }] });

const index = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/0/', headers: { authorization: `Bearer ${TOKEN}` } },
  answer: { status, json },
});
const releases = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/api/0/organizations/acme/releases/?per_page=1',
    headers: { authorization: `Bearer ${TOKEN}` },
  },
  answer: { status, json },
});
const list = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: PATH, headers: ours },
  answer: { status, json },
});
export const endingIn = (...endings: readonly (string | null)[]) =>
  list(
    200,
    endings.map((tokenLastCharacters, at) => ({ id: String(at + 1), name: 'ci', tokenLastCharacters })),
  );
const worksSomewhere = index(200, { version: '0', user: null, auth: { scopes: ['org:ci'] } });
export const alive = [worksSomewhere, releases(200, [{ version: '1.0.0' }])];
export const foreign = [
  worksSomewhere,
  releases(403, { detail: 'You do not have permission to perform this action.' }),
];
export const gone = index(401, { detail: 'Invalid org token' });
export const removed: Exchange = {
  expect: { method: 'DELETE', path: `${PATH}2/`, headers: ours },
  answer: { status: 204 },
};
export const seen = [...alive, endingIn(null, TOKEN.slice(-4))];
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: sentry,
    config,
    token: TOKEN,
    credentials: [OAUTH],
    kind: 'org-token',
    type: 'gitleaks_rule_id_sentry-org-token',
    scripts: {
      revoked: { exchanges: [...seen, ...seen, removed, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [...alive, list(401, { detail: 'Invalid token' })] },
      forbidden: { exchanges: [...alive, list(403, { detail: 'You do not have permission.' })] },
      secondCall: unknown,
    },
  },
];
