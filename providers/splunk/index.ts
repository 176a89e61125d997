/**
 * Splunk authentication tokens and HTTP Event Collector (HEC) tokens, of the operator's own instances.
 *
 * Docs: https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens
 * and https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/http-event-collector-rest-api-endpoints,
 * checked 2026-11-21.
 *
 * - `POST authorization/tokens/<user>` takes `id` and `status`. Without an id it would hit every token of the user.
 *   Experimental because of this call: a client that was tried against Splunk 10.6 makes it so, but says that the
 *   reference describes it otherwise, and the reference itself could not be read.
 * - Both are disabled, not deleted: that can be undone. HEC tokens of Splunk Cloud are managed elsewhere (ACS).
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { AUTHENTICATION_TOKEN, authenticationTokens } from './authentication-tokens.ts';
import { HEC_TOKEN, hecTokens } from './hec-tokens.ts';
import { check, type Instance } from './instance.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the management port, e.g. https://splunk.example.com:8089.'),
        token: secretText().describe(
          'Authentication token of a user with the capabilities edit_tokens_all and edit_token_http.',
        ),
      }),
    )
    .default([])
    .describe('Splunk instances that may have issued a token; asked in this order.'),
});
export type SplunkConfig = z.output<typeof config>;

export const splunk: ProviderDefinition<SplunkConfig> = {
  id: 'splunk',
  title: 'Splunk',
  docs: 'https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens',
  stability: 'experimental',
  exactness:
    'by value for HEC tokens; the id in the token, once an instance has let the token in, for others',
  proof: 'it is not let in, and its record says disabled',
  effect: 'the token only, and it can be enabled again',
  needs: 'the URL of each instance and a token with the capabilities edit_tokens_all and edit_token_http',
  types: [...AUTHENTICATION_TOKEN.types, ...HEC_TOKEN.types],
  config,
  create,
};

function create(settings: SplunkConfig, tools: Tools): Provider {
  const instances: readonly Instance[] = settings.instances.map(({ url, token }) => ({
    upstream: tools.upstream(url),
    token,
  }));
  return {
    ...byKind([authenticationTokens(instances), hecTokens(instances)]),
    check: (signal) => Promise.all(instances.map((instance) => check(instance, signal))),
  };
}
