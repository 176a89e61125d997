/**
 * Shopify access tokens of apps, in the operator's own shops.
 *
 * Docs: https://shopify.dev/docs/apps/build/authentication-authorization/app-installation/uninstall-app-api-request and,
 * for the answers, https://shopify.dev/docs/api/usage/response-codes; checked 2026-11-28.
 *
 * - The one call that ends a token uninstalls its app from the shop, with its webhooks and data, and cannot be
 *   undone. So it waits for approval.
 * - A token does not name its shop, so the configured shops are asked. Each refuses a foreign token like a dead one.
 * - Tokens of public apps end within an hour, and from 2027 on all of them do. Their refresh token ends with the app alone
 *   (https://shopify.dev/changelog/offline-access-tokens-now-support-expiry-and-refresh, checked 2026-11-29).
 * - Whether the call works for old private apps (shppa_) is not documented; where it does not, a person has to act.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type ShopifyConfig } from './config.ts';
import { FOUND, shopAccount } from './shop.ts';

export type { ShopifyConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_shopify_access_token',
    'gitleaks_rule_id_shopify_custom_app_access_token',
    'gitleaks_rule_id_shopify_private_app_access_token',
  ],
  pattern: /(?<![\w-])shp(?:at|ca|pa)_[0-9a-fA-F]{32}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'wider',
  warning:
    'The app of the token is uninstalled from the shop, with its webhooks and data; this cannot be undone.',
  possession: 'by-value',
  places: { open: 'Any shop of Shopify may have issued the token.' },
  whole: 'exact',
  undo: 'no',
};

export const shopify: ProviderDefinition<ShopifyConfig> = {
  id: 'shopify',
  title: 'Shopify',
  docs: 'https://shopify.dev/docs/apps/build/authentication-authorization/app-installation/uninstall-app-api-request',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the shop that knew the token refuses it',
  effect: 'uninstalls the app from the shop; waits for approval',
  needs: 'the hosts of your shops',
  types: KIND.types,
  config,
  create: ({ shops }, tools) => ({
    kinds: shops.length > 0 ? [KIND] : [],
    ...byAccounts(
      shops.map((shop) => shopAccount(shop, tools)),
      {
        found: FOUND,
        unknown:
          'No configured shop takes this token: find its shop, uninstall the app there, or add the shop to providers.shopify.shops and retry.',
        log: tools.log,
      },
    ),
  }),
};
