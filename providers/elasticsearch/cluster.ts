/** One cluster, and what can be done there about a key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, suspended, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { ElasticsearchConfig } from './config.ts';

const ITSELF = z.object({
  authentication_type: z.literal('api_key'),
  api_key: z.object({ id: z.string().min(1) }),
});
const errorOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object({ error: z.object({ type: z.literal('security_exception'), ...shape }) });
/** From its start on: the id comes back in it, and whoever invents a key chooses that. */
const refusedFor = (why: RegExp) => errorOf({ additional_unsuccessful_credentials: z.string().regex(why) });
/** Older versions do not name the id. */
const ENDED = refusedFor(/^API key: api key (?:(?:\[.*\] )?has been invalidated|is expired)$/s);
const UNKNOWN = refusedFor(/^API key: (?:unable to find apikey with id|invalid credentials)/);
/** Said only of a key whose secret is right. */
const CROSS_CLUSTER = errorOf({
  reason: z.string().regex(/^authentication expected API key type of \[rest\]/),
});
const SECURITY = errorOf({});
const INVALIDATED = z.object({
  invalidated_api_keys: z.array(z.string()),
  previously_invalidated_api_keys: z.array(z.string()),
});

const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but may not invalidate itself: configure a key with manage_api_key for this cluster and retry, or invalidate it in Kibana under Stack Management > API keys.',
);
const OTHER_TYPE = refused(
  'unsupported-kind',
  'The key works between clusters alone: invalidate it in Kibana under Stack Management > API keys, with the privilege manage_security.',
);

export function clusterAccount(
  { url, apiKey }: ElasticsearchConfig['clusters'][number],
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(url);
  const call = apiKey && operatorCalls(upstream, { authorization: withScheme(apiKey) });

  const seen = async (key: Secret, signal: AbortSignal): Promise<Sight<string>> => {
    const headers = { authorization: withScheme(key) };
    const request = { method: 'GET', path: '/_security/_authenticate', headers, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], ITSELF, ({ api_key: { id } }) => ({
        state: 'alive' as const,
        found: id,
        by: 'signs-in' as const,
        evidence: { keyId: id },
      })),
      row([401], ENDED, { state: 'dead' as const }),
      row([401], UNKNOWN, { state: 'absent' as const }),
      row([401], CROSS_CLUSTER, { state: 'unable' as const, refusal: OTHER_TYPE }),
      row([401], SECURITY, 'passing'),
    ]);
    if (means === 'passing') throw suspended(upstream, 401);
    return means;
  };

  return {
    name: upstream.base,
    look: (key, { signal }) => seen(key, signal),
    async revoke(id, key, { signal }) {
      const request = { method: 'DELETE', path: '/_security/api_key', json: { ids: [id] }, signal } as const;
      const headers = { authorization: withScheme(key) };
      const answer = call
        ? await call({ ...request, statuses: [200] })
        : await upstream.request({ ...request, headers, statuses: [200, 403] });
      if (answer.status === 403 && answer.maybeJson(SECURITY)) return NOT_PERMITTED;
      if (answer.status !== 200) throw unexpected(upstream, answer);
      const { invalidated_api_keys: now, previously_invalidated_api_keys: before } = answer.json(INVALIDATED);
      if (![...now, ...before].includes(id)) throw unexpected(upstream, answer);
      return revoked();
    },
    ...(call && {
      async probe(signal) {
        const path = '/_security/user/_has_privileges';
        const answer = await call({
          method: 'POST',
          path,
          json: { cluster: ['manage_api_key'] },
          readOnly: true,
          statuses: [200],
          signal,
        });
        answer.json(z.object({ has_all_requested: z.literal(true) }));
      },
    }),
  };
}

function withScheme(key: Secret): Secret {
  return new Secret(`ApiKey ${key.reveal()}`);
}
