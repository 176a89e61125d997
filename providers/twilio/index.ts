/**
 * Twilio API keys, in any number of accounts and subaccounts.
 *
 * Docs: https://www.twilio.com/docs/iam/api-keys/key-resource-v1, checked 2026-11-21.
 *
 * - What is reported is the SID (SK…). It names the key exactly, but it is public: each access token that a web page
 *   gets holds it. So a key is deleted at once only when a secret beside the leak signs in together with the SID;
 *   otherwise a person decides.
 * - That is asked of the Verify API, whose list of services every standard key may read (as TruffleHog does). A restricted one
 *   is told that it may not, unlike a wrong one; those of other regions than US1 are not shown so.
 * - With a key end the access tokens that its secret signed, those of web pages among them.
 * - Keys cannot manage keys, but for Main keys: an operator's Auth Token or Main key does it, per (sub)account.
 * - A deleted key is as unknown as one of another account.
 * - Keys belong to a region; another region than US1 has another host.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { accountOf, FOUND } from './account.ts';
import { config, type TwilioConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_twilio_api_key'],
  pattern: /(?<![\w-])SK[0-9a-fA-F]{32}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Any account of Twilio may have this key, and each knows only its own.' },
  whole: 'exact',
  undo: 'no',
};

export const twilio: ProviderDefinition<TwilioConfig> = {
  id: 'twilio',
  title: 'Twilio',
  docs: 'https://www.twilio.com/docs/iam/api-keys/key-resource-v1',
  stability: 'stable',
  exactness: 'the SID that leaked, once a secret beside it signs in together with it',
  proof: 'the account no longer knows the SID',
  effect: 'the key, and the access tokens that were signed with its secret',
  needs:
    'the Auth Token or a Main API key of each account, and read access to the repository for the secret beside the SID',
  types: KIND.types,
  config,
  create: ({ accounts }, tools) => ({
    kinds: accounts.length > 0 ? [KIND] : [],
    ...byAccounts(
      accounts.map((account) => accountOf(account, tools)),
      {
        found: FOUND,
        unknown:
          'No configured Twilio account knows this SID: add its account to providers.twilio.accounts and retry.',
        rights: 'Twilio refused the credential: it must be an Auth Token or a Main API key of the account.',
        log: tools.log,
      },
    ),
  }),
};
