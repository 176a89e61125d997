import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DiscordWebhookConfig, discordWebhook } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
const ID = '123456789012345678';
const TOKEN = 'k3Y9-_k3Y9k3Y9'.repeat(5).slice(0, 68);
export const URL_ON_CANARY = ['https://canary.', 'discord.com/api/web', `hooks/${ID}/${TOKEN}`].join('');
const URL_AS_NAMED = ['https://discord', '.com/api/web', `hooks/${ID}/${TOKEN}`].join('');
const URL_OF_OLD = ['https://discord', 'app.com/api/v8/web', `hooks/${ID}/${TOKEN}`].join('');

const UNKNOWN = { message: 'Unknown Webhook', code: 10015 };
const INVALID = { message: 'Invalid Webhook Token', code: 50027 };

export const call = (method: 'GET' | 'DELETE', status: number, json?: unknown): Exchange => ({
  expect: {
    method,
    path: `/discord.com/api/v10/webhooks/${ID}/${TOKEN}`,
    headers: { authorization: undefined },
  },
  answer: { status, ...(json !== undefined && { json }) },
});

const webhook: ProviderSpec<DiscordWebhookConfig> = {
  definition: discordWebhook,
  config: () => ({}),
  token: URL_AS_NAMED,
  reported: URL_ON_CANARY,
  kind: 'webhook-url',
  type: 'gitleaks_rule_id_discord_webhook',
  tokenInUrl: 'A webhook is called by its URL and nothing else.',
  scripts: {
    revoked: { exchanges: [call('DELETE', 204), call('GET', 404, UNKNOWN)] },
    alreadyDead: { exchanges: [call('DELETE', 404, UNKNOWN)] },
    unknownToken: {
      notApplicable: 'Discord says the same of a webhook that is gone and of one that never was.',
    },
    credentialRefused: { notApplicable: 'The leaked URL is the only credential.' },
    forbidden: { notApplicable: 'The leaked URL is the only credential.' },
    secondCall: { exchanges: [call('DELETE', 404, UNKNOWN)] },
  },
};

export const cases: readonly ProviderSpec<DiscordWebhookConfig>[] = [
  webhook,
  {
    ...webhook,
    reported: URL_OF_OLD,
    scripts: { ...webhook.scripts, alreadyDead: { exchanges: [call('DELETE', 401, INVALID)] } },
  },
];
