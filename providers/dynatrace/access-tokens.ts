/**
 * Access tokens (dt0c01) of environments, looked up by value.
 *
 * Docs: https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens
 */
import { z } from 'zod';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { alreadyInactive, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { DynatraceConfig } from './index.ts';

export const ACCESS_TOKEN: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_dynatrace-api-token'],
  pattern: /(?<![\w.-])dt0c01\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}(?![\w-])/,
  effect: 'token',
};

const API_TOKEN = z.object({ id: z.string().min(1), enabled: z.boolean() });
const ENVELOPE = z.object({ error: z.object({ code: z.literal(404) }) });

export function environmentKeeper(
  { url, token: own }: DynatraceConfig['environments'][number],
  tools: Tools,
): Keeper {
  const upstream = tools.upstream(url);
  const name = upstream.base;
  const call = operatorCalls(upstream, { authorization: new Secret(`Api-Token ${own.reveal()}`) });
  const lookUp = async (token: Secret, signal: AbortSignal) => {
    const path = '/api/v2/apiTokens/lookup';
    const request = {
      method: 'POST',
      path,
      json: { token },
      statuses: [200],
      notFound: ENVELOPE,
      signal,
    } as const;
    const answer = await call(request);
    return answer.status === 404 ? undefined : answer.json(API_TOKEN);
  };
  return {
    name,
    own,
    async find(token, { signal }) {
      const record = await lookUp(token, signal);
      return record?.enabled === false
        ? alreadyInactive({ environment: name, tokenId: record.id })
        : record?.id;
    },
    async remove(id, _token, signal) {
      const path = `/api/v2/apiTokens/${encodeURIComponent(id)}`;
      const json = { enabled: false };
      await call({ method: 'PUT', path, json, statuses: [204], notFound: ENVELOPE, signal });
      return revoked({ environment: name, tokenId: id });
    },
    async look(_id, token, signal) {
      const record = await lookUp(token, signal);
      return record?.enabled ? 'alive' : 'dead';
    },
    async probe(signal) {
      await lookUp(own, signal);
    },
  };
}
