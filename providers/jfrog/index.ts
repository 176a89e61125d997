/**
 * JFrog Platform (Artifactory), any number of instances.
 *
 * Docs: https://jfrog.com/help/r/jfrog-rest-apis/revoke-token-by-id, https://jfrog.com/help/r/jfrog-rest-apis/get-token-by-id,
 * https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-keys-rest-api; checked 2026-11-21.
 *
 * Quirks:
 * - A token looks itself up as `me` (since 7.53.1) and may revoke itself, whatever its scope. Before that version `me`
 *   is an id that nobody has: a deletion of it answers 204 and does nothing. So the id is looked up first.
 * - 204 means "not found", 401 "dead or of another instance": only a look afterwards proves the death.
 * - The host in a JWT is not to be trusted; reference tokens name none.
 * - A user has one API key, and it reads itself by value. `?deleteAll` on the same path would delete everybody's.
 *   API keys are at their end of life; the self-deletion is documented by its path only.
 */
import { z } from 'zod';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import {
  baseUrl,
  byTenant,
  type Sight,
  type Tenant,
  type TenantMethod,
  unknownTokensKey,
} from '../../src/provider/tenants.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({ url: baseUrl().describe('Base URL of the JFrog Platform, without /artifactory.') }),
    )
    .default([])
    .describe('Instances that may have issued a token; asked in this order.'),
  unknownTokens: unknownTokensKey(),
});

export type JfrogConfig = z.output<typeof config>;

const TOKEN: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_artifactoryidentitytoken',
    'gitleaks_rule_id_jfrogplatformaccesstoken',
    'gitleaks_rule_id_artifactory-reference-token',
  ],
  pattern: /(?<![\w-])(?:cmVmdGtu[A-Za-z0-9]{56}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})(?![\w-])/,
  effect: 'token',
};
const API_KEY: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_artifactoryapikey', 'gitleaks_rule_id_artifactory-api-key'],
  pattern: /(?<![A-Za-z0-9])AKCp[A-Za-z0-9]{69}(?![A-Za-z0-9])/,
  effect: 'token',
};

export const jfrog: ProviderDefinition<JfrogConfig> = {
  id: 'jfrog',
  title: 'JFrog',
  docs: 'https://jfrog.com/help/r/jfrog-rest-apis/revoke-token-by-id',
  stability: 'beta',
  exactness: "the token's own id, asked with itself; API keys by value",
  proof: 'the instance that knew the token refuses it',
  effect: 'the token only',
  needs: 'the base URL of each JFrog instance',
  types: [...TOKEN.types, ...API_KEY.types],
  config,
  create(settings, tools) {
    const { unknownTokens } = settings;
    const tenants = settings.instances.map(({ url }) => ({ upstream: tools.upstream(url) }));
    const tokens = byTenant(ACCESS_TOKENS, tenants, unknownTokens);
    const apiKeys = byTenant(API_KEYS, tenants, unknownTokens);
    const of = (kind: string) => (kind === API_KEY.id ? apiKeys : tokens);
    return {
      kinds: tenants.length > 0 ? [TOKEN, API_KEY] : [],
      revoke: (token, step) => of(step.kind).revoke(token, step),
      verify: (token, step) => of(step.kind).verify(token, step),
    };
  },
};

const tokenFound = z.object({ tokenId: z.string().regex(/^[\w-]+$/) });

const ACCESS_TOKENS: TenantMethod<Tenant, z.output<typeof tokenFound>> = {
  found: tokenFound,
  async look({ upstream }, token, { signal }) {
    const answer = await upstream.request({
      method: 'GET',
      path: '/access/api/v1/tokens/me',
      headers: { authorization: bearer(token) },
      statuses: [200, 401, 403, 404],
      signal,
    });
    if (answer.status !== 200) return declined(upstream, answer);
    const { token_id: tokenId } = answer.json(z.object({ token_id: tokenFound.shape.tokenId }));
    return { state: 'alive', found: { tokenId } };
  },
  async revoke({ upstream }, token, { tokenId }, { signal }) {
    const answer = await upstream.request({
      method: 'DELETE',
      path: `/access/api/v1/tokens/${tokenId}`,
      headers: { authorization: bearer(token) },
      statuses: [200, 204, 403],
      signal,
    });
    return concluded(upstream, answer, { tenant: upstream.base, tokenId });
  },
};

const API_KEY_PATH = '/artifactory/api/security/apiKey';

const API_KEYS: TenantMethod<Tenant, Record<string, never>> = {
  found: z.strictObject({}),
  async look({ upstream }, token, { signal }) {
    const answer = await upstream.request({
      method: 'GET',
      path: API_KEY_PATH,
      headers: { 'x-jfrog-art-api': token },
      statuses: [200, 401, 403, 404],
      signal,
    });
    if (answer.status !== 200) return declined(upstream, answer);
    const { apiKey } = answer.json(z.object({ apiKey: z.string() }));
    return apiKey === token.reveal()
      ? { state: 'alive', found: {} }
      : { state: 'unable', refusal: OTHER_KEY };
  },
  async revoke({ upstream }, token, _found, { signal }) {
    const answer = await upstream.request({
      method: 'DELETE',
      path: API_KEY_PATH,
      headers: { 'x-jfrog-art-api': token },
      statuses: [200, 204, 403],
      signal,
    });
    return concluded(upstream, answer, { tenant: upstream.base });
  },
};

const OTHER_KEY = refused(
  'ambiguous',
  'JFrog takes this text but calls another one the API key of its user: revoke it by hand.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'JFrog knows this token but does not let it act on itself: revoke it by hand in the administration of the platform.',
);
const NO_ID = refused(
  'unsupported-kind',
  'JFrog takes this token but cannot look it up: the instance is older than 7.53.1 or keeps no record of it; revoke it by hand, or wait until it expires.',
);

/** Access and Artifactory both report errors so; a proxy does not. */
const ERRORS = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

function declined(upstream: Upstream, answer: Answer): Sight<never> {
  if (answer.maybeJson(ERRORS) === undefined) throw unexpected(upstream, answer);
  if (answer.status === 401) return { state: 'absent' };
  return { state: 'unable', refusal: answer.status === 403 ? NOT_PERMITTED : NO_ID };
}

/** What a good answer holds is not documented, but it is no page. */
function concluded(upstream: Upstream, answer: Answer, evidence: Readonly<Record<string, string>>) {
  if (answer.status === 403 && answer.maybeJson(ERRORS)) return NOT_PERMITTED;
  const isFine = answer.text.trim() === '' || answer.maybeJson(z.json()) !== undefined;
  if (answer.status === 403 || !isFine) throw unexpected(upstream, answer);
  return revoked(evidence);
}
