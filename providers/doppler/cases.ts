import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DopplerConfig, doppler } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const token = (prefix: string) => ['d', 'p.', prefix, '.'].join('') + 'aB3d'.repeat(10);
export const PERSONAL = token('pt');
export const SERVICE = token('st.dev_1');
export const SCIM = token('scim');

export const INVALID = { messages: ['Invalid Auth token'], success: false };

export const callsWith = (leaked: string) => ({
  revoke: (status: number, json?: unknown): Exchange => ({
    expect: {
      method: 'POST',
      path: '/api.doppler.com/v3/auth/revoke',
      headers: { authorization: undefined },
      json: { token: leaked },
    },
    answer: { status, ...(json !== undefined && { json }) },
  }),
  me: (status: number, json: unknown): Exchange => ({
    expect: {
      method: 'GET',
      path: '/api.doppler.com/v3/me',
      headers: { authorization: `Bearer ${leaked}` },
    },
    answer: { status, json },
  }),
});

const NOT_APPLICABLE = { notApplicable: 'The leaked token is the only credential.' };
const shared = { definition: doppler, config: () => ({}) } as const;

function verifiable(leaked: string, type: string): ProviderSpec<DopplerConfig> {
  const { revoke, me } = callsWith(leaked);
  return {
    ...shared,
    token: leaked,
    kind: 'token',
    type,
    scripts: {
      revoked: { exchanges: [revoke(200), me(401, INVALID)] },
      alreadyDead: { exchanges: [revoke(400, INVALID), me(401, INVALID)] },
      unknownToken: { notApplicable: 'Doppler issued all of them and says 401 of those that do not work.' },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: { exchanges: [revoke(200, {}), me(401, INVALID)] },
    },
  };
}

const scim = callsWith(SCIM);

export const cases: readonly ProviderSpec<DopplerConfig>[] = [
  verifiable(PERSONAL, 'gitleaks_rule_id_doppler_api_token'),
  verifiable(SERVICE, 'gitleaks_rule_id_doppler_service_token'),
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
