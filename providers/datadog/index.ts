/**
 * Datadog API keys, in any number of organisations.
 *
 * Docs: https://docs.datadoghq.com/api/latest/key-management/, checked 2026-11-21.
 *
 * - The list shows the last four characters; a single key is shown with its value, and only that value identifies
 *   it. The older call that deletes by value (v1) takes the key in the URL and is closed on government sites.
 * - Sites know nothing of each other's keys: at a wrong one a living key is as invalid as a deleted one.
 * - API keys are hex without a prefix: the reported type decides.
 */
import { z } from 'zod';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { keeperOf } from './organization.ts';

const SITES = [
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

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organisations.'),
        site: z.enum(SITES).default('datadoghq.com').describe('The Datadog site of the organisation.'),
        apiKey: secretText().describe('An API key of the organisation.'),
        applicationKey: secretText().describe(
          'An application key with the scopes `api_keys_read` and `api_keys_delete`.',
        ),
      }),
    )
    .default([])
    .describe('Organisations whose API keys may leak; asked in this order.'),
});

export type DatadogConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_datadogapikey'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])/,
  effect: 'token',
};

export const datadog: ProviderDefinition<DatadogConfig> = {
  id: 'datadog',
  title: 'Datadog',
  docs: 'https://docs.datadoghq.com/api/latest/key-management/',
  stability: 'stable',
  exactness: 'by value, which Datadog shows to the operator',
  proof: 'the key is refused by the site that knew it',
  effect: 'the token only',
  needs: 'an API key and an application key of each organisation',
  types: KIND.types,
  config: configSchema,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byRecords(
      organizations.map((organization) => keeperOf(organization, tools)),
      {
        unknown:
          'No configured Datadog organisation has this key: add its organisation to providers.datadog.organizations and retry, or dismiss it if the key is gone.',
        rights: 'The application key must have the scopes api_keys_read and api_keys_delete.',
      },
      tools.log,
    ),
  }),
};
