/**
 * Microsoft Azure: client secrets of Entra applications and service principals, keys of resources, and Azure DevOps tokens.
 *
 * Docs: https://learn.microsoft.com/en-us/graph/api/application-removepassword, https://learn.microsoft.com/en-us/rest/api/azure/,
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/tokenadmin/; checked 2026-11-28. Quirks are in the files.
 *
 * Not confirmed: whether Azure DevOps lets a service principal administrate tokens; so nothing is done there unless
 * `devOpsOrganizations` is set. Keys of Service Bus are not handled.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind, type Part } from '../../src/provider/kit/by-kind.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { type AzureConfig, CLOUDS, configSchema } from './config.ts';
import { createDevOpsTokens, patSchema } from './devops-tokens.ts';
import { createDirectory } from './directory.ts';
import { createEntraSecrets, SECRET_KNOWN_AFTER_MS, secretSchema } from './entra-secrets.ts';
import { DEVOPS_TOKEN, ENTRA_SECRET, KEYS_OF_RESOURCES } from './kinds.ts';
import { identityOf, type OwnIdentity } from './own-identity.ts';
import { createResourceKeys, resourceSchema } from './resource-keys.ts';

export const azure: ProviderDefinition<AzureConfig> = {
  id: 'azure',
  title: 'Microsoft Azure',
  docs: 'https://learn.microsoft.com/en-us/graph/api/application-removepassword',
  checked: '2026-11-28',
  stability: 'beta',
  exactness:
    'client secrets by signing in with them, resource keys by value, DevOps tokens if their user has one only',
  proof: 'Entra refuses the secret; the resource has another key; Azure DevOps refuses the token',
  effect: 'the secret only; regenerated resource keys hit all their users and wait for approval',
  needs:
    'an Entra application or managed identity with rights on Graph, on the subscriptions, and in Azure DevOps',
  types: [
    ...ENTRA_SECRET.types,
    ...DEVOPS_TOKEN.types,
    ...KEYS_OF_RESOURCES.flatMap(({ kind }) => kind.types),
  ],
  unpublished: [
    'gitleaks_rule_id_azure_batch_key',
    'gitleaks_rule_id_azure_maps_key',
    'gitleaks_rule_id_azure_search_key',
  ],
  config: configSchema,
  create(config, tools) {
    const own = identityOf(config, CLOUDS[config.cloud], tools);
    return own ? create(config, own, tools) : byKind([]);
  },
};

const ADVICE = {
  secret:
    'No application of the configured tenant has this secret: find out which tenant it is of, and remove it there.',
  key: 'No resource of the configured subscriptions has this key: find out which subscription it is of, add that to providers.azure.subscriptions and retry.',
  pat: 'No configured organization lets this token in: find out which one it is of, add that to providers.azure.devOpsOrganizations and retry.',
};

function create(
  { cloud: cloudName, subscriptions, devOpsOrganizations }: AzureConfig,
  own: OwnIdentity,
  tools: Tools,
): Provider {
  const { log } = tools;
  const cloud = CLOUDS[cloudName];
  const directory = createDirectory(own, cloud, tools);
  const entra = createEntraSecrets(directory, cloud, tools);
  const resources = createResourceKeys(directory, cloud, subscriptions, tools);
  const resourceParts = KEYS_OF_RESOURCES.map(({ kind, of }): Part => {
    const { check: _, ...part } = byAccounts(resources.accounts(of), {
      found: resourceSchema,
      chosen: of.some(({ chosen }) => chosen),
      unknown: ADVICE.key,
      log,
    });
    return { kinds: [kind], isAble: subscriptions.length > 0, ...part };
  });
  const parts = byKind([
    {
      kinds: [ENTRA_SECRET],
      ...byAccounts([entra.account], {
        ...{ found: secretSchema, unknown: ADVICE.secret },
        knownAfterMs: SECRET_KNOWN_AFTER_MS,
        log,
      }),
    },
    {
      kinds: [DEVOPS_TOKEN],
      isAble: devOpsOrganizations.length > 0,
      ...byAccounts(createDevOpsTokens(directory, devOpsOrganizations, tools), {
        found: patSchema,
        unknown: ADVICE.pat,
        log,
      }),
    },
    ...resourceParts,
  ]);
  const refused =
    'Entra refused the client id, or its secret, certificate or federated token, or the tenant is another one.';
  const misconfigured =
    'The machine has no such managed identity, or the file of the federated token cannot be read.';
  return {
    ...parts,
    check: (signal) =>
      Promise.all([
        checkOf('Microsoft Graph', () => entra.list('applications', { $top: 1 }, signal), {
          ...{ refused, misconfigured },
          forbidden:
            'The application needs the Graph permission Application.ReadWrite.All, with the consent of an administrator.',
        }),
        ...resources.upstreams.map((upstream) =>
          checkOf(upstream.base, () => resources.listResources(upstream, { $top: 1 }, signal), {
            ...{ refused, misconfigured },
            forbidden:
              'The application needs the right to read resources, and to list and regenerate their keys.',
          }),
        ),
      ]),
  };
}
