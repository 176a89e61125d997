/**
 * Platform tokens (dt0s16) of accounts.
 *
 * Docs: https://docs.dynatrace.com/docs/dynatrace-api/account-management-api/platform-tokens-api
 *
 * - A platform token's id is its public part, `dt0s16.XXXXXXXX`.
 * - They are managed with an OAuth client of the account, whose own tokens live for minutes.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { DynatraceConfig } from './index.ts';

export const PLATFORM_TOKEN: TokenKind = {
  id: 'platform-token',
  types: ['gitleaks_rule_id_dynatraceplatformtoken'],
  pattern: /(?<![\w.-])dt0s16\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}(?![\w-])/,
  effect: 'token',
};

const GRANT = z.object({ access_token: z.string().min(1) });
const OAUTH_ERROR = z.object({ error: z.string() });

const PLATFORM_TOKENS = z.object({
  total: z.int(),
  results: z.array(z.object({ tokenId: z.string(), status: z.string() })),
});

const NO_RECORD = z.object({ error: z.unknown() }).or(z.object({ message: z.string() }));
const PAGE_SIZE = 100;

export function accountKeeper(account: DynatraceConfig['accounts'][number], tools: Tools): Keeper {
  const { uuid, clientId, clientSecret } = account;
  const login = tools.upstream('https://sso.dynatrace.com');
  const upstream = tools.upstream('https://api.dynatrace.com');
  const tokens = `/iam/v1/accounts/${uuid}/platform-tokens`;

  const logIn = async (signal: AbortSignal) => {
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'account-idm-read account-idm-write',
      resource: `urn:dtaccount:${uuid}`,
    };
    const path = '/sso/oauth2/token';
    const answer = await login.request({
      method: 'POST',
      path,
      form,
      statuses: [200, 400, 401, 403],
      signal,
    });
    if (answer.status === 400 && !answer.maybeJson(OAUTH_ERROR)) throw unexpected(login, answer);
    if (answer.status === 403) throw credentialFailure(login, answer);
    if (answer.status !== 200) {
      throw new Failure('credential-refused', { target: login.base, status: answer.status });
    }
    return operatorCalls(upstream, { authorization: bearer(new Secret(answer.json(GRANT).access_token)) });
  };
  const search = async (searchTerm: string, signal: AbortSignal) => {
    const call = await logIn(signal);
    const query = { searchTerm, page: 1, size: PAGE_SIZE };
    return call({ method: 'GET', path: tokens, query, statuses: [200], signal });
  };
  /** The search also hits names and scopes, so ids are compared, and a result that is cut off says nothing. */
  const statusOf = async (tokenId: string, signal: AbortSignal) => {
    const answer = await search(tokenId, signal);
    const { total, results } = answer.json(PLATFORM_TOKENS);
    const status = results.find((each) => each.tokenId === tokenId)?.status;
    if (status === undefined && total > results.length) throw unexpected(upstream, answer);
    return status;
  };
  return {
    name: uuid,
    async find(token, { signal }) {
      const tokenId = publicPart(token);
      const status = await statusOf(tokenId, signal);
      if (status === 'INACTIVE') return alreadyInactive({ account: uuid, tokenId });
      if (status === undefined || status === 'ACTIVE') return status && tokenId;
      return refused(
        'manual',
        'This platform token is in a state that Quash does not know: look at it in the account.',
      );
    },
    async remove(tokenId, _token, signal) {
      const call = await logIn(signal);
      const path = `${tokens}/${encodeURIComponent(tokenId)}/status`;
      const json = { status: 'INACTIVE' };
      await call({ method: 'PUT', path, json, statuses: [204], notFound: NO_RECORD, signal });
      return revoked({ account: uuid, tokenId });
    },
    look: async (tokenId, _token, signal) =>
      (await statusOf(tokenId, signal)) === 'ACTIVE' ? 'alive' : 'dead',
    async probe(signal) {
      await search('dt0s16', signal);
    },
  };
}

/** `dt0s16.XXXXXXXX`, which names the token and is no secret. */
function publicPart(token: Secret): string {
  return token.reveal().split('.').slice(0, 2).join('.');
}
