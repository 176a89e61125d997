/**
 * LangSmith personal access tokens (lsv2_pt_, ./personal-tokens.ts) and service keys (lsv2_sk_, ./service-keys.ts).
 *
 * Docs: https://docs.langchain.com/langsmith/smith-api/orgs/revoke-org-personal-access-token and
 * https://docs.langchain.com/langsmith/smith-api/orgs/delete-org-service-key, checked 2026-11-28.
 *
 * Experimental, because two things are not documented: how much of a key its `short_key` shows, and which codes the
 * calls answer with when they were done. A `short_key` of another form than expected matches nothing.
 *
 * - The cloud has four regions, each with its own keys: two more than the pages of the API name
 *   (https://docs.langchain.com/langsmith/trace-with-opentelemetry, checked 2026-11-29).
 * - A personal access token revokes itself, and can be reinstated. A service key can only be deleted.
 * - Organization-wide calls need a service key of the organization with the role Organization Admin.
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { config, type LangsmithConfig } from './config.ts';
import { PERSONAL, personalTokens } from './personal-tokens.ts';
import { SERVICE, serviceKeys } from './service-keys.ts';

export const langsmith: ProviderDefinition<LangsmithConfig> = {
  id: 'langsmith',
  title: 'LangSmith (LangChain)',
  docs: 'https://docs.langchain.com/langsmith/smith-api/orgs/revoke-org-personal-access-token',
  checked: '2026-11-28',
  stability: 'experimental',
  exactness:
    'the only key of its owner or organization that looks so, once it was let in; several go to a person',
  proof: 'the token is not let in; the record of the service key is gone, and it is not let in',
  effect: 'the token only',
  needs:
    'nothing for personal access tokens; for service keys the id of each organization and a service key of it that may administer it',
  types: [...new Set([...PERSONAL.types, ...SERVICE.types])],
  config,
  create: (settings, tools) => byKind([personalTokens(settings, tools), serviceKeys(settings, tools)]),
};
