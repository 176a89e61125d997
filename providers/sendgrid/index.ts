/**
 * Twilio SendGrid.
 *
 * Docs: https://www.twilio.com/docs/sendgrid/api-reference/api-keys/delete-api-keys,
 * https://support.sendgrid.com/hc/en-us/articles/18322114821403 (what the errors mean); checked 2026-11-21.
 *
 * Quirks:
 * - A key is `SG.<id>.<secret>`; the id is what the API calls `api_key_id`. That is common knowledge, not documented.
 * - A key works at one of two hosts, the global or the European one, and does not say at which. It is dead only when
 *   both refuse it.
 * - 401 has several meanings (no credits, no right); only its message tells that the key itself is refused.
 * - A key deletes itself if it has the right `api_keys.delete`; otherwise a key of the operator must. Its end takes
 *   effect with some delay.
 */
import { z } from 'zod';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  shows,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type {
  Provider,
  ProviderDefinition,
  RevokeResult,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { createHosts, NO_RIGHT, type Region, UNKNOWN_ID } from './hosts.ts';

const account = z.strictObject({
  apiKey: secretText().describe('API key with the right api_keys.delete.'),
  onBehalfOf: z
    .string()
    .min(1)
    .optional()
    .describe('Subuser whose keys it deletes, or `account-id` with an id.'),
  region: z.enum(['global', 'eu']).default('global').describe('Where the account is.'),
});

const config = z.strictObject({
  accounts: z
    .array(account)
    .default([])
    .describe('Your own accounts, for leaked keys that may not delete themselves.'),
});

export type SendgridConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_sendgrid_api_token', 'gitleaks_rule_id_sendgrid-api-token'],
  pattern: /(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])/,
  effect: 'token',
};

export const sendgrid: ProviderDefinition<SendgridConfig> = {
  id: 'sendgrid',
  title: 'Twilio SendGrid',
  docs: 'https://www.twilio.com/docs/sendgrid/api-reference/api-keys/delete-api-keys',
  stability: 'beta',
  exactness: 'the id inside the key, after SendGrid accepted the key',
  proof: 'both regions refuse the key',
  effect: 'the token only',
  needs: 'nothing for keys with the right api_keys.delete; such a key of your account for all others',
  types: KIND.types,
  config,
  create,
};

function create({ accounts }: SendgridConfig, tools: Tools): Provider {
  const hosts = createHosts(tools);

  const removeAsOperator = async (
    region: Region,
    keyId: string,
    signal: AbortSignal,
  ): Promise<RevokeResult> => {
    for (const own of accounts.filter((each) => each.region === region)) {
      const answer = await hosts.remove(region, keyId, own, signal);
      if (answer.status === 204) return revoked({ key: keyId });
      // Keys that delete themselves need no account, so the lane goes on.
      if (answer.status !== 404) throw credentialFailure(hosts.at[region], answer).ofEntry();
      if (!shows(answer, [UNKNOWN_ID])) throw unexpected(hosts.at[region], answer);
    }
    return refused(
      'not-permitted',
      'The key may not delete itself and is of no configured account: delete the key with this id in SendGrid, or configure its account and retry.',
      { key: keyId },
    );
  };

  return {
    kinds: [KIND],
    async revoke(token, { signal }) {
      const region = await hosts.locate(token, signal);
      if (!region) return alreadyInactive();
      const keyId = token.reveal().split('.')[1] ?? '';
      const answer = await hosts.remove(region, keyId, { apiKey: token }, signal);
      if (answer.status === 204) return revoked({ key: keyId });
      if (!shows(answer, NO_RIGHT)) throw unexpected(hosts.at[region], answer);
      return removeAsOperator(region, keyId, signal);
    },
    async verify(token, { signal }) {
      return (await hosts.locate(token, signal)) ? 'alive' : 'dead';
    },
    check: (signal) =>
      Promise.all(
        accounts.map(({ region, apiKey }, index) =>
          judgedCheck(`SendGrid account ${index + 1} (${region})`, async () => {
            const scopes = await hosts.scopesOf(region, apiKey, signal);
            if (scopes.includes('api_keys.delete')) return { ok: true };
            return { ok: false, advice: 'The API key lacks the right api_keys.delete.' };
          }),
        ),
      ),
  };
}
