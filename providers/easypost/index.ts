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
 * - Which code a key gets that was deleted is not documented. Only `APIKEY.INACTIVE`, which a disabled key gets, counts
 *   as dead.
 */
import { z } from 'zod';
import { byRecords, type Keeper } from '../../src/provider/kit/operator-records.ts';
import { alreadyInactive, credentialFailure, refused, revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { ACCOUNT, call, disable, isActive, keysOf, NOT_PERMITTED } from './keys.ts';
import { lookAtItself, revokeItself } from './own-key.ts';

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
};

const ADVICE = {
  unknown:
    'No configured EasyPost account has this key: add its parent account to providers.easypost.accounts and retry, or dismiss it if the key is gone.',
  rights: 'The key must be an active production key of the parent account.',
};

export const easypost: ProviderDefinition<EasypostConfig> = {
  id: 'easypost',
  title: 'EasyPost',
  docs: 'https://docs.easypost.com/docs/api-keys',
  stability: 'beta',
  exactness: 'by value, in the list of keys',
  proof: 'the API, or the list of the parent account, calls the key inactive',
  effect: 'the key only, and it can be enabled again',
  needs:
    'the production key of the parent account, or nothing; keys of the parent account itself go to a person',
  types: KIND.types,
  config,
  create({ accounts }, tools) {
    const upstream = tools.upstream('https://api.easypost.com');
    const byParent = byRecords(
      accounts.map(({ name, key }) => keeperOf(name, key, upstream)),
      ADVICE,
      tools.log,
    );
    if (accounts.length > 0) return { kinds: [KIND], ...byParent };
    return {
      kinds: [KIND],
      revoke: (token, step) => revokeItself(upstream, token, step),
      verify: (token, { signal }) => lookAtItself(upstream, token, signal),
    };
  },
};

function keeperOf(name: string, own: Secret, upstream: Upstream): Keeper {
  const listKeys = async (signal: AbortSignal) => {
    const list = await call(upstream, 'GET', '/v2/api_keys', own, signal);
    if (list.state !== 'done') throw credentialFailure(upstream, list.answer);
    return keysOf(list.answer.json(ACCOUNT));
  };
  return {
    name,
    own,
    async find(token, { signal }) {
      const found = (await listKeys(signal)).find(({ key }) => key === token.reveal());
      return found?.active === false ? alreadyInactive({ account: name, keyId: found.id }) : found?.id;
    },
    async remove(id, token, signal) {
      // Disabling what is disabled already is not documented.
      if (!(await listKeys(signal)).some((key) => isActive(key, token)))
        return revoked({ account: name, keyId: id });
      const disabled = await disable(upstream, id, own, signal);
      if (disabled.state === 'done') return revoked({ account: name, keyId: id });
      return refused('not-permitted', NOT_PERMITTED, { account: name, keyId: id });
    },
    async look(_id, token, signal) {
      return (await listKeys(signal)).some((key) => isActive(key, token)) ? 'alive' : 'dead';
    },
    async probe(signal) {
      await listKeys(signal);
    },
  };
}
