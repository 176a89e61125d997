/**
 * Splunk authentication tokens and HTTP Event Collector (HEC) tokens, of the operator's own instances.
 *
 * Docs: https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens
 * and https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/http-event-collector-rest-api-endpoints,
 * checked 2026-11-29.
 *
 * - `DELETE authorization/tokens/<user>` with `id` ends one token; without an id it would hit every token of the user. The
 *   reference says so, and Splunk's own apps call it. The POST by which a status is changed means different things in
 *   the reference and in Splunk 10.6, so it is not used.
 * - HEC tokens are disabled, not deleted: that can be undone. Those of Splunk Cloud are managed elsewhere (ACS).
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { AUTHENTICATION_TOKEN, authenticationTokens } from './authentication-tokens.ts';
import { config, type SplunkConfig } from './config.ts';
import { HEC_TOKEN, hecTokens } from './hec-tokens.ts';
import { check, type Instance } from './instance.ts';

export const splunk: ProviderDefinition<SplunkConfig> = {
  id: 'splunk',
  title: 'Splunk',
  docs: 'https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens',
  checked: '2026-11-29',
  stability: 'beta',
  exactness:
    'by value for HEC tokens; the id in the token, once an instance has let the token in, for others',
  proof:
    'it is not let in and its record is gone; for HEC tokens the records at the configured instances say disabled',
  effect: 'the token only; HEC tokens can be enabled again',
  needs:
    'the URL of each instance and a token with the capabilities edit_tokens_all, list_tokens_all and edit_token_http',
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
    ...byKind([authenticationTokens(instances, tools.log), hecTokens(instances)]),
    check: (signal) => Promise.all(instances.map((instance) => check(instance, signal))),
  };
}
