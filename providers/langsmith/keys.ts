/** The keys of one organisation, of one kind. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { LangsmithConfig } from './index.ts';

const UNCERTAIN =
  'Keys of the organisation look like the leaked one, but it cannot be told which one it is: ask their owners, and revoke the leaked one.';

const ORGANIZATION = '/api/v1/orgs/current';

export interface KindCalls {
  readonly list: string;
  readonly end: (id: string) => { readonly method: 'POST' | 'DELETE'; readonly path: string };
}
export const OF_PERSONAL: KindCalls = {
  list: `${ORGANIZATION}/members/personal-access-tokens`,
  end: (id) => ({ method: 'POST', path: `${ORGANIZATION}/personal-access-tokens/${id}/revocation` }),
};
export const OF_SERVICE: KindCalls = {
  list: `${ORGANIZATION}/service-keys`,
  end: (id) => ({ method: 'DELETE', path: `${ORGANIZATION}/service-keys/${id}` }),
};

const KEYS = z.array(z.object({ id: z.uuid(), short_key: z.string(), revoked_at: z.string().nullish() }));
const INFO = z.object({ id: z.uuid() });
const ERROR = z.object({ detail: z.unknown() }).or(z.object({ error: z.string() }));

export function keeperOf(
  { id: organization, url, serviceKey }: LangsmithConfig['organizations'][number],
  { list, end }: KindCalls,
  tools: Tools,
): Keeper {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { 'x-api-key': serviceKey, 'x-organization-id': organization });
  const liveKeys = async (signal: AbortSignal) => {
    const keys = (await call({ method: 'GET', path: list, statuses: [200], signal })).json(KEYS);
    return keys.filter(({ revoked_at }) => !revoked_at);
  };
  const worksHere = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { 'x-api-key': token };
    const request = {
      method: 'GET',
      path: `${ORGANIZATION}/info`,
      headers,
      statuses: [200, 401, 403],
    } as const;
    const answer = await upstream.request({ ...request, signal });
    if (answer.status === 200) return answer.json(INFO).id === organization;
    if (!answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
    return false;
  };

  return {
    name: organization,
    own: serviceKey,
    async find(token, { signal }) {
      const alike = (await liveKeys(signal)).filter(({ short_key }) => fits(short_key, token));
      const [only, ...others] = alike;
      if (!only) return undefined;
      if (others.length === 0 && (await worksHere(token, signal))) return only.id;
      const candidates = alike.map(({ id }) => ({ keyId: id }));
      return refused('ambiguous', UNCERTAIN, { organization, candidates });
    },
    async remove(id, _token, signal) {
      const answer = await call({ ...end(id), statuses: [200, 201, 204], notFound: ERROR, signal });
      if (answer.text.trim() !== '') answer.json(z.unknown());
      return revoked({ organization, keyId: id });
    },
    async look(id, _token, signal) {
      return (await liveKeys(signal)).some((key) => key.id === id) ? 'alive' : 'dead';
    },
    async probe(signal) {
      await liveKeys(signal);
    },
  };
}

/** Fewer characters of the key's own than that say nothing. */
const MIN_SHOWN = 4;

/** Whether a shortened key, its middle replaced by dots or stars, may be this token. */
function fits(shortKey: string, token: Secret): boolean {
  const text = token.reveal();
  const [head = '', tail = '', ...rest] = shortKey.split(/\.{2,}|…|\*+/);
  const shown = head.replace(/^lsv2_(?:(?:pt|sk)_)?/, '').length + tail.length;
  return rest.length === 0 && shown >= MIN_SHOWN && text.startsWith(head) && text.endsWith(tail);
}
