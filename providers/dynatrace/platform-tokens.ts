/**
 * Platform tokens (dt0s16) of accounts.
 *
 * Docs: https://docs.dynatrace.com/docs/dynatrace-api/account-management-api/platform-tokens-api
 *
 * - A platform token's id is its public part, `dt0s16.XXXXXXXX`, which anybody may know, and no call of the account takes
 *   a whole token. So nothing shows that a reported text is the token of that id, and a person decides.
 * - The records in the list have no status; the list is asked for those of a status.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { accountClient } from './account-client.ts';
import type { PlatformAccount } from './config.ts';

export const PLATFORM_TOKEN: TokenKind = {
  id: 'platform-token',
  types: ['gitleaks_rule_id_dynatraceplatformtoken'],
  pattern: /(?<![\w.-])dt0s16\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}(?![\w-])/,
  effect: 'token',
  possession: 'unproven',
  places: { open: 'Each account has its own tokens; the configured ones are asked.' },
  whole: 'exact',
  undo: 'yes',
};

type Status = 'ACTIVE' | 'INACTIVE';

const PLATFORM_TOKENS = z.object({ total: z.int(), results: z.array(z.object({ tokenId: z.string() })) });
const NO_RECORD = z.object({ error: z.unknown() }).or(z.object({ message: z.string() }));
const PAGE_SIZE = 100;

export function platformAccount(account: PlatformAccount, tools: Tools): Account<string> {
  const { uuid } = account;
  const signIn = accountClient(account, tools);
  const tokens = `/iam/v1/accounts/${uuid}/platform-tokens`;

  const search = async (searchTerm: string, status: Status, signal: AbortSignal) => {
    const call = await signIn(signal);
    const query = { searchTerm, status, page: 1, size: PAGE_SIZE };
    return call({ method: 'GET', path: tokens, query, statuses: [200], signal });
  };
  /** The search also hits names and scopes, so ids are compared, and a result that is cut off says nothing. */
  const has = async (tokenId: string, status: Status, signal: AbortSignal): Promise<boolean> => {
    const answer = await search(tokenId, status, signal);
    const { total, results } = answer.json(PLATFORM_TOKENS);
    if (results.some((each) => each.tokenId === tokenId)) return true;
    if (total > results.length) throw new Failure('unexpected-answer', { status: answer.status });
    return false;
  };
  return {
    name: uuid,
    async look(token, { signal, mayActUnproven }) {
      const tokenId = publicPart(token);
      const evidence = { tokenId };
      if (await has(tokenId, 'ACTIVE', signal)) {
        return { state: 'alive', found: tokenId, by: 'unproven', evidence };
      }
      // A text that only contains the id of a record proves nothing about it, unless a person has decided otherwise.
      const isInactive = mayActUnproven && (await has(tokenId, 'INACTIVE', signal));
      return isInactive ? { state: 'dead', evidence } : { state: 'absent' };
    },
    async revoke(tokenId, _token, { signal }) {
      const call = await signIn(signal);
      const path = `${tokens}/${encodeURIComponent(tokenId)}/status`;
      const json = { status: 'INACTIVE' };
      await call({ method: 'PUT', path, json, statuses: [204], notFound: NO_RECORD, signal });
      return revoked();
    },
    verify: async (tokenId, _token, { signal }) =>
      (await has(tokenId, 'ACTIVE', signal)) ? 'alive' : 'dead',
    async probe(signal) {
      await search('dt0s16', 'ACTIVE', signal);
    },
  };
}

/** `dt0s16.XXXXXXXX`, which names the token and is no secret. */
function publicPart(token: Secret): string {
  return token.reveal().split('.').slice(0, 2).join('.');
}
