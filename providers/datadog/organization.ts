/** The API keys of one organization. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { AS_JSON } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { digestOf, SearchedList } from '../../src/provider/kit/searched-list.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { isMaskedToken } from '../../src/words/mask.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Organization, siteUrl } from './config.ts';
import { liveness } from './sites.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

const LIST = z.object({
  data: z.array(z.object({ id: z.string().min(1), attributes: z.object({ last4: z.string() }) })),
});
const FULL_KEY = z.object({ data: z.object({ attributes: z.object({ key: z.string().optional() }) }) });
const ERRORS = z.object({ errors: z.array(z.string()) });

const HIDDEN =
  'Datadog does not show the values of the keys that may be it: find the leaked key among them and revoke it by hand.';
const TOO_MANY =
  'This organization has more keys than Quash reads: find the leaked key and revoke it by hand.';

export function organizationAccount(
  { name, site, apiKey, applicationKey }: Organization,
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(siteUrl(site));
  const call = operatorCalls(upstream, {
    ...AS_JSON,
    'dd-api-key': apiKey,
    'dd-application-key': applicationKey,
  });

  const listPage = async (page: number, signal: AbortSignal) => {
    const query = { 'page[size]': PAGE_SIZE, 'page[number]': page };
    const answer = await call({ method: 'GET', path: '/api/v2/api_keys', query, statuses: [200], signal });
    return answer.json(LIST).data;
  };
  /** Ids of the keys by their endings. */
  const keys = new SearchedList<string, number>({
    ...{ clock: tools.clock, first: 0, maxCalls: MAX_PAGES, isByNumber: (page) => page > 0 },
    async read(page, signal) {
      const items = await listPage(page, signal);
      return {
        items: items.map(({ id, attributes }) => [digestOf(attributes.last4), id] as const),
        next: items.length < PAGE_SIZE ? undefined : page + 1,
      };
    },
  });
  /** Undefined when there is no such key any more. */
  const shownValue = async (
    id: string,
    signal: AbortSignal,
  ): Promise<{ key?: string | undefined } | undefined> => {
    const path = `/api/v2/api_keys/${encodeURIComponent(id)}`;
    const answer = await call({ method: 'GET', path, statuses: [200], notFound: ERRORS, signal });
    return answer.status === 404 ? undefined : answer.json(FULL_KEY).data.attributes;
  };
  const find = async (token: Secret, ids: readonly string[], signal: AbortSignal): Promise<Sight<string>> => {
    const hidden: string[] = [];
    for (const id of ids) {
      const shown = await shownValue(id, signal);
      if (shown?.key === token.reveal()) {
        return { state: 'alive', found: id, by: 'listed-whole', evidence: { keyId: id } };
      }
      // A value that is masked is none to compare with.
      if (shown && isHidden(shown.key, token)) hidden.push(id);
    }
    if (hidden.length === 0) return { state: 'absent' };
    const evidence = { organization: name, candidates: hidden.map((keyId) => ({ keyId })) };
    return { state: 'unable', refusal: refused('ambiguous', HIDDEN, evidence) };
  };

  return {
    name,
    seenWith: credentialMark(applicationKey),
    async look(token, step, known) {
      const { signal } = step;
      const ending = digestOf(token.reveal().slice(-4));
      const ids = known === undefined ? await keys.findAnew(ending, step) : [known];
      if (ids === 'too-many') {
        return { state: 'unable', refusal: refused('ambiguous', TOO_MANY, { organization: name }) };
      }
      if ('state' in ids) return ids;
      const sight = await find(token, ids, signal);
      if (sight.state !== 'absent') return sight;
      if (known === undefined) return keys.notAmong(ids) ?? sight;
      // Its record is gone, but the site may take it for a while.
      if ((await liveness(upstream, token, signal)) === 'dead') return sight;
      throw new Failure('still-active', { target: upstream.base });
    },
    async revoke(id, _token, { signal }) {
      const path = `/api/v2/api_keys/${encodeURIComponent(id)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: ERRORS, signal });
      return revoked();
    },
    verify: (_id, token, { signal }) => liveness(upstream, token, signal),
    async probe(signal) {
      await listPage(0, signal);
    },
  };
}

function isHidden(shown: string | undefined, token: Secret): boolean {
  return shown === undefined || shown.length !== token.reveal().length || isMaskedToken(shown);
}
