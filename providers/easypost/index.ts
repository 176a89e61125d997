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
import { secretText } from '../../src/config/secret-text.ts';
import { alreadyInactive, credentialFailure, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper } from '../../src/provider/operator-records.ts';
import type {
  Liveness,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
} from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';

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
    'EasyPost does not let the key in, without saying that it is disabled: look for it in the dashboard, and disable it if it is there.',
  notPermitted: 'EasyPost does not let the key manage keys: disable it in the dashboard.',
  noAccount:
    'No configured EasyPost account has this key: add its parent account to providers.easypost.accounts and retry, or dismiss it if the key is gone.',
  rights: 'The key must be an active production key of the parent account.',
  notListed: 'The key works but is not in its own list: disable it in the dashboard.',
} as const;

const KEY = z.object({ id: z.string(), key: z.string(), active: z.boolean().optional() });
const ACCOUNT = z.object({
  keys: z.array(KEY),
  get children(): z.ZodOptional<z.ZodArray<typeof ACCOUNT>> {
    return z.array(ACCOUNT).optional();
  },
});
const ERROR = z.object({ error: z.object({ code: z.string() }) });

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
      { unknown: ADVICE.noAccount, rights: ADVICE.rights },
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
      return refused('not-permitted', ADVICE.notPermitted, { account: name, keyId: id });
    },
    async look(_id, token, signal) {
      return (await listKeys(signal)).some((key) => isActive(key, token)) ? 'alive' : 'dead';
    },
    async probe(signal) {
      await listKeys(signal);
    },
  };
}

function isActive({ key, active = true }: z.output<typeof KEY>, token: Secret): boolean {
  return active && key === token.reveal();
}

async function revokeItself(upstream: Upstream, token: Secret, { signal }: Step): Promise<RevokeResult> {
  const list = await call(upstream, 'GET', '/v2/api_keys', token, signal);
  if (list.state !== 'done') return ending(list.state);
  const own = keysOf(list.answer.json(ACCOUNT)).find(({ key }) => key === token.reveal());
  if (!own) return refused('ambiguous', ADVICE.notListed);
  const disabled = await disable(upstream, own.id, token, signal);
  return disabled.state === 'done' ? revoked({ keyId: own.id }) : ending(disabled.state);
}

async function lookAtItself(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  const { state } = await call(upstream, 'GET', '/v2/api_keys', token, signal);
  if (state === 'unknown') return 'unknown';
  return state === 'dead' ? 'dead' : 'alive';
}

/** @throws {Failure} when EasyPost says that it was done, but shows the key as active */
async function disable(upstream: Upstream, id: string, as: Secret, signal: AbortSignal): Promise<Called> {
  const disabled = await call(upstream, 'POST', `/v2/api_keys/${encodeURIComponent(id)}/disable`, as, signal);
  if (disabled.state === 'done') {
    disabled.answer.json(z.object({ id: z.literal(id), active: z.literal(false) }));
  }
  return disabled;
}

function ending(state: 'dead' | 'unknown' | 'not-permitted'): RevokeResult {
  if (state === 'dead') return alreadyInactive();
  if (state === 'unknown') return refused('unknown-token', ADVICE.unknown);
  return refused('not-permitted', ADVICE.notPermitted);
}

function keysOf({ keys, children = [] }: z.output<typeof ACCOUNT>): readonly z.output<typeof KEY>[] {
  return [...keys, ...children.flatMap(keysOf)];
}

interface Called {
  readonly state: 'done' | 'dead' | 'unknown' | 'not-permitted';
  readonly answer: Answer;
}

async function call(
  upstream: Upstream,
  method: 'GET' | 'POST',
  path: string,
  as: Secret,
  signal: AbortSignal,
): Promise<Called> {
  // The key is the user name, and there is no password.
  const headers = { authorization: basic(as.reveal(), new Secret('')) };
  const answer = await upstream.request({ method, path, headers, statuses: [200, 401, 403], signal });
  if (answer.status === 200) return { state: 'done', answer };
  const code = answer.maybeJson(ERROR)?.error.code;
  if (code === undefined) throw unexpected(upstream, answer);
  if (code === 'APIKEY.INACTIVE') return { state: 'dead', answer };
  return { state: answer.status === 401 ? 'unknown' : 'not-permitted', answer };
}
