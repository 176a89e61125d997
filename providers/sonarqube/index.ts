/**
 * SonarQube tokens, on the operator's own servers: user tokens (`squ_`, ./user-tokens.ts) and, with the token of an
 * administrator, analysis tokens (`sqa_`, `sqp_`, ./analysis-tokens.ts).
 *
 * Docs: https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/ and the pages
 * `/web_api/api/user_tokens` and `/web_api/api/authentication` of any server; checked 2026-11-21.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { byTenant } from '../../src/provider/kit/tenants.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { createAnalysisTokens } from './analysis-tokens.ts';
import { USER_KIND, userTokens } from './user-tokens.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL, with the context path where the server has one.'),
        adminToken: secretText()
          .optional()
          .describe('User token of an administrator, for leaked analysis tokens.'),
      }),
    )
    .default([])
    .describe('SonarQube servers that may have issued a token; asked in this order.'),
});

export type SonarqubeConfig = z.output<typeof config>;

const ANALYSIS_KIND: TokenKind = {
  id: 'analysis-token',
  types: [
    'gitleaks_rule_id_sonarqubeglobalanalysistoken',
    'gitleaks_rule_id_sonarqubeprojectanalysistoken',
    'gitleaks_rule_id_sonar-api-token',
  ],
  pattern: /(?<![\w-])sq[ap]_[a-f0-9]{40}(?![\w-])/,
  effect: 'token',
};

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

function create({ instances }: SonarqubeConfig, tools: Tools): Provider {
  const servers = instances.map(({ url, adminToken }) => ({ upstream: tools.upstream(url), adminToken }));
  const upstreams = servers.map(({ upstream }) => upstream);
  const administered = servers.flatMap(({ upstream, adminToken }) =>
    adminToken ? [{ upstream, adminToken }] : [],
  );
  const analysis = createAnalysisTokens(tools);
  const analysisTokens = byTenant(analysis.method, administered, 'attention');

  return {
    ...byKind([
      userTokens(
        upstreams,
        administered.map(({ adminToken }) => adminToken),
      ),
      { kinds: [ANALYSIS_KIND], isAble: administered.length > 0, ...analysisTokens },
    ]),
    check: (signal) =>
      Promise.all(
        administered.map((server) =>
          checkOf(`${server.upstream.base} administrator token`, () => analysis.probe(server, signal), {
            refused: 'SonarQube refused the token: it is revoked, or no user token.',
            forbidden: 'The token must be of a user with the permission Administer System.',
          }),
        ),
      ),
  };
}
