/**
 * Discord webhooks, leaked as their URL.
 *
 * Docs: https://discord.com/developers/docs/resources/webhook#delete-webhook-with-token, checked 2026-11-21.
 *
 * - The URL is the whole credential, and there is no way to change it: the webhook has to be deleted.
 * - The URL is made anew from its id and token; the leaked one is never fetched as it stands.
 * - A webhook's token has 68 characters. The id beside it is public: what Discord says of the id alone is said of none.
 * - 10 000 answers of 401, 403 and 429 within 10 minutes shut out the address that caused them.
 */
import { z } from 'zod';
import { selfService } from '../../src/provider/kit/self-service.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretPath } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});
export type DiscordWebhookConfig = z.output<typeof config>;

const HOST = 'https://discord.com';

const KIND: TokenKind = {
  id: 'webhook-url',
  types: ['gitleaks_rule_id_discord_webhook'],
  pattern:
    /https:\/\/(?:ptb\.|canary\.)?discord(?:app)?\.com\/api(?:\/v\d{1,2})?\/webhooks\/\d{17,20}\/[\w-]{68}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'exact',
  undo: 'no',
  // Whichever of its hosts and versions stands there, it is the same webhook.
  canonical: (url) => `${HOST}/api/webhooks/${partsOf(url).join('/')}`,
  inRequests: (url) => partsOf(url).join('/'),
};

/** Its id and its token, whatever else the URL says. */
function partsOf(url: string): readonly [id: string, token: string] {
  const [token = '', id = ''] = url.split('/').reverse();
  return [id, token];
}

function webhookPath(url: Secret): Secret {
  const [id, token] = partsOf(url.reveal());
  return secretPath`/api/v10/webhooks/${id}/${new Secret(token)}`;
}

export const discordWebhook: ProviderDefinition<DiscordWebhookConfig> = {
  id: 'discord-webhook',
  title: 'Discord webhooks',
  docs: 'https://discord.com/developers/docs/resources/webhook#delete-webhook-with-token',
  stability: 'stable',
  exactness: 'by value',
  proof: 'Discord no longer knows the webhook',
  effect: 'the webhook, which is its URL',
  needs: 'nothing',
  types: KIND.types,
  unpublished: KIND.types,
  config,
  // A step causes at most two answers that count.
  rate: { steps: 4000, perMs: 10 * 60 * 1000 },
  create: (_config, tools) => ({
    kinds: [KIND],
    ...selfService({
      upstream: tools.upstream(HOST),
      place: HOST,
      revoke: (url) => ({ method: 'DELETE', path: webhookPath(url) }),
      probe: (url) => ({ method: 'GET', path: webhookPath(url) }),
      revoked: [{ status: 204 }],
      // Unknown webhook; invalid webhook token. Both answers concern the id: neither shows that this token ever worked.
      refused: [
        { status: 404, body: z.object({ code: z.literal(10015) }) },
        { status: 401, body: z.object({ code: z.literal(50027) }) },
      ],
      alive: [{ status: 200, body: z.object({ id: z.string() }) }],
    }),
  }),
};
