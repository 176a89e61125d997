/** What Snyk is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type SnykConfig, snyk } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return [['snyk', 'uat'].join('_'), 'c0ffee00', payload, 'signature-k3y9'.repeat(4)].join('.');
}

/** The same 128 bits, as the token's list and as its claim have them. */
export const ID = '01HSBP9DKDK39KWZQV84PSPRHY';
export const CLAIM = 'AY5XZLZtmNM-fvtBLZtiPg';
export const OTHER = '01HSBP9DKDK39KWZQV84PSPRHZ';
export const TOKEN = tokenOf({ e: 1_776_436_736, h: 'snyk.io', j: CLAIM, s: 'owner', tid: 'tenant' });

export interface Target {
  readonly token?: string;
  readonly host?: string;
}

const expected = (method: string, path: string, { token = TOKEN, host = 'api.snyk.io' }: Target = {}) => ({
  method,
  path: `/${host}/rest/self/personal_access_tokens${path}`,
  headers: { authorization: `token ${token}` },
});

const LIST_QUERY = '?version=2024-03-19&limit=100';
const attributes = {
  created_at: '2025-07-01T00:00:00Z',
  expires_at: '2026-07-01T00:00:00Z',
  label: 'my token',
};

export const list = (
  ids: readonly string[],
  { next, query = '', ...target }: Target & { next?: string; query?: string } = {},
): Exchange => ({
  expect: expected('GET', LIST_QUERY + query, target),
  answer: {
    status: 200,
    headers: { 'content-type': 'application/vnd.api+json' },
    json: {
      jsonapi: { version: '1.0' },
      data: ids.map((id) => ({ id, type: 'personal_access_token', attributes })),
      links: next === undefined ? {} : { next },
      meta: { max_active_tokens: 10, max_expiry_days: 365 },
    },
  },
});

const problem = (status: number, detail: string) => ({
  status,
  headers: { 'content-type': 'application/vnd.api+json' },
  json: { jsonapi: { version: '1.0' }, errors: [{ status: String(status), detail }] },
});

export const unauthorized = (target?: Target): Exchange => ({
  expect: expected('GET', LIST_QUERY, target),
  answer: problem(401, 'Unauthorized'),
});

const forbidden: Exchange = {
  expect: expected('GET', LIST_QUERY),
  answer: problem(403, 'Permission denied for this resource'),
};

export const remove = (id: string, target?: Target): Exchange => ({
  expect: expected('DELETE', `/${id}?version=2024-03-19`, target),
  answer: { status: 204 },
});

const unknown = {
  exchanges: [unauthorized()],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<SnykConfig>[] = [
  {
    definition: snyk,
    config: () => ({}),
    token: TOKEN,
    kind: 'personal-access-token',
    type: 'gitleaks_rule_id_snyk_personal_access_token',
    scripts: {
      revoked: { exchanges: [list([OTHER, ID]), list([OTHER, ID]), remove(ID), unauthorized()] },
      // A dead token is as unknown as one whose text is cut.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [forbidden] },
      // It never happens so: the region is on file before anything is deleted.
      secondCall: unknown,
    },
  },
];
