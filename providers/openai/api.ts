/**
 * What keys of projects and admin keys have in common.
 *
 * - `api.openai.com` knows all keys: those of projects with data residency it answers with 401 `incorrect_hostname`, and
 *   the host of their region lets them in.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { type Sign, shows, suspended, unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const NOT_FOUND = z.object({ error: z.unknown() });
const DELETED = z.object({ id: z.string(), deleted: z.literal(true) });
const errorOf = (...codes: readonly [string, ...string[]]) =>
  z.object({ error: z.object({ code: z.enum(codes) }) });

/** They pass by themselves, or by the owner's act. */
const PASSING = errorOf(
  ...(['ip_not_authorized', 'account_deactivated', 'unsupported_country_region_territory'] as const),
  // Its owner left the organization, and may be invited again: https://github.com/abi/screenshot-to-code/issues/9.
  'no_organization',
);

/** Said with 401 as well: https://github.com/microsoft/PowerToys/issues/32989. Only a key that works has scopes. */
const LACKS_SCOPE = z.object({ error: z.object({ message: z.string().regex(/\bMissing scopes: /) }) });

const FAILED: Sign = { status: 400, body: z.object({ error: z.object({ message: z.string() }) }) };

type Probe = Pick<UpstreamRequest, 'path' | 'query'>;

interface List extends Probe {
  /** The admin key to ask with. */
  readonly key: Secret;
  readonly signal: AbortSignal;
}

export interface OpenaiApi {
  readonly upstream: Upstream;
  /**
   * Makes a call with the leaked key; the answer when the key works. `elsewhere`: OpenAI knows it, and lets it in at none
   * of the hosts that are asked.
   */
  probe(token: Secret, call: Probe, signal: AbortSignal): Promise<Answer | 'refused' | 'elsewhere'>;
  /**
   * Reads a list to its end.
   * @returns undefined when this organization does not know it (404)
   * @throws {Failure} when it has no end, because then nothing in it can be called the only one
   */
  list<T>(list: List, item: z.ZodType<T>): Promise<readonly T[] | undefined>;
  /** @returns undefined when the key at that path is not of this organization */
  remove(adminKey: Secret, path: string, signal: AbortSignal): Promise<'done' | 'failed' | undefined>;
}

const PROJECT = z.object({ id: z.string() });
export const PROJECTS = '/organization/projects';

export function listProjects(api: OpenaiApi, adminKey: Secret, signal: AbortSignal) {
  return api.list({ key: adminKey, path: PROJECTS, signal }, PROJECT);
}

/**
 * What is of another organization may be forbidden to the admin key. It lacks no right while it may list the projects of
 * its own.
 * @returns undefined when that is so
 * @throws {Failure}
 */
export async function unlessForeign<T>(
  api: OpenaiApi,
  adminKey: Secret,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'permission-missing') throw error;
    await listProjects(api, adminKey, signal);
    return undefined;
  }
}

const NOT_KNOWN = 'not-known';
const PAGE_SIZE = 100;
const MAX_PAGES = 50;

/**
 * What one host answers to a key.
 * @throws {Failure} `suspended`
 */
async function probeAt(
  upstream: Upstream,
  token: Secret,
  call: Probe,
  signal: AbortSignal,
): Promise<Answer | 'refused' | 'elsewhere'> {
  const request = { ...call, method: 'GET', headers: { authorization: bearer(token) }, signal } as const;
  const { means, answer } = await ask(upstream, request, [
    row([401], errorOf('invalid_api_key'), 'refused'),
    row([401], errorOf('incorrect_hostname'), 'elsewhere'),
    row([401, 403], PASSING, 'passing'),
    row([200], z.object({ data: z.array(z.unknown()) }), 'alive'),
    // It may do some things only.
    row([401], LACKS_SCOPE, 'alive'),
    row([403], z.object({ error: z.object({ message: z.string() }) }), 'alive'),
  ]);
  if (means === 'passing') throw suspended(upstream, answer.status);
  return means === 'alive' ? answer : means;
}

/** @param regional hosts that alone let in the keys of projects whose data has to stay in their region */
export function createApi(upstream: Upstream, regional: readonly Upstream[]): OpenaiApi {
  const asAdmin = (key: Secret) => operatorCalls(upstream, { authorization: bearer(key) });
  return {
    upstream,
    async probe(token, call, signal) {
      const seen = await probeAt(upstream, token, call, signal);
      if (seen !== 'elsewhere') return seen;
      const letIn = await firstSparingTheLane(regional, async (host) => {
        const answer = await probeAt(host, token, call, signal);
        // A regional host knows fewer keys, so its refusal is not OpenAI's.
        return typeof answer === 'string' ? undefined : answer;
      });
      return letIn ?? 'elsewhere';
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
        if (answer.status === 404 && cursor.after === undefined) return NOT_KNOWN;
        const { data, has_more: hasMore, last_id: last } = answer.json(schema);
        if (hasMore && !last) throw unexpected(upstream, answer);
        return { items: data, next: hasMore && last ? { after: last } : undefined };
      };
      const items = await readPages({}, MAX_PAGES, readPage);
      if (items === NOT_KNOWN) return undefined;
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
