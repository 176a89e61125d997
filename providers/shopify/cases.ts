import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { ShopifyConfig } from './config.ts';
import { shopify } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['shpat', '0a1b2c3d'.repeat(4)].join('_');
export const SHOP = 'acme.myshopify.com';

const call = (
  shop: string,
  method: 'GET' | 'DELETE',
  path: string,
  status: number,
  json?: unknown,
): Exchange => ({
  expect: { method, path: `/${shop}/admin${path}`, headers: { 'x-shopify-access-token': TOKEN } },
  answer: { status, ...(json !== undefined && { json }) },
});
const INVALID = { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' };
export const probed = (status: number, json: unknown, shop = SHOP) =>
  call(shop, 'GET', '/oauth/access_scopes.json', status, json);
export const alive = (shop = SHOP) => probed(200, { access_scopes: [{ handle: 'read_products' }] }, shop);
export const dead = (shop = SHOP) => probed(401, INVALID, shop);
export const uninstall = (status: number, json?: unknown) =>
  call(SHOP, 'DELETE', '/api_permissions/current.json', status, json);
export const uninstalled = uninstall(401, INVALID);
const unknown = { exchanges: [dead()], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<ShopifyConfig>[] = [
  {
    definition: shopify,
    config: () => ({ shops: [SHOP] }),
    token: TOKEN,
    kind: 'access-token',
    type: 'gitleaks_rule_id_shopify_access_token',
    scripts: {
      revoked: { exchanges: [alive(), alive(), uninstall(200), dead()] },
      // A dead token is as unknown as one of another shop.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: {
        exchanges: [alive(), alive(), uninstall(403, { errors: 'This action requires merchant approval.' })],
      },
      // It never happens so: the shop is on file before the app is uninstalled.
      secondCall: unknown,
    },
    passing: [
      {
        name: 'a frozen shop',
        source: 'https://shopify.dev/docs/api/usage/response-codes',
        answer: { status: 402, json: { errors: 'Unavailable Shop' } },
      },
      {
        name: 'a locked shop',
        source: 'https://shopify.dev/docs/api/usage/response-codes',
        answer: { status: 423, json: { errors: 'Locked' } },
      },
    ],
  },
];
