/**
 * Personal access tokens of Bitbucket, Jira and Confluence Data Center.
 *
 * Docs: https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html and
 * https://confluence.atlassian.com/display/BitbucketServerKB/How+to+renew+personal+access+tokens+via+REST+API%27s+in+Bitbucket+Server,
 * checked 2026-11-28.
 *
 * - A token is the base64 of an id, a colon and a secret. In Bitbucket the id is that of the token's record; in Jira and
 *   Confluence it may be another one, so there the token's own list has to have it, or one record alone.
 * - Bitbucket names the user of a request in the header `X-AUSERNAME`, and an administrator deletes tokens of others. Jira
 *   and Confluence delete tokens for their user: the token is used for that.
 * - How soon a token that was deleted is refused is not documented: a single record may be of another one meanwhile.
 * - Their REST layer speaks XML and JSON
 *   (https://developer.atlassian.com/docs/atlassian-platform-common-components/rest-api-development/rest-plugin-module), and
 *   refuses in XML whoever does not ask for JSON, as seen with curl: `<status><status-code>401</status-code><message>Client
 *   must be authenticated to access this resource.</message></status>` (API.md of the plugin nl.topicus.bitbucket).
 * - What becomes of the tokens of a user who is deactivated is not documented; in Atlassian's cloud they are kept, and
 *   refused until he is back (https://jira.atlassian.com/browse/AX-684, 2026-11-29). No documented call shows an
 *   administrator those of Jira and Confluence, so what worked there and is refused goes to a person.
 * - An instance behind a proxy that signs everybody in takes any text for a token, and whoever has a token may write another id
 *   into it. So the same secret has to be refused with an id that nobody has, before what has its id, or is alone, is ended.
 * - That a token may read and delete tokens is documented by examples with passwords alone, so the provider has to be
 *   turned on.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { bitbucketAccount, RECORD } from './bitbucket.ts';
import { productAccount } from './products.ts';

const SHARED = {
  effect: 'token',
  places: { open: 'Every instance issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
} as const;

const BITBUCKET: TokenKind = {
  id: 'bitbucket-token',
  types: ['gitleaks_rule_id_bitbucket-data-center-token'],
  pattern: /(?<![\w+/-])BBDC-[MNO][A-Za-z0-9+/]{43}(?![\w+/=-])/,
  possession: 'signs-in',
  ...SHARED,
};
const PRODUCT: TokenKind = {
  id: 'token',
  types: ['gitleaks_rule_id_atlassian_data_center_token'],
  // It begins with a digit, in base64.
  pattern: /(?<![\w+/-])[MNO][A-Za-z0-9+/]{43}(?![\w+/=-])/,
  ownTypesOnly: true,
  possession: 'one-fits',
  ...SHARED,
};

const config = z.strictObject({
  bitbucket: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of a Bitbucket instance.'),
        adminToken: secretText().describe('An access token of an administrator.'),
      }),
    )
    .default([])
    .describe('Bitbucket instances that may have issued a token; asked in this order.'),
  products: z
    .array(z.strictObject({ url: baseUrl().describe('Base URL of a Jira or Confluence instance.') }))
    .default([])
    .describe('Jira and Confluence instances that may have issued a token; asked in this order.'),
});

export type AtlassianDataCenterConfig = z.output<typeof config>;

const UNKNOWN =
  'No configured instance lets this token in: if it is of another one, add that to providers.atlassian-data-center and retry.';

export const atlassianDataCenter: ProviderDefinition<AtlassianDataCenterConfig> = {
  id: 'atlassian-data-center',
  title: 'Atlassian Data Center',
  docs: 'https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html',
  checked: '2026-11-28',
  stability: 'experimental',
  exactness:
    'the token signs in, and its user has a record with the id inside it, or for ten minutes one alone',
  proof: 'the instance that let the token in no longer does',
  effect: 'the token only',
  needs: 'the URL of each instance; of Bitbucket, an access token of an administrator',
  types: [...BITBUCKET.types, ...PRODUCT.types],
  unpublished: PRODUCT.types,
  config,
  create({ bitbucket, products }, tools) {
    const shared = { unknown: UNKNOWN, copies: true, log: tools.log };
    const { check: _, ...ofProducts } = byAccounts(
      products.map(({ url }) => productAccount(tools.upstream(url), tools)),
      { found: z.string(), ...shared },
    );
    return byKind([
      {
        kinds: [BITBUCKET],
        isAble: bitbucket.length > 0,
        ...byAccounts(
          bitbucket.map(({ url, adminToken }) => bitbucketAccount(tools.upstream(url), adminToken)),
          { found: RECORD, rights: 'It must be of a system administrator.', ...shared },
        ),
      },
      { kinds: [PRODUCT], isAble: products.length > 0, ...ofProducts },
    ]);
  },
};
