/**
 * Datadog API keys, in any number of organisations.
 *
 * Docs: https://docs.datadoghq.com/api/latest/key-management/, checked 2026-11-21.
 *
 * - The list shows the last four characters; a single key is shown with its value, and only that value identifies
 *   it. The older call that deletes by value (v1) takes the key in the URL and is closed on government sites.
 * - Sites know nothing of each other's keys: at a wrong one a living key is as invalid as a deleted one. Any key may ask
 *   whether it is valid, so a key that no configured organisation has is asked at every site.
 * - API keys are hex without a prefix: the reported type decides.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, Refused, Step, TokenKind, Unknown } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { configSchema, type DatadogConfig, SITES } from './config.ts';
import { organizationAccount } from './organization.ts';
import { askEverywhere } from './sites.ts';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_datadogapikey'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { all: SITES },
  whole: 'exact',
  undo: 'no',
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
  create({ organizations }, tools) {
    const accounts = byAccounts(
      organizations.map((organization) => organizationAccount(organization, tools)),
      {
        found: z.string(),
        rights: 'The application key must have the scopes api_keys_read and api_keys_delete.',
        log: tools.log,
      },
    );
    const sites = SITES.map((site) => tools.upstream(site));
    const orElsewhere = async <Result extends { readonly outcome: string }>(
      result: Result,
      token: Secret,
      { signal }: Step,
    ): Promise<Result | Refused | Unknown> =>
      result.outcome === 'unknown' ? askEverywhere(sites, token, signal) : result;
    return {
      ...accounts,
      kinds: organizations.length > 0 ? [KIND] : [],
      revoke: async (token, step) => orElsewhere(await accounts.revoke(token, step), token, step),
      look: async (token, step) => orElsewhere(await accounts.look(token, step), token, step),
    };
  },
};
