/**
 * JFrog Platform (Artifactory), any number of instances: access tokens (./access-tokens.ts) and API keys (./api-keys.ts).
 *
 * Docs: https://jfrog.com/help/r/jfrog-rest-apis/revoke-token-by-id, https://jfrog.com/help/r/jfrog-rest-apis/get-token-by-id,
 * https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-keys-rest-api; checked 2026-11-21.
 *
 * Quirks:
 * - 204 means "not found", 401 "dead or of another instance": only a look afterwards proves the death.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { byTenant } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { ACCESS_TOKENS, TOKEN } from './access-tokens.ts';
import { API_KEY, API_KEYS } from './api-keys.ts';

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
    const tenants = settings.instances.map(({ url }) => ({ upstream: tools.upstream(url) }));
    const isAble = tenants.length > 0;
    return byKind([
      { kinds: [TOKEN], isAble, ...byTenant(ACCESS_TOKENS, tenants, settings.unknownTokens) },
      { kinds: [API_KEY], isAble, ...byTenant(API_KEYS, tenants, settings.unknownTokens) },
    ]);
  },
};
