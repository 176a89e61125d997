import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DopplerConfig, doppler } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const token = (prefix: string) => ['d', 'p.', prefix, '.'].join('') + 'aB3d'.repeat(10);
export const PERSONAL = token('pt');
export const SERVICE = token('st.dev_1');
const IDENTITY = token('said');
export const SCIM = token('scim');

export const INVALID = { messages: ['Invalid Auth token'], success: false };

export const callsWith = (leaked: string) => ({
  revoke: (status: number, json?: unknown): Exchange => ({
    expect: {
      method: 'POST',
      path: '/api.doppler.com/v3/auth/revoke',
      headers: { authorization: undefined, accept: 'application/json' },
      json: { token: leaked },
    },
    answer: { status, ...(json !== undefined && { json }) },
  }),
  me: (status: number, json: unknown): Exchange => ({
    expect: {
      method: 'GET',
      path: '/api.doppler.com/v3/me',
      headers: { authorization: `Bearer ${leaked}`, accept: 'application/json' },
    },
    answer: { status, json },
  }),
});

export const ALIVE = { slug: '6f4eae39', type: 'personal', name: 'ci' };
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const NOT_APPLICABLE = { notApplicable: 'The leaked token is the only credential.' };
const shared = { definition: doppler, config: () => ({}) } as const;

function verifiable(leaked: string, type: string): ProviderSpec<DopplerConfig> {
  const { revoke, me } = callsWith(leaked);
  const unknown = { exchanges: [me(401, INVALID)], endsAs: UNKNOWN };
  return {
    ...shared,
    token: leaked,
    kind: 'token',
    type,
    scripts: {
      revoked: { exchanges: [me(200, ALIVE), revoke(200), me(401, INVALID)] },
      // Nothing tells a cut one from a whole one.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      // It never happens so: that it works is on file before it is revoked.
      secondCall: unknown,
    },
  };
}

const scim = callsWith(SCIM);

export const cases: readonly ProviderSpec<DopplerConfig>[] = [
  verifiable(PERSONAL, 'gitleaks_rule_id_doppler_api_token'),
  verifiable(SERVICE, 'gitleaks_rule_id_doppler_service_token'),
  verifiable(IDENTITY, 'gitleaks_rule_id_doppler_api_token'),
  {
    ...shared,
    token: SCIM,
    kind: 'special-token',
    type: 'gitleaks_rule_id_doppler_api_token',
    scripts: {
      revoked: { exchanges: [scim.revoke(200)], endsAs: { outcome: 'accepted', verified: false } },
      alreadyDead: {
        exchanges: [scim.revoke(400, INVALID)],
        endsAs: { outcome: 'refused', reason: 'not-permitted' },
      },
      unknownToken: {
        exchanges: [scim.revoke(404, INVALID)],
        endsAs: { outcome: 'refused', reason: 'not-permitted' },
      },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: { exchanges: [scim.revoke(200)], endsAs: { outcome: 'accepted', verified: false } },
    },
  },
];
