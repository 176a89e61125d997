/**
 * Langfuse: secret keys of projects, at Langfuse Cloud and on the operator's own instances.
 *
 * Docs: https://langfuse.com/docs/api-and-data-platform/features/public-api (projects, API keys) and Langfuse's own source
 * (fern/apis/server/definition/projects.yml, apiAuth.ts), checked 2026-11-29.
 *
 * - A secret key signs in only together with its public key, which is looked for in the lines around the leak.
 * - The pair tells its project. A key of the organization lists the keys of that by their public keys, and deletes one.
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
  possession: 'signs-in',
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
  exactness: 'the key signs in with its public key, which names its record',
  proof: 'Langfuse, which knew the pair, does not let it in any more',
  effect: 'the key only',
  needs: 'an API key of each organization, and read access to the repository for the public key',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organizationAccount(each, tools)),
      {
        found: FOUND,
        unknown:
          'No configured organization has this key: if it is of another one, add that to providers.langfuse.organizations and retry.',
        rights:
          'It must be an API key of the organization itself, on a plan or with a licence that has the admin API.',
        log: tools.log,
      },
    ),
  }),
};
