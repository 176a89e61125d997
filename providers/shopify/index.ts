/**
 * Shopify access tokens of apps, in the operator's own shops.
 *
 * Docs: https://shopify.dev/docs/apps/build/authentication-authorization/app-installation/uninstall-app-api-request,
 * checked 2026-11-21.
 *
 * - The one call that ends a token uninstalls its app from the shop, with its webhooks and data, and cannot be
 *   undone. So it waits for approval.
 * - A token does not name its shop, so the configured shops are asked. Each refuses a foreign token like a dead one.
 * - Whether the call works for old private apps (shppa_) is not documented; where it does not, a person has to act.
 */
import { z } from 'zod';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { byRecords, type Keeper } from '../../src/provider/kit/operator-records.ts';
import { refused, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';

const configSchema = z.strictObject({
  shops: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,99}\.myshopify\.com$/, 'expected a host such as acme.myshopify.com'),
    )
    .default([])
    .describe(
      'Hosts of the shops whose access tokens may leak, e.g. acme.myshopify.com; asked in this order.',
    ),
});

export type ShopifyConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_shopify_access_token',
    'gitleaks_rule_id_shopify_custom_app_access_token',
    'gitleaks_rule_id_shopify_private_app_access_token',
  ],
  pattern: /(?<![\w-])shp(?:at|ca|pa)_[0-9a-fA-F]{32}(?![\w-])/,
  effect: 'wider',
  warning:
    'The app of the token is uninstalled from the shop, with its webhooks and data; this cannot be undone.',
};

export const shopify: ProviderDefinition<ShopifyConfig> = {
  id: 'shopify',
  title: 'Shopify',
  docs: 'https://shopify.dev/docs/apps/build/authentication-authorization/app-installation/uninstall-app-api-request',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the shop that knew the token refuses it',
  effect: 'uninstalls the app from the shop; waits for approval',
  needs: 'the hosts of your shops',
  types: KIND.types,
  config: configSchema,
  create: ({ shops }, tools) => ({
    kinds: shops.length > 0 ? [KIND] : [],
    ...byRecords(
      shops.map((shop) => keeperOf(shop, tools)),
      {
        unknown:
          'No configured shop takes this token: add its shop to providers.shopify.shops and retry, or dismiss it if the token is gone.',
      },
      tools.log,
    ),
  }),
};

const ERRORS = z.object({ errors: z.union([z.string(), z.looseObject({})]) });
const REFUSED = [{ status: 401, body: ERRORS }];
const SCOPES = z.object({ access_scopes: z.array(z.object({ handle: z.string() })) });

const NOT_UNINSTALLED =
  'Shopify did not let the token uninstall its app: uninstall the app, or rotate its credentials, in the admin of the shop.';

function keeperOf(shop: string, tools: Tools): Keeper {
  const upstream = tools.upstream(`https://${shop}`);
  const send = (method: 'GET' | 'DELETE', path: string, token: Secret, signal: AbortSignal) => {
    const statuses = method === 'GET' ? [200, 401] : [200, 401, 403, 404, 422];
    return upstream.request({ method, path, headers: { 'x-shopify-access-token': token }, statuses, signal });
  };
  /** This needs no scope. */
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const answer = await send('GET', '/admin/oauth/access_scopes.json', token, signal);
    if (shows(answer, REFUSED)) return false;
    answer.json(SCOPES);
    if (answer.status !== 200) throw unexpected(upstream, answer);
    return true;
  };
  return {
    name: shop,
    find: async (token, { signal }) => ((await works(token, signal)) ? 'app' : undefined),
    async remove(_id, token, signal) {
      const answer = await send('DELETE', '/admin/api_permissions/current.json', token, signal);
      if (shows(answer, REFUSED)) return revoked({ shop });
      // What a success comes with is not documented; a page of somebody else's it is not.
      if (answer.status === 200 && isEmptyOrJson(answer)) {
        return revoked({ shop });
      }
      if (answer.status !== 200 && answer.maybeJson(ERRORS)) {
        return refused('not-permitted', NOT_UNINSTALLED, { shop });
      }
      throw unexpected(upstream, answer);
    },
    look: async (_id, token, signal) => ((await works(token, signal)) ? 'alive' : 'dead'),
  };
}
