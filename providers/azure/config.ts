/** The provider's own keys, and the hosts of each cloud. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

const guid = z.guid('expected a GUID');

export const configSchema = z.strictObject({
  cloud: z
    .enum(['public', 'us-government', 'us-dod', 'china'])
    .default('public')
    .describe('The cloud that the tenant is in.'),
  tenantId: guid.optional().describe('The Entra tenant.'),
  clientId: guid.optional().describe('The application, or the managed identity, that Quash signs in as.'),
  clientSecret: secretText()
    .optional()
    .describe('Its client secret; removing others needs the Graph permission Application.ReadWrite.All.'),
  certificate: secretText({ severalLines: true })
    .optional()
    .describe(
      'In place of the client secret: a certificate of the application and its RSA key, both in PEM.',
    ),
  workloadIdentity: z
    .boolean()
    .default(false)
    .describe(
      'In place of both: the federated token of the Pod (`AZURE_FEDERATED_TOKEN_FILE`, with `AZURE_TENANT_ID` and `AZURE_CLIENT_ID` as defaults), else the managed identity of the machine.',
    ),
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
});

export type AzureConfig = z.output<typeof configSchema>;

export interface Cloud {
  readonly login: string;
  readonly graph: string;
  readonly management: string;
}

/** https://learn.microsoft.com/en-us/graph/deployments, https://learn.microsoft.com/en-us/azure/azure-government/compare-azure-government-global-azure */
export const CLOUDS: Readonly<Record<AzureConfig['cloud'], Cloud>> = {
  public: {
    login: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    management: 'https://management.azure.com',
  },
  'us-government': {
    login: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    management: 'https://management.usgovcloudapi.net',
  },
  'us-dod': {
    login: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    management: 'https://management.usgovcloudapi.net',
  },
  china: {
    login: 'https://login.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    management: 'https://management.chinacloudapi.cn',
  },
};
