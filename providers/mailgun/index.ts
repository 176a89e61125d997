/**
 * Mailgun API keys (./api-keys.ts) and webhook signing keys (./signing-keys.ts), in any number of accounts.
 *
 * Docs: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys and, for the signing key,
 * https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/account-management; checked 2026-11-21.
 *
 * - A deleted key is as unknown as one of another account; the US and the EU know nothing of each other.
 * - Not covered, for want of a call that shows it: the public validation key.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { API_KEY, apiKeyKeeper } from './api-keys.ts';
import { SIGNING_KEY, signingKeeper } from './signing-keys.ts';

const configSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the accounts.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the account is.'),
        apiKey: secretText().describe('An API key with the role `admin`.'),
      }),
    )
    .default([])
    .describe('Accounts whose API keys may leak; asked in this order.'),
});

export type MailgunConfig = z.output<typeof configSchema>;

export const mailgun: ProviderDefinition<MailgunConfig> = {
  id: 'mailgun',
  title: 'Mailgun',
  docs: 'https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys',
  stability: 'beta',
  exactness: 'by the id that the key ends in; signing keys by value',
  proof: 'the account no longer lists the key, or shows another signing key',
  effect: 'the token only; a regenerated signing key hits all receivers of webhooks and waits for approval',
  needs: 'an API key with the role admin of each account',
  types: [...API_KEY.types, ...SIGNING_KEY.types],
  config: configSchema,
  create({ accounts }, tools) {
    const rights = 'The API key must have the role admin.';
    const isAble = accounts.length > 0;
    const apiKeys = byRecords(
      accounts.map((account) => apiKeyKeeper(account, tools)),
      {
        unknown:
          'No configured Mailgun account lists this key: if it begins with key-, reset it in the control panel; else add its account to providers.mailgun.accounts and retry, or dismiss it if the key is gone.',
        rights,
      },
      tools.log,
    );
    const signingKeys = byRecords(
      accounts.map((account) => signingKeeper(account, tools)),
      {
        unknown:
          'No configured Mailgun account has this webhook signing key: add its account to providers.mailgun.accounts and retry, or dismiss it if the key was regenerated.',
        rights,
      },
      tools.log,
    );
    return byKind([
      { kinds: [API_KEY], isAble, ...apiKeys },
      { kinds: [SIGNING_KEY], isAble, ...signingKeys },
    ]);
  },
};
