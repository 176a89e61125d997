/**
 * API keys of Artifactory.
 *
 * Docs: https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-keys-rest-api
 *
 * - A user has one API key, and it reads itself by value. `?deleteAll` on the same path would delete everybody's.
 *   API keys are at their end of life; the self-deletion is documented by its path only.
 */
import { z } from 'zod';
import { refused } from '../../src/provider/kit/results.ts';
import type { Tenant, TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { concluded, declined } from './answers.ts';

export const API_KEY: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_artifactoryapikey', 'gitleaks_rule_id_artifactory-api-key'],
  pattern: /(?<![A-Za-z0-9])AKCp[A-Za-z0-9]{69}(?![A-Za-z0-9])/,
  effect: 'token',
};

const API_KEY_PATH = '/artifactory/api/security/apiKey';

export const API_KEYS: TenantMethod<Tenant, Record<string, never>> = {
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
