/**
 * MongoDB Atlas, of the operator's own organizations: programmatic API keys (./private-keys.ts) and secrets of service
 * accounts (./service-account-secrets.ts).
 *
 * Docs: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/group/endpoint-programmatic-api-keys,
 * https://www.mongodb.com/docs/atlas/api/service-accounts-overview/; checked 2026-11-21.
 *
 * - We log in as a service account: an hour's access token for client id and secret.
 * - Atlas for Government is another service, which is not asked.
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { config, type MongodbAtlasConfig } from './config.ts';
import { type Organization, organizationOf } from './organization.ts';
import { keysPage, PRIVATE_KEY, privateKeys } from './private-keys.ts';
import { SERVICE_ACCOUNT_SECRET, serviceAccountSecrets } from './service-account-secrets.ts';

export const mongodbAtlas: ProviderDefinition<MongodbAtlasConfig> = {
  id: 'mongodb-atlas',
  title: 'MongoDB Atlas',
  docs: 'https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/group/endpoint-programmatic-api-keys',
  stability: 'beta',
  exactness:
    'the only key whose private half ends with the same 12 characters, once the pair was let in; the only secret of the client that it logs in',
  proof: "the key's record is gone; the secret no longer logs in",
  effect: 'the API key or secret only',
  needs:
    'a service account with the role Organization Owner in each organization, and for secrets read access to the repository',
  types: [...PRIVATE_KEY.types, ...SERVICE_ACCOUNT_SECRET.types],
  unpublished: PRIVATE_KEY.types,
  config,
  create(settings, tools) {
    const organizations = settings.organizations.map((each) => organizationOf(each, tools));
    return {
      ...byKind([privateKeys(organizations, tools), serviceAccountSecrets(organizations, tools)]),
      check: (signal) => Promise.all(organizations.map((each) => checkOrganization(each, signal))),
    };
  },
};

function checkOrganization(organization: Organization, signal: AbortSignal) {
  const name = `Atlas service account of organization ${organization.id}`;
  return checkOf(name, () => keysPage(organization, 1, signal), {
    hint: 'It needs the role Organization Owner and this address in its access list.',
  });
}
