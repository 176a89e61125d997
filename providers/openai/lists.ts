import { z } from 'zod';
import { credentialFailure, unexpected } from '../../src/provider/kit.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';

/** A key of a project that may be the leaked one. */
export interface Candidate {
  readonly project: string;
  readonly key: string;
  readonly path: string;
  /** The operator's key of the organization that listed it. */
  readonly adminKey: Secret;
}

export interface List {
  readonly api: Upstream;
  /** The admin key to ask with. */
  readonly key: Secret;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

/**
 * Reads a list to its end; what this organization does not know (404) is empty.
 * @throws {Failure} when it has no end, because then nothing in it can be called the only one
 */
export async function listAll<T>({ api, key, path, query, signal }: List, item: z.ZodType<T>): Promise<T[]> {
  const schema = z.object({ data: z.array(item), has_more: z.boolean(), last_id: z.string().nullish() });
  const items: T[] = [];
  let after: string | undefined;
  for (let page = 1; ; page++) {
    const answer = await api.request({
      method: 'GET',
      path,
      query: { limit: PAGE_SIZE, ...query, ...(after !== undefined && { after }) },
      headers: { authorization: bearer(key) },
      statuses: [200, 401, 403, 404],
      signal,
    });
    if (answer.status === 401 || answer.status === 403) throw credentialFailure(api, answer);
    if (answer.status === 404 && answer.maybeJson(z.object({ error: z.unknown() }))) return [];
    const list = answer.json(schema);
    items.push(...list.data);
    if (!list.has_more) return items;
    if (!list.last_id || page === MAX_PAGES) throw unexpected(api, answer);
    after = list.last_id;
  }
}

/** The two ends of a key with dots or stars between them. */
export const REDACTED = /^([\w-]*)[*.…]+([\w-]+)$/;

/** Fixed beginnings, which tell nothing. */
const KIND = /^sk-(?:proj-|svcacct-|admin-)?/;

const MIN_SHOWN_OF_LEGACY = 6;

export function fits(token: Secret, redacted: string): boolean {
  const [, start = '', end = ''] = REDACTED.exec(redacted) ?? [];
  const text = token.reveal();
  if (end === '' || !text.startsWith(start) || !text.endsWith(end)) return false;
  const isLegacy = KIND.exec(text)?.[0] === 'sk-';
  return !isLegacy || start.replace(KIND, '').length + end.length >= MIN_SHOWN_OF_LEGACY;
}
