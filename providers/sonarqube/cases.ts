/** What a SonarQube server is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { SonarqubeConfig } from './config.ts';
import { sonarqube } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
const tokenOf = (letter: string) => ['sq', letter, '_', 'c0ffee00'.repeat(5)].join('');
export const TOKEN = tokenOf('u');
export const GLOBAL = tokenOf('a');
export const PROJECT = tokenOf('p');

const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`${token}:`).toString('base64')}` });
const nobodys = (token: string) => token.slice(0, 4) + '0'.repeat(40);

export const config = (baseUrl: string) => ({ instances: [{ url: `${baseUrl}/sonar` }] });

/** What servers say of one token, and how it revokes itself. */
export function callsOf(token: string, at = '/sonar') {
  const headers = basic(token);
  const valid = (isValid: boolean): Exchange => ({
    expect: { method: 'GET', path: `${at}/api/authentication/validate`, headers },
    answer: { status: 200, json: { valid: isValid } },
  });
  /** Of a token that nobody has. */
  const nobody = (isValid: boolean): Exchange => ({
    expect: { method: 'GET', path: `${at}/api/authentication/validate`, headers: basic(nobodys(token)) },
    answer: { status: 200, json: { valid: isValid } },
  });
  const list = (...tokens: readonly Readonly<Record<string, unknown>>[]): Exchange => ({
    expect: { method: 'GET', path: `${at}/api/user_tokens/search`, headers },
    answer: { status: 200, json: { login: 'grace.hopper', userTokens: tokens } },
  });
  return {
    ...{ valid, nobody, list },
    /** One look at a token that works. */
    seen: (...tokens: readonly Readonly<Record<string, unknown>>[]) => [
      valid(true),
      nobody(false),
      list(...tokens),
    ],
    /** Whether the project is open to it. As SonarQube 9.9.8 and 26.9.0 say it. */
    opens: (project: string, status: 200 | 403 | 404): Exchange => ({
      expect: {
        method: 'GET',
        path: `${at}/api/settings/values?component=${project}&keys=sonar.core.id`,
        headers,
      },
      answer: {
        status,
        json:
          status === 200
            ? { settings: [{ key: 'sonar.core.id', value: '147B411E', inherited: true }] }
            : { errors: [{ msg: 'Insufficient privileges' }] },
      },
    }),
    revoke: (name: string): Exchange => ({
      expect: { method: 'POST', path: `${at}/api/user_tokens/revoke`, headers, form: { name } },
      answer: { status: 204 },
    }),
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

const global = (name: string, lastConnectionDate?: string) =>
  record(name, lastConnectionDate, { type: 'GLOBAL_ANALYSIS_TOKEN' });
export const ofProject = (key: string, name: string, lastConnectionDate?: string) =>
  record(name, lastConnectionDate, {
    type: 'PROJECT_ANALYSIS_TOKEN',
    project: { key, name: 'Some project' },
  });

const NOON = '2026-11-21T11:59:00+0100';
const MORNING = '2026-11-21T08:00:00+0100';

/** All are of one user; each is told from the others by its type, and by its project. */
const ownList = [
  record('never used'),
  record('used in the morning', MORNING),
  record('leaked', NOON),
  record('expired', NOON, { isExpired: true }),
  global('global never used'),
  global('global leaked', NOON),
  ofProject('cart', 'cart', NOON),
  ofProject('shop', 'shop leaked', NOON),
  ofProject('shop', 'shop in the morning', MORNING),
];

function specOf(
  token: string,
  names: Pick<ProviderSpec<SonarqubeConfig>, 'kind' | 'type'> & { readonly name: string },
  trials: readonly Exchange[] = [],
): ProviderSpec<SonarqubeConfig> {
  const { name, ...rest } = names;
  const { valid, seen, revoke } = callsOf(token);
  const look = [...seen(...ownList), ...trials];
  const unknown = {
    exchanges: [valid(false)],
    endsAs: { outcome: 'refused', reason: 'unknown-token' },
  } as const;
  return {
    ...{ definition: sonarqube, config, token, ...rest },
    scripts: {
      revoked: { exchanges: [...look, ...look, revoke(name), valid(false)] },
      // It was revoked between the two calls.
      alreadyDead: { exchanges: [...look, valid(false)] },
      unknownToken: unknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'A token may always list and revoke the tokens of its user.' },
      // Without its note a revoked token looks like another server's; see the test with the note.
      secondCall: unknown,
    },
  };
}

const project = callsOf(PROJECT);

export const cases: readonly ProviderSpec<SonarqubeConfig>[] = [
  specOf(TOKEN, { kind: 'user-token', type: 'gitleaks_rule_id_sonarqubeusertoken', name: 'leaked' }),
  specOf(GLOBAL, {
    ...{ kind: 'analysis-token', type: 'gitleaks_rule_id_sonarqubeglobalanalysistoken' },
    name: 'global leaked',
  }),
  specOf(
    PROJECT,
    {
      ...{ kind: 'analysis-token', type: 'gitleaks_rule_id_sonarqubeprojectanalysistoken' },
      name: 'shop leaked',
    },
    [project.opens('cart', 403), project.opens('shop', 200)],
  ),
];
