/**
 * Access tokens (dt0c01) of environments, looked up by value.
 *
 * Docs: https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens
 *
 * - Of all refusals of a lookup, that of an unknown token alone is documented without a body (…/post-token-lookup,
 *   checked 2026-11-30).
 */
import { z } from 'zod';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Environment } from './config.ts';

export const ACCESS_TOKEN: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_dynatrace-api-token'],
  pattern: /(?<![\w.-])dt0c01\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: {
    open: 'Each environment has its own tokens, also those that a customer runs; the configured ones are asked.',
  },
  whole: 'exact',
  undo: 'yes',
};

const API_TOKEN = z.object({ id: z.string().min(1), enabled: z.boolean() });
type ApiToken = z.output<typeof API_TOKEN>;
const ENVELOPE = z.object({ error: z.object({ code: z.literal(404) }) });

export function environmentAccount({ url, token: own }: Environment, tools: Tools): Account<string> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, {
    authorization: new Secret(`Api-Token ${own.reveal()}`),
    accept: 'application/json',
  });
  const lookUp = async (token: Secret, signal: AbortSignal): Promise<ApiToken | undefined> => {
    const path = '/api/v2/apiTokens/lookup';
    const request = { method: 'POST', path, json: { token }, readOnly: true, signal } as const;
    const answer = await call({ ...request, statuses: [200, 404] });
    if (answer.status === 200) return answer.json(API_TOKEN);
    if (answer.maybeJson(ENVELOPE)) return undefined;
    // A proxy may say the same; then our own is as unknown.
    const isEmpty = answer.text.trim() === '' && token !== own;
    if (!isEmpty || !(await lookUp(own, signal))) throw unexpected(upstream, answer);
    return undefined;
  };
  return {
    name: upstream.base,
    async look(token, { signal }) {
      const record = await lookUp(token, signal);
      if (!record) return { state: 'absent' };
      const evidence = { tokenId: record.id };
      // The lookup was given the whole text, so its answer is about the whole token.
      if (!record.enabled) return { state: 'dead', evidence };
      return { state: 'alive', found: record.id, by: 'signs-in', evidence };
    },
    async revoke(id, _token, { signal }) {
      const path = `/api/v2/apiTokens/${encodeURIComponent(id)}`;
      const json = { enabled: false };
      await call({ method: 'PUT', path, json, statuses: [204], notFound: ENVELOPE, signal });
      return revoked();
    },
    async probe(signal) {
      await lookUp(own, signal);
    },
  };
}
