/**
 * Access tokens.
 *
 * Docs: https://jfrog.com/help/r/jfrog-rest-apis/revoke-token-by-id, https://jfrog.com/help/r/jfrog-rest-apis/get-token-by-id
 *
 * - A token looks itself up as `me` (since 7.53.1) and may revoke itself, whatever its scope. Before that version `me`
 *   is an id that nobody has: a deletion of it answers 204 and does nothing. So the id is looked up first.
 * - The host in a JWT is not to be trusted; reference tokens name none.
 */
import { z } from 'zod';
import type { Tenant, TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { concluded, declined } from './answers.ts';

export const TOKEN: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_artifactoryidentitytoken',
    'gitleaks_rule_id_jfrogplatformaccesstoken',
    'gitleaks_rule_id_artifactory-reference-token',
  ],
  pattern: /(?<![\w-])(?:cmVmdGtu[A-Za-z0-9]{56}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,})(?![\w-])/,
  effect: 'token',
};

const tokenFound = z.object({ tokenId: z.string().regex(/^[\w-]+$/) });

export const ACCESS_TOKENS: TenantMethod<Tenant, z.output<typeof tokenFound>> = {
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
