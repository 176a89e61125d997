/**
 * Admin keys of organizations.
 *
 * Docs: https://platform.openai.com/docs/api-reference/admin-api-keys
 *
 * - An admin key lists the keys of its own organization, and so itself; an admin key of the operator deletes it.
 */
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { isSame, ownCredential } from '../../src/provider/kit/own-credential.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type { ProviderLog, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { OPENAI_TYPES, type OpenaiApi } from './api.ts';
import { AMBIGUOUS, fits, KEY, NOT_LISTED } from './redacted.ts';

const KIND: TokenKind = {
  id: 'admin-key',
  types: OPENAI_TYPES,
  pattern: /(?<![\w-])sk-admin-[\w-]{20,200}T3BlbkFJ[\w-]{20,200}(?![\w-])/,
  effect: 'token',
};

const ADMIN_KEYS = '/organization/admin_api_keys';
const FIRST_ONE = { path: ADMIN_KEYS, query: { limit: 1 } };

const FOREIGN =
  'The admin key works, but no configured organization has it: configure another admin key of its organization and retry.';
const OWN = ownCredential('admin key', 'delete');
const BLIND = refused(
  'not-permitted',
  'The admin key works but may not list keys, so its id is not known: delete it in the settings of OpenAI.',
);

export function operatorKeys(api: OpenaiApi, adminKeys: readonly Secret[], log: ProviderLog): Part {
  return {
    kinds: [KIND],
    isAble: adminKeys.length > 0,
    async revoke(token, { signal }) {
      if (!adminKeys.some((own) => isSame(own, token))) return revoke(api, adminKeys, token, signal);
      log.warn('own-credential-leaked', { provider: 'openai' });
      return OWN;
    },
    verify: async (token, { signal }) =>
      (await api.probe(token, FIRST_ONE, signal)) === 'dead' ? 'dead' : 'alive',
  };
}

async function revoke(
  api: OpenaiApi,
  adminKeys: readonly Secret[],
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  const answer = await api.probe(token, FIRST_ONE, signal);
  if (answer === 'dead') return alreadyInactive();
  if (answer.status === 403) return BLIND;
  // With the leaked key itself: that it is of this organization needs no other proof.
  const keys = await api.list({ key: token, path: ADMIN_KEYS, signal }, KEY);
  const [only, ...others] = keys.filter((key) => fits(token, key.redacted_value));
  if (!only) return refused('unknown-token', NOT_LISTED);
  if (others.length > 0) {
    return refused('ambiguous', AMBIGUOUS, { keys: [only, ...others].map(({ id }) => ({ key: id })) });
  }
  for (const adminKey of adminKeys) {
    const end = await api.remove(adminKey, `${ADMIN_KEYS}/${encodeURIComponent(only.id)}`, signal);
    if (end === 'done') return revoked({ key: only.id });
  }
  return refused('unknown-token', FOREIGN, { key: only.id });
}
