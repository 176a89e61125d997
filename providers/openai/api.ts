/** What keys of projects and admin keys have in common. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { livenessOf, type Sign, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Rules overlap, and one of gitleaks finds them all: the text decides. */
export const OPENAI_TYPES = [
  'gitleaks_rule_id_open_ai_token',
  'gitleaks_rule_id_openaiprojectkey',
  'gitleaks_rule_id_openaiserviceaccountkey',
  'gitleaks_rule_id_openai-api-key',
];

const NOT_FOUND = z.object({ error: z.unknown() });
const DELETED = z.object({ id: z.string(), deleted: z.literal(true) });
const DEAD: Sign = {
  status: 401,
  body: z.object({ error: z.object({ code: z.literal('invalid_api_key') }) }),
};
const ALIVE: readonly Sign[] = [
  { status: 200, body: z.object({ data: z.array(z.unknown()) }) },
  // It may do some things only.
  { status: 403, body: z.object({ error: z.object({ message: z.string() }) }) },
];
const FAILED: Sign = { status: 400, body: z.object({ error: z.object({ message: z.string() }) }) };

type Probe = Pick<UpstreamRequest, 'path' | 'query'>;

interface List extends Probe {
  /** The admin key to ask with. */
  readonly key: Secret;
  readonly signal: AbortSignal;
}

export interface OpenaiApi {
  readonly upstream: Upstream;
  /** Makes a call with the leaked key; the answer when the key works. */
  probe(token: Secret, call: Probe, signal: AbortSignal): Promise<Answer | 'dead'>;
  /**
   * Reads a list to its end; what this organization does not know (404) is empty.
   * @throws {Failure} when it has no end, because then nothing in it can be called the only one
   */
  list<T>(list: List, item: z.ZodType<T>): Promise<readonly T[]>;
  /** @returns undefined when the key at that path is not of this organization */
  remove(adminKey: Secret, path: string, signal: AbortSignal): Promise<'done' | 'failed' | undefined>;
}

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

export function createApi(upstream: Upstream): OpenaiApi {
  const asAdmin = (key: Secret) => operatorCalls(upstream, { authorization: bearer(key) });
  return {
    upstream,
    async probe(token, call, signal) {
      const headers = { authorization: bearer(token) };
      const statuses = [200, 401, 403];
      const answer = await upstream.request({ ...call, method: 'GET', headers, statuses, signal });
      return livenessOf(upstream, answer, { dead: [DEAD], alive: ALIVE }) === 'dead' ? 'dead' : answer;
    },
    async list({ key, path, query, signal }, item) {
      const schema = z.object({ data: z.array(item), has_more: z.boolean(), last_id: z.string().nullish() });
      const readPage = async (cursor: { readonly after?: string }) => {
        const answer = await asAdmin(key)({
          method: 'GET',
          path,
          query: { limit: PAGE_SIZE, ...query, ...cursor },
          statuses: [200],
          notFound: NOT_FOUND,
          signal,
        });
        if (answer.status === 404 && cursor.after === undefined) return { items: [], next: undefined };
        const { data, has_more: hasMore, last_id: last } = answer.json(schema);
        if (hasMore && !last) throw unexpected(upstream, answer);
        return { items: data, next: hasMore && last ? { after: last } : undefined };
      };
      const items = await readPages({}, MAX_PAGES, readPage);
      if (!items) throw new Failure('unexpected-answer', { target: upstream.base });
      return items;
    },
    async remove(adminKey, path, signal) {
      const answer = await asAdmin(adminKey)({ method: 'DELETE', path, statuses: [200, 400, 404], signal });
      if (answer.status === 404) return undefined;
      if (shows(answer, [FAILED])) return 'failed';
      if (shows(answer, [{ status: 200, body: DELETED }])) return 'done';
      throw unexpected(upstream, answer);
    },
  };
}
