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
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { API_KEY, apiKeyAccount } from './api-keys.ts';
import { config, type MailgunConfig } from './config.ts';
import { SIGNING_KEY, signingAccount } from './signing-keys.ts';

export const mailgun: ProviderDefinition<MailgunConfig> = {
  id: 'mailgun',
  title: 'Mailgun',
  docs: 'https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys',
  stability: 'beta',
  exactness: 'the id that the key ends in, once the whole key was let in; signing keys by value',
  proof:
    'the account no longer lists the key, and Mailgun does not let it in; or it shows another signing key',
  effect: 'the token only; a regenerated signing key hits all receivers of webhooks and waits for approval',
  needs: 'an API key with the role admin of each account',
  types: [...API_KEY.types, ...SIGNING_KEY.types],
  config,
  create({ accounts }, tools) {
    const rights = 'The API key must have the role admin.';
    const { log } = tools;
    const isAble = accounts.length > 0;
    const apiKeys = byAccounts(
      accounts.map((account) => apiKeyAccount(account, tools)),
      { found: z.string(), unknown: UNKNOWN_KEY, rights, log },
    );
    const { check: _, ...signingKeys } = byAccounts(
      accounts.map((account) => signingAccount(account, tools)),
      { found: z.string(), unknown: UNKNOWN_SIGNING_KEY, log },
    );
    return byKind([
      { kinds: [API_KEY], isAble, ...apiKeys },
      { kinds: [SIGNING_KEY], isAble, ...signingKeys },
    ]);
  },
};

const UNKNOWN_KEY =
  'No configured Mailgun account lists this key: if it begins with key-, reset it in the control panel; else add its account to providers.mailgun.accounts and retry.';
const UNKNOWN_SIGNING_KEY =
  'No configured Mailgun account has this webhook signing key: add its account to providers.mailgun.accounts and retry.';
