/**
 * EasyPost API keys, of production (`EZAK`) and test (`EZTK`).
 *
 * Docs: https://docs.easypost.com/docs/api-keys, checked 2026-11-21.
 *
 * - Keys can be managed through the API for child and referral users only. So a key of a child user is disabled with
 *   the configured production key of its parent, and by itself where none is configured; the keys of the account
 *   itself go to a person as soon as EasyPost says no.
 * - The list of keys shows each with its text, so a key is found by its value. It is one answer, without pages, and has
 *   the keys of all children, too.
 * - Only a production key may ask for the list.
 * - Disabling can be undone, deleting cannot, so a key is disabled.
 * - `APIKEY.INACTIVE` is told to any text that is no key, too (https://github.com/EasyPost/easypost-python/issues/99), so it
 *   is the end only of a key that was seen to work. Which code a key gets that was deleted is not documented.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { HOST } from './keys.ts';
import { lookAtItself, revokeItself } from './own-key.ts';
import { parentAccount } from './parent.ts';

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the accounts.'),
        key: secretText().describe('Production API key of the parent account.'),
      }),
    )
    .default([])
    .describe('Accounts whose child users may leak keys; without any, a key is asked to disable itself.'),
});
export type EasypostConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-key',
  types: [
    'gitleaks_rule_id_easypost-api-token',
    'gitleaks_rule_id_easypost-test-api-token',
    'gitleaks_rule_id_easypost_api_token',
    'gitleaks_rule_id_easypost_test_api_token',
  ],
  pattern: /(?<![\w-])EZ[AT]K[A-Za-z0-9]{54}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'EasyPost refuses some keys that work, such as test keys, without saying which.' },
  whole: 'exact',
  undo: 'yes',
};

const ADVICE = {
  unknown:
    'No configured EasyPost account has this key: find out which parent account it is of, add that to providers.easypost.accounts and retry.',
  rights: 'The key must be an active production key of the parent account.',
};

export const easypost: ProviderDefinition<EasypostConfig> = {
  id: 'easypost',
  title: 'EasyPost',
  docs: 'https://docs.easypost.com/docs/api-keys',
  stability: 'beta',
  exactness: 'by value, in the list of keys',
  proof: 'the API calls a key inactive that it let in before, or the list of the parent account does',
  effect: 'the key only, and it can be enabled again',
  needs:
    'the production key of the parent account, or nothing; keys of the parent account itself go to a person',
  types: KIND.types,
  config,
  create({ accounts }, tools) {
    const upstream = tools.upstream(HOST);
    const byParent = byAccounts(
      accounts.map(({ name, key }) => parentAccount(name, key, upstream, tools)),
      { ...ADVICE, found: z.string(), log: tools.log },
    );
    if (accounts.length > 0) return { kinds: [KIND], ...byParent };
    return {
      kinds: [KIND],
      revoke: (token, step) => revokeItself(upstream, token, step),
      verify: (token, { signal }) => lookAtItself(upstream, token, signal),
    };
  },
};
