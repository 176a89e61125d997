/** The client secrets of a tenant: those of its applications, and those that its service principals have of their own. */
import { z } from 'zod';
import { readPages } from '../../src/provider/kit/pages.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Directory } from './directory.ts';

/** Below Graph's root; each has `removePassword`. */
export const COLLECTIONS = ['applications', 'servicePrincipals'] as const;
type Collection = (typeof COLLECTIONS)[number];

/** Applications and service principals with secrets that begin like the leaked one. */
export interface Candidate {
  readonly collection: Collection;
  readonly id: string;
  readonly appId: string;
  readonly keyIds: readonly string[];
}

const PAGE_SIZE = 200;
const MAX_PAGES = 100;

const HOLDERS = z.object({
  value: z.array(
    z.object({
      id: z.guid(),
      appId: z.guid(),
      passwordCredentials: z.array(z.object({ keyId: z.guid(), hint: z.string().nullish() })),
    }),
  ),
  '@odata.nextLink': z.string().optional(),
});

export type ListHolders = (
  collection: Collection,
  query: Readonly<Record<string, string | number>>,
  signal: AbortSignal,
) => Promise<Answer>;

export function listsOf(send: ReturnType<Directory['sender']>, upstream: Upstream): ListHolders {
  return (collection, query, signal) =>
    send(upstream, { method: 'GET', path: `/v1.0/${collection}`, query, statuses: [200], signal });
}

/**
 * @param hint the first three characters, which is all that Graph shows
 * @returns undefined when there are more than Quash reads
 */
export async function findCandidates(
  list: ListHolders,
  hint: string,
  signal: AbortSignal,
): Promise<readonly Candidate[] | undefined> {
  const found: Candidate[] = [];
  for (const collection of COLLECTIONS) {
    const holders = await readPages({}, MAX_PAGES, async (cursor: { readonly $skiptoken?: string }) => {
      const query = { $select: 'id,appId,passwordCredentials', $top: PAGE_SIZE, ...cursor };
      const { value, '@odata.nextLink': next } = (await list(collection, query, signal)).json(HOLDERS);
      const items = value.map(({ id, appId, passwordCredentials }) => ({
        collection,
        id,
        appId,
        keyIds: passwordCredentials.filter((each) => each.hint === hint).map((each) => each.keyId),
      }));
      return { items: items.filter(({ keyIds }) => keyIds.length > 0), next: cursorOf(next) };
    });
    if (!holders) return undefined;
    found.push(...holders);
  }
  return found;
}

/** The link's host is the answer's word, so only the cursor is taken from it; a link without one has no end. */
function cursorOf(next: string | undefined): { readonly $skiptoken: string } | undefined {
  if (next === undefined) return undefined;
  return { $skiptoken: URL.parse(next)?.searchParams.get('$skiptoken') ?? '' };
}
