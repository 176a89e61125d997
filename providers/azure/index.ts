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
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import { refused } from '../../src/provider/kit.ts';
import {
  ConfigFault,
  type ProviderDefinition,
  type Step,
  type TokenKind,
} from '../../src/provider/provider.ts';
import { byTenant, checkOf, unknownTokensKey } from '../../src/provider/tenants.ts';
import { createDevOpsTokens } from './devops-tokens.ts';
import { createDirectory } from './directory.ts';
import { createEntraSecrets } from './entra-secrets.ts';
import { createResourceKeys } from './resource-keys.ts';
import { API_MANAGEMENT_KINDS, FUNCTIONS_KINDS, LOGIC_APP_KINDS, RESOURCE_KINDS } from './resource-kinds.ts';

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

const ENTRA_SECRET: TokenKind = {
  id: 'entra-client-secret',
  types: ['gitleaks_rule_id_azureentraclientsecret', 'gitleaks_rule_id_azure-ad-client-secret'],
  pattern: /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/,
  effect: 'token',
};
const DEVOPS_TOKEN: TokenKind = {
  id: 'devops-token',
  types: ['gitleaks_rule_id_azurepersonalaccesstoken'],
  pattern: /(?<![A-Za-z0-9])(?:[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[a-z2-7]{52})(?![A-Za-z0-9])/,
  effect: 'token',
};
const RESOURCE_KEY: TokenKind = {
  id: 'resource-key',
  types: [
    'gitleaks_rule_id_azurecosmosdbcredentials',
    'gitleaks_rule_id_azureappconfigconnectionstring',
    'gitleaks_rule_id_azurecommservicesconnectionstring',
    'gitleaks_rule_id_azureeventgridaccesskey',
    'gitleaks_rule_id_azureopenaiapikey',
    'gitleaks_rule_id_azuresignalraccesskey',
    'gitleaks_rule_id_azure-app-configuration-connection-string',
    'gitleaks_rule_id_azure-storage-account-key',
    'gitleaks_rule_id_azure_batch_key',
    'gitleaks_rule_id_azure_maps_key',
    'gitleaks_rule_id_azure_search_key',
  ],
  pattern:
    /(?<![\w+/-])(?:[A-Za-z0-9+/]{86}==|[A-Za-z0-9]{84}|[A-Za-z0-9]{52}|[A-Za-z0-9+/]{43}=|[\w-]{43}|[0-9a-f]{32})(?![\w+/=-])/,
  effect: 'wider',
  warning: 'The key is regenerated, so every client that uses this key of the resource needs the new one.',
};

const FUNCTIONS_KEY: TokenKind = {
  id: 'functions-key',
  types: ['gitleaks_rule_id_azurefunctionsapikey'],
  pattern: /(?<![\w+/-])[\w+/-]{54}==(?![\w+/=-])/,
  effect: 'wider',
  warning: 'The key is renewed, so every client that uses this key of the function app needs the new one.',
};
const LOGIC_APP_SIGNATURE: TokenKind = {
  id: 'logic-app-signature',
  types: ['gitleaks_rule_id_azurelogicappsas'],
  pattern: /(?<![\w-])[\w-]{43}(?![\w-])/,
  effect: 'wider',
  warning:
    'The access key of the workflow is regenerated, so all callback URLs that were signed with it stop working.',
};
const API_MANAGEMENT_KEY: TokenKind = {
  id: 'api-management-key',
  types: ['gitleaks_rule_id_azureapimanagementgatewaykey', 'gitleaks_rule_id_azureapimanagementdirectkey'],
  pattern: /(?<![\w+/-])(?:[A-Za-z0-9+/]{86}==|[0-9a-f]{32})(?![\w+/=-])/,
  effect: 'wider',
  warning:
    'The key is regenerated, so every client or gateway that uses it needs the new one, and what it signed is invalid.',
};

const KEYS_OF_RESOURCES = [
  { kind: RESOURCE_KEY, of: RESOURCE_KINDS },
  { kind: FUNCTIONS_KEY, of: FUNCTIONS_KINDS },
  { kind: LOGIC_APP_SIGNATURE, of: LOGIC_APP_KINDS },
  { kind: API_MANAGEMENT_KEY, of: API_MANAGEMENT_KINDS },
] as const;

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
    const parts = [
      { kind: ENTRA_SECRET, ...byTenant(graph.method, graph.tenants, unknownTokens) },
      ...(devOps.tenants.length > 0
        ? [{ kind: DEVOPS_TOKEN, ...byTenant(devOps.method, devOps.tenants, unknownTokens) }]
        : []),
      ...(resources.tenants.length > 0
        ? KEYS_OF_RESOURCES.map(({ kind, of }) => ({
            kind,
            ...byTenant(resources.method(of), resources.tenants, unknownTokens),
          }))
        : []),
    ];
    const of = (step: Step) => {
      const part = parts.find(({ kind }) => kind.id === step.kind);
      if (!part) throw new Failure('internal');
      return part;
    };
    return {
      kinds: parts.map(({ kind }) => kind),
      revoke: async (token, step) =>
        token.reveal() === clientSecret.reveal() ? OWN_CREDENTIAL : of(step).revoke(token, step),
      verify: async (token, step) => of(step).verify(token, step),
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

const OWN_CREDENTIAL = refused(
  'own-credential',
  'The client secret of Quash itself has leaked: create a new one, configure it, and remove the leaked one at once.',
);
