/**
 * JFrog Platform (Artifactory), any number of instances: access tokens (./access-tokens.ts) and API keys (./api-keys.ts).
 *
 * Docs: https://jfrog.com/help/r/jfrog-rest-apis/revoke-token-by-id, https://jfrog.com/help/r/jfrog-rest-apis/get-token-by-id,
 * https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-keys-rest-api; checked 2026-11-21.
 *
 * Quirks:
 * - After failed log-ins an instance refuses all of our calls for some seconds, also those of tokens that work.
 * - 204 means "not found", 401 "dead or of another instance": only a look after the revocation proves the death.
 * - A user can be disabled, and enabled again (https://jfrog.com/help/r/jfrog-rest-apis/disable-user, checked 2026-11-29).
 *   What his tokens are answered meanwhile stands in no source, so a refusal of one that worked goes to a person.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { TOKEN, TOKEN_FOUND, tokensOf } from './access-tokens.ts';
import { API_KEY, apiKeysOf, KEY_FOUND } from './api-keys.ts';
import { config, type JfrogConfig } from './config.ts';

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
  create({ instances }, { upstream, log }) {
    const upstreams = instances.map(({ url }) => upstream(url));
    const isAble = upstreams.length > 0;
    const tokens = byAccounts(upstreams.map(tokensOf), { found: TOKEN_FOUND, copies: true, log });
    const apiKeys = byAccounts(upstreams.map(apiKeysOf), { found: KEY_FOUND, copies: true, log });
    const { check: _, ...provider } = byKind([
      { kinds: [TOKEN], isAble, ...tokens },
      { kinds: [API_KEY], isAble, ...apiKeys },
    ]);
    return provider;
  },
};
