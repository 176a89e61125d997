/**
 * SonarQube tokens, on the operator's own servers: user tokens (`squ_`) and, with the token of an administrator, analysis
 * tokens (`sqa_`, `sqp_`), whose quirks are in `analysis-tokens.ts`.
 *
 * Docs: https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/ and the pages
 * `/web_api/api/user_tokens` and `/web_api/api/authentication` of any server; checked 2026-11-21.
 *
 * - A token is revoked by its name, which neither its text nor any answer tells. It may list the tokens of its user.
 *   The server writes the last use of a token at most once an hour and before it answers. So the token that asks was
 *   used within the hour before the newest use in its own list, and all others but those used in that hour are ruled
 *   out, whatever any clock says. What is left is the leaked token, or it is ambiguous.
 * - `/api/authentication/validate` answers 200 in any case; `valid` is false for a dead token and for another server's.
 * - Bearer works since 10.0, Basic with the token as user name on all versions. Revoking a name that is gone is a 204.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import type { Provider, ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import { byTenant, checkOf } from '../../src/provider/tenants.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';
import { createAnalysisTokens } from './analysis-tokens.ts';
import { LIST, usedJustNow } from './records.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: z
          .string()
          .regex(
            /^https?:\/\/[^\s?#@]+$/,
            'expected an http or https URL without credentials, query or fragment',
          )
          .describe('Base URL, with the context path where the server has one.'),
        adminToken: secretText()
          .optional()
          .describe('User token of an administrator, for leaked analysis tokens.'),
      }),
    )
    .default([])
    .describe('SonarQube servers that may have issued a token; asked in this order.'),
});

export type SonarqubeConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'user-token',
  types: ['gitleaks_rule_id_sonarqubeusertoken', 'gitleaks_rule_id_sonar-api-token'],
  pattern: /(?<![\w-])squ_[a-f0-9]{40}(?![\w-])/,
  effect: 'token',
};

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
  types: [...new Set([...KIND.types, ...ANALYSIS_KIND.types])],
  config,
  create,
};

const NOTE = z.object({ instance: z.string() });
const VALIDITY = z.object({ valid: z.boolean() });

const OWN_CREDENTIAL = refused(
  'own-credential',
  'The token of Quash itself has leaked: create a new one, configure it, and revoke the leaked one at once.',
);
const UNKNOWN = refused(
  'unknown-token',
  'No configured SonarQube server takes this token: if it is of another one, add that to providers.sonarqube.instances and retry; otherwise it is dead already and can be dismissed.',
);
const AMBIGUOUS =
  'Several tokens of this user were used within the same hour, so the leaked one cannot be told: revoke it in My Account > Security of that user, or retry after they were idle for two hours.';

function create({ instances }: SonarqubeConfig, tools: Tools): Provider {
  const servers = instances.map(({ url, adminToken }) => ({ upstream: tools.upstream(url), adminToken }));
  const upstreams = servers.map(({ upstream }) => upstream);
  const administered = servers.flatMap(({ upstream, adminToken }) =>
    adminToken ? [{ upstream, adminToken }] : [],
  );
  const analysis = createAnalysisTokens(tools);
  const analysisTokens = byTenant(analysis.method, administered, 'attention');

  const seenAt = (step: Step): Upstream | undefined => {
    const seen = NOTE.safeParse(step.note).data?.instance;
    return upstreams.find(({ base }) => base === seen);
  };

  return {
    kinds: [...(upstreams.length > 0 ? [KIND] : []), ...(administered.length > 0 ? [ANALYSIS_KIND] : [])],
    async revoke(token, step) {
      if (step.kind === ANALYSIS_KIND.id) return analysisTokens.revoke(token, step);
      if (administered.some(({ adminToken }) => adminToken.reveal() === token.reveal()))
        return OWN_CREDENTIAL;
      const seen = seenAt(step);
      for (const upstream of seen ? [seen] : upstreams) {
        if (!(await isValid(upstream, token, step.signal))) continue;
        if (!seen) {
          step.remember({ instance: upstream.base });
          return { outcome: 'continue', afterMs: 0 };
        }
        return revokeAt(upstream, token, step.signal);
      }
      return seen ? alreadyInactive({ instance: seen.base }) : UNKNOWN;
    },
    async verify(token, step) {
      if (step.kind === ANALYSIS_KIND.id) return analysisTokens.verify(token, step);
      const seen = seenAt(step);
      if (!seen) return 'unknown';
      return (await isValid(seen, token, step.signal)) ? 'alive' : 'dead';
    },
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

async function isValid(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/authentication/validate',
    headers: { authorization: asUser(token) },
    statuses: [200],
    signal,
  });
  return answer.json(VALIDITY).valid;
}

async function revokeAt(upstream: Upstream, token: Secret, signal: AbortSignal) {
  const headers = { authorization: asUser(token) };
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/user_tokens/search',
    headers,
    statuses: [200],
    signal,
  });
  const { login, userTokens } = answer.json(LIST);
  const [own, ...others] = usedJustNow(
    userTokens.filter(({ type }) => (type ?? 'USER_TOKEN') === 'USER_TOKEN'),
  );
  if (!own) throw unexpected(upstream, answer);
  const evidence = { instance: upstream.base, login };
  if (others.length > 0) {
    const candidates = [own, ...others].map(({ createdAt, lastConnectionDate }) => {
      return { createdAt: createdAt ?? null, lastConnectionDate: lastConnectionDate ?? null };
    });
    return refused('ambiguous', AMBIGUOUS, { ...evidence, candidates });
  }
  await upstream.request({
    method: 'POST',
    path: '/api/user_tokens/revoke',
    headers,
    form: { name: own.name },
    statuses: [204],
    signal,
  });
  return revoked(evidence);
}

function asUser(token: Secret): Secret {
  return basic(token.reveal(), new Secret(''));
}
