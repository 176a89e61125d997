/**
 * Twilio API keys, in any number of accounts and subaccounts.
 *
 * Docs: https://www.twilio.com/docs/iam/api-keys/key-resource-v1, checked 2026-11-21.
 *
 * - What is reported is the SID (SK…), which names the key exactly; its secret is not needed and never asked for.
 * - Keys cannot manage keys, but for Main keys: an operator's Auth Token or Main key does it, per (sub)account.
 * - A deleted key is as unknown as one of another account.
 * - Keys belong to a region; another region than US1 has another host.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { byRecords, type Keeper } from '../../src/provider/kit/operator-records.ts';
import { revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic, secretPath } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const configSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        sid: z
          .string()
          .regex(/^(?:AC|SK)[0-9a-f]{32}$/, 'expected AC… or SK… with 32 hex digits')
          .describe('SID of the account, or of a Main API key of it.'),
        secret: secretText().describe('The Auth Token of the account, or the secret of the Main API key.'),
        baseUrl: baseUrl()
          .default('https://iam.twilio.com')
          .describe('The IAM API; regions other than US1 have their own host.'),
      }),
    )
    .default([])
    .describe('Accounts and subaccounts whose API keys may leak; asked in this order.'),
});

export type TwilioConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_twilio_api_key'],
  pattern: /(?<![\w-])SK[0-9a-fA-F]{32}(?![\w-])/,
  effect: 'token',
};

export const twilio: ProviderDefinition<TwilioConfig> = {
  id: 'twilio',
  title: 'Twilio',
  docs: 'https://www.twilio.com/docs/iam/api-keys/key-resource-v1',
  stability: 'stable',
  exactness: 'by the SID, which is what leaked',
  proof: 'the account no longer knows the SID',
  effect: 'the token only',
  needs: 'the Auth Token or a Main API key of each account',
  types: KIND.types,
  config: configSchema,
  create: ({ accounts }, tools) => ({
    kinds: accounts.length > 0 ? [KIND] : [],
    ...byRecords(
      accounts.map((account) => keeperOf(account, tools)),
      {
        unknown:
          'No configured Twilio account knows this SID: add its account to providers.twilio.accounts and retry, or dismiss it if the key is gone.',
        rights: 'Twilio refused the credential: it must be an Auth Token or a Main API key of the account.',
      },
      tools.log,
    ),
  }),
};

const KEY = z.object({ sid: z.string() });
const NOT_FOUND = z.object({ code: z.literal(20404) });

function keeperOf({ sid, secret, baseUrl }: TwilioConfig['accounts'][number], tools: Tools): Keeper {
  const upstream = tools.upstream(baseUrl);
  const call = operatorCalls(upstream, { authorization: basic(sid, secret) });
  const isThere = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const path = secretPath`/v1/Keys/${token}`;
    const answer = await call({ method: 'GET', path, statuses: [200], notFound: NOT_FOUND, signal });
    if (answer.status === 404) return false;
    if (answer.json(KEY).sid !== token.reveal()) throw unexpected(upstream, answer);
    return true;
  };

  return {
    name: sid,
    own: new Secret(sid),
    // The SID is the reported token itself, so it is not put on file.
    find: async (token, { signal }) => ((await isThere(token, signal)) ? 'key' : undefined),
    async remove(_id, token, signal) {
      const path = secretPath`/v1/Keys/${token}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: NOT_FOUND, signal });
      return revoked({ account: sid });
    },
    look: async (_id, token, signal) => ((await isThere(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      const path = `/v1/Keys/SK${'0'.repeat(32)}`;
      await call({ method: 'GET', path, statuses: [200], notFound: NOT_FOUND, signal });
    },
  };
}
