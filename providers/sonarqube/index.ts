/**
 * SonarQube tokens, on the operator's own servers: those of users (`squ_`), and those for analyses alone, global ones and
 * those of a project (`sqa_`, `sqp_`). All of them revoke themselves.
 *
 * Docs: https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/ and the pages
 * `/web_api/api/user_tokens` and `/web_api/api/authentication` of any server; checked 2026-11-30, with SonarQube 9.9.8 and 26.9.0.
 *
 * - A token is revoked by its name, which neither its text nor any answer tells. It may list the tokens of its user, and
 *   revoke any of them. The server writes the last use of a token at most once an hour and before it answers. So the token
 *   that asks was used within the hour before the newest use in its own list, and all others but those of its type that were
 *   used in that hour are ruled out, whatever any clock says. What is left is the leaked token, or it is ambiguous.
 * - Of the tokens of projects, only its own project is open to it, whatever its user may read. The header `PROJECT_KEY`,
 *   which a scanner sends, counts for nothing.
 * - `/api/authentication/validate` answers 200 in any case; `valid` is false for a dead token and for another server's.
 * - Bearer works since 10.0, Basic with the token as user name on all versions. Revoking a name that is gone is a 204.
 * - Before 9.9, tokens for analyses may call the scanner's endpoints alone, and look as if nobody knew them.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import {
  ConfigFault,
  type Provider,
  type ProviderDefinition,
  type TokenKind,
  type Tools,
} from '../../src/provider/provider.ts';
import { config, type SonarqubeConfig } from './config.ts';
import { FOUND, serverAccount } from './server.ts';

export type { SonarqubeConfig } from './config.ts';

const COMMON = {
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Any self-managed server may have issued the token.' },
  whole: 'exact',
  undo: 'no',
} as const satisfies Partial<TokenKind>;

const KINDS: readonly TokenKind[] = [
  {
    id: 'user-token',
    types: ['gitleaks_rule_id_sonarqubeusertoken', 'gitleaks_rule_id_sonar-api-token'],
    pattern: /(?<![\w-])squ_[a-f0-9]{40}(?![\w-]|\.[A-Za-z0-9])/,
    ...COMMON,
  },
  {
    id: 'analysis-token',
    types: [
      'gitleaks_rule_id_sonarqubeglobalanalysistoken',
      'gitleaks_rule_id_sonarqubeprojectanalysistoken',
      'gitleaks_rule_id_sonar-api-token',
    ],
    pattern: /(?<![\w-])sq[ap]_[a-f0-9]{40}(?![\w-]|\.[A-Za-z0-9])/,
    ...COMMON,
  },
];

export const sonarqube: ProviderDefinition<SonarqubeConfig> = {
  id: 'sonarqube',
  title: 'SonarQube',
  docs: 'https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/',
  checked: '2026-11-30',
  stability: 'beta',
  exactness: 'the only token of its user, type and project that was used in the hour of our own call',
  proof: 'the server no longer takes the token as valid',
  effect: 'the token only',
  needs: 'the URL of each SonarQube server',
  types: [...new Set(KINDS.flatMap(({ types }) => types))],
  config,
  create,
};

const UNKNOWN =
  'No configured SonarQube server takes this token: if it is of another one, add that to providers.sonarqube.instances and retry, or revoke it there.';

function create({ instances }: SonarqubeConfig, tools: Tools): Provider {
  const upstreams = instances.map(({ url }) => tools.upstream(url));
  if (new Set(upstreams.map(({ base }) => base)).size < upstreams.length) {
    throw new ConfigFault(['instances'], 'two instances have the same url');
  }
  const { check: _, ...methods } = byAccounts(upstreams.map(serverAccount), {
    ...{ found: FOUND, unknown: UNKNOWN, copies: true, log: tools.log },
  });
  return { kinds: upstreams.length > 0 ? KINDS : [], ...methods };
}
