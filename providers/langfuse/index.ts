/**
 * Langfuse: secret keys of projects, at Langfuse Cloud and on the operator's own instances.
 *
 * Docs: https://langfuse.com/docs/api-and-data-platform/features/public-api (projects, API keys) and Langfuse's own source
 * (fern/apis/server/definition/projects.yml, apiAuth.ts, apiKeys.ts), checked 2026-11-29.
 *
 * - Langfuse knows a secret key by its hash, and lets it in with whatever public key. So a public key beside the leak,
 *   which anybody may have written there, says nothing of the record: that is the only one of the key's project that is
 *   shown with the same ending. Old keys that were not used for long have no such hash, and work with their own public key.
 * - A public key that nobody has would make Langfuse refuse such an old key for some minutes; ours is somebody's.
 * - A key of the organization lists the keys of its projects, and deletes one. Those of the agent that is built in it does not
 *   see, and they are refused here in words of their own (.../projects/projectById/apiKeys/index.ts, apiAuth.ts).
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type LangfuseConfig } from './config.ts';
import { FOUND, organizationAccount } from './organization.ts';

const KIND: TokenKind = {
  id: 'secret-key',
  types: ['gitleaks_rule_id_langfuse-secret-key.1'],
  pattern: /(?<![\w-])sk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Anybody may run an instance, and only the configured organizations are asked.' },
  whole: 'exact',
  undo: 'no',
};

export const langfuse: ProviderDefinition<LangfuseConfig> = {
  id: 'langfuse',
  title: 'Langfuse',
  docs: 'https://langfuse.com/docs/api-and-data-platform/features/public-api',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the key signs in, and one key alone of its project ends like it',
  proof: 'Langfuse, which knew the key, does not let it in any more',
  effect: 'the key only',
  needs: 'an API key of each organization',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organizationAccount(each, tools)),
      {
        found: FOUND,
        copies: true,
        unknown:
          'No configured organization has this key: if it is of another one, add that to providers.langfuse.organizations and retry.',
        rights:
          'It must be an API key of the organization itself, on a plan or with a licence that has the admin API.',
        log: tools.log,
      },
    ),
  }),
};
