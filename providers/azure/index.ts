/**
 * Microsoft Azure: client secrets of Entra applications, keys of resources, and Azure DevOps tokens.
 *
 * Docs: https://learn.microsoft.com/en-us/graph/api/application-removepassword, https://learn.microsoft.com/en-us/rest/api/azure/,
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/tokenadmin/; checked 2026-11-21. Quirks are in the files.
 *
 * Not confirmed: whether Azure DevOps lets a service principal administrate tokens; so nothing is done there unless
 * `devOpsOrganizations` is set. Keys of Service Bus are not handled.
 */
import { z } from 'zod';
import { byKind, type Part } from '../../src/provider/kit/by-kind.ts';
import { unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { isSame, ownCredential } from '../../src/provider/kit/own-credential.ts';
import { byTenant } from '../../src/provider/kit/tenants.ts';
import { ConfigFault, type ProviderDefinition } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { createDevOpsTokens } from './devops-tokens.ts';
import { createDirectory } from './directory.ts';
import { createEntraSecrets } from './entra-secrets.ts';
import { DEVOPS_TOKEN, ENTRA_SECRET, KEYS_OF_RESOURCES } from './kinds.ts';
import { createResourceKeys } from './resource-keys.ts';

const guid = z.guid('expected a GUID');

const config = z.strictObject({
  tenantId: guid.optional().describe('The Entra tenant.'),
  clientId: guid.optional().describe('The application that Quash signs in as.'),
  clientSecret: secretText()
    .optional()
    .describe('Its client secret; removing others needs the Graph permission Application.ReadWrite.All.'),
  subscriptions: z
    .array(guid)
    .default([])
    .describe(
      'Subscriptions whose resources are searched for a leaked key; needs the rights to list and regenerate keys.',
    ),
  devOpsOrganizations: z
    .array(z.string().regex(/^[A-Za-z0-9-]+$/, 'expected the name of an organization'))
    .default([])
    .describe(
      'Azure DevOps organizations, of which the application is a Project Collection Administrator (experimental).',
    ),
  unknownTokens: unknownTokensKey(),
});

export type AzureConfig = z.output<typeof config>;

export const azure: ProviderDefinition<AzureConfig> = {
  id: 'azure',
  title: 'Microsoft Azure',
  docs: 'https://learn.microsoft.com/en-us/graph/api/application-removepassword',
  stability: 'beta',
  exactness:
    'client secrets by signing in with them, resource keys by value, DevOps tokens if their user has one only',
  proof: 'Entra refuses the secret; the resource has another key; Azure DevOps refuses the token',
  effect: 'the secret only; regenerated resource keys hit all their users and wait for approval',
  needs: 'an Entra application with rights on Graph, on the subscriptions, and in Azure DevOps',
  types: [
    ...ENTRA_SECRET.types,
    ...DEVOPS_TOKEN.types,
    ...KEYS_OF_RESOURCES.flatMap(({ kind }) => kind.types),
  ],
  config,
  create(settings, tools) {
    const { tenantId, clientId, clientSecret, subscriptions, devOpsOrganizations, unknownTokens } = settings;
    if (tenantId === undefined && clientId === undefined && clientSecret === undefined) {
      return { kinds: [], revoke: async () => OWN_CREDENTIAL };
    }
    if (tenantId === undefined || clientId === undefined || clientSecret === undefined) {
      const missing =
        tenantId === undefined ? 'tenantId' : clientId === undefined ? 'clientId' : 'clientSecret';
      throw new ConfigFault([missing], 'expected, as tenantId, clientId and clientSecret belong together');
    }
    const directory = createDirectory({ tenantId, clientId, clientSecret }, tools);
    const graph = createEntraSecrets(directory, tools);
    const resources = createResourceKeys(directory, subscriptions, tools);
    const devOps = createDevOpsTokens(directory, devOpsOrganizations, tools);
    const resourceParts = KEYS_OF_RESOURCES.map(({ kind, of }): Part => {
      return {
        kinds: [kind],
        isAble: resources.tenants.length > 0,
        ...byTenant(resources.method(of), resources.tenants, unknownTokens),
      };
    });
    const parts = byKind([
      { kinds: [ENTRA_SECRET], ...byTenant(graph.method, graph.tenants, unknownTokens) },
      {
        kinds: [DEVOPS_TOKEN],
        isAble: devOps.tenants.length > 0,
        ...byTenant(devOps.method, devOps.tenants, unknownTokens),
      },
      ...resourceParts,
    ]);
    return {
      ...parts,
      revoke: async (token, step) =>
        isSame(token, clientSecret) ? OWN_CREDENTIAL : parts.revoke(token, step),
      check: (signal) =>
        Promise.all([
          checkOf('Microsoft Graph', () => graph.listApplications({ $top: 1 }, signal), {
            refused: 'Entra refused the client id or the client secret, or the tenant is another one.',
            forbidden:
              'The application needs the Graph permission Application.ReadWrite.All, with the consent of an administrator.',
          }),
          ...resources.tenants.map((tenant) =>
            checkOf(tenant.upstream.base, () => resources.listResources(tenant, { $top: 1 }, signal), {
              refused: 'Entra refused the client id or the client secret, or the tenant is another one.',
              forbidden:
                'The application needs the right to read resources, and to list and regenerate their keys.',
            }),
          ),
        ]),
    };
  },
};

const OWN_CREDENTIAL = ownCredential('client secret', 'remove');
