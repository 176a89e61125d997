/** The API keys of one organisation. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { livenessOf, refused, revoked } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { DatadogConfig } from './index.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

const LIST = z.object({
  data: z.array(z.object({ id: z.string().min(1), attributes: z.object({ last4: z.string() }) })),
});
const FULL_KEY = z.object({ data: z.object({ attributes: z.object({ key: z.string().optional() }) }) });
const ERRORS = z.object({ errors: z.array(z.string()) });
const ALIVE = [{ status: 200, body: z.object({ valid: z.literal(true) }) }];
const DEAD = [{ status: 403, body: ERRORS }];

const HIDDEN =
  'Datadog does not show the values of the keys that may be it: find the leaked key among them and revoke it by hand.';
const TOO_MANY =
  'This organisation has more keys than Quash reads: find the leaked key and revoke it by hand.';

export function keeperOf(organization: DatadogConfig['organizations'][number], tools: Tools): Keeper {
  const { name, site, apiKey, applicationKey } = organization;
  const upstream = tools.upstream(`https://api.${site}`);
  const call = operatorCalls(upstream, { 'dd-api-key': apiKey, 'dd-application-key': applicationKey });

  const listPage = async (page: number, signal: AbortSignal) => {
    const query = { 'page[size]': PAGE_SIZE, 'page[number]': page };
    const answer = await call({ method: 'GET', path: '/api/v2/api_keys', query, statuses: [200], signal });
    return answer.json(LIST).data;
  };
  /** Ids of the keys that end like the token; undefined when there are too many keys to read. */
  const candidates = async (token: Secret, signal: AbortSignal): Promise<string[] | undefined> => {
    const last4 = token.reveal().slice(-4);
    const keys = await readPages(0, MAX_PAGES, async (page) => {
      const items = await listPage(page, signal);
      return { items, next: items.length < PAGE_SIZE ? undefined : page + 1 };
    });
    return keys?.filter(({ attributes }) => attributes.last4 === last4).map(({ id }) => id);
  };
  const shownValue = async (id: string, signal: AbortSignal): Promise<string | undefined> => {
    const path = `/api/v2/api_keys/${encodeURIComponent(id)}`;
    const answer = await call({ method: 'GET', path, statuses: [200], signal });
    return answer.json(FULL_KEY).data.attributes.key;
  };

  return {
    name,
    own: apiKey,
    async find(token, { signal }) {
      const ids = await candidates(token, signal);
      if (!ids) return refused('ambiguous', TOO_MANY, { organization: name });
      const hidden: string[] = [];
      for (const id of ids) {
        const value = await shownValue(id, signal);
        if (value === token.reveal()) return id;
        // A value that is masked is none to compare with.
        if (value?.length !== token.reveal().length) hidden.push(id);
      }
      if (hidden.length === 0) return undefined;
      return refused('ambiguous', HIDDEN, {
        organization: name,
        candidates: hidden.map((keyId) => ({ keyId })),
      });
    },
    async remove(id, _token, signal) {
      const path = `/api/v2/api_keys/${encodeURIComponent(id)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: ERRORS, signal });
      return revoked({ organization: name, keyId: id });
    },
    async look(_id, token, signal) {
      const headers = { 'dd-api-key': token };
      const path = '/api/v1/validate';
      const answer = await upstream.request({ method: 'GET', path, headers, statuses: [200, 403], signal });
      return livenessOf(upstream, answer, { dead: DEAD, alive: ALIVE });
    },
    async probe(signal) {
      await listPage(0, signal);
    },
  };
}
