/**
 * SonarQube tokens, on the operator's own servers: user tokens (`squ_`, ./user-tokens.ts) and, with the token of an
 * administrator, analysis tokens (`sqa_`, `sqp_`, ./analysis-tokens.ts).
 *
 * Docs: https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/ and the pages
 * `/web_api/api/user_tokens` and `/web_api/api/authentication` of any server; checked 2026-11-21.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import {
  ConfigFault,
  type Provider,
  type ProviderDefinition,
  type Tools,
} from '../../src/provider/provider.ts';
import { ANALYSIS_KIND, analysisAccount, FOUND } from './analysis-tokens.ts';
import { config, type SonarqubeConfig } from './config.ts';
import { USER_FOUND, USER_KIND, userAccount } from './user-tokens.ts';

export type { SonarqubeConfig } from './config.ts';

export const sonarqube: ProviderDefinition<SonarqubeConfig> = {
  id: 'sonarqube',
  title: 'SonarQube',
  docs: 'https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/',
  stability: 'beta',
  exactness:
    'the only token of its user, or of its kind and project, that was used in the hour of our own call',
  proof: 'the server no longer takes the token as valid; analysis tokens are listed no more',
  effect: 'the token only',
  needs: 'the URL of each SonarQube server; for analysis tokens also the token of an administrator',
  types: [...new Set([...USER_KIND.types, ...ANALYSIS_KIND.types])],
  config,
  create,
};

const UNKNOWN =
  'No configured SonarQube server takes this token: if it is of another one, add that to providers.sonarqube.instances and retry, or revoke it there.';

function create({ instances }: SonarqubeConfig, tools: Tools): Provider {
  const servers = instances.map(({ url, adminToken }) => ({ upstream: tools.upstream(url), adminToken }));
  if (new Set(servers.map(({ upstream }) => upstream.base)).size < servers.length) {
    throw new ConfigFault(['instances'], 'two instances have the same url');
  }
  const administered = servers.flatMap(({ upstream, adminToken }) =>
    adminToken ? [{ upstream, adminToken }] : [],
  );
  const shared = { unknown: UNKNOWN, copies: true, log: tools.log };
  const { check: _, ...users } = byAccounts(
    servers.map((server) => userAccount(server.upstream)),
    { ...shared, found: USER_FOUND },
  );
  const analysis = byAccounts(
    administered.map((server) => analysisAccount(server, tools)),
    {
      ...shared,
      found: FOUND,
      rights: 'The token must be a user token that works, of a user with the permission Administer System.',
    },
  );
  return byKind([
    { kinds: [USER_KIND], isAble: servers.length > 0, ...users },
    { kinds: [ANALYSIS_KIND], isAble: administered.length > 0, ...analysis },
  ]);
}
