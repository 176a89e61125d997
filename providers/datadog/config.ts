/** The provider's own keys, and the sites. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

/** All that there are (datadog-api-client-typescript, servers.ts). */
const NAMES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'uk1.datadoghq.com',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const;

export const SITES: readonly string[] = NAMES.map((name) => siteUrl(name));

export function siteUrl(name: string): string {
  return `https://api.${name}`;
}

export const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organizations.'),
        site: z.enum(NAMES).default('datadoghq.com').describe('The Datadog site of the organization.'),
        apiKey: secretText().describe('An API key of the organization.'),
        applicationKey: secretText().describe(
          'An application key with the scopes `api_keys_read` and `api_keys_delete`.',
        ),
        applicationKeys: z
          .boolean()
          .default(false)
          .describe(
            'Whether leaked application keys are revoked, too, which needs the scopes `org_app_keys_read` and `org_app_keys_write`.',
          ),
      }),
    )
    .default([])
    .describe('Organizations whose keys may leak; asked in this order.'),
});

export type DatadogConfig = z.output<typeof configSchema>;
export type Organization = DatadogConfig['organizations'][number];
