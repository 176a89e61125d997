/** The client secrets of a tenant: those of its applications, and those that its service principals have of their own. */
import { z } from 'zod';
import { SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
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

const SELECTED = 'id,appId,passwordCredentials';
const PAGE_SIZE = 200;
/** Of both collections. */
const MAX_PAGES = 200;

const HOLDERS = z.object({
  value: z.array(
    z.object({
      id: z.guid(),
      appId: z.guid(),
      passwordCredentials: z.array(
        z.object({ keyId: z.guid(), hint: z.string().nullish(), endDateTime: z.string().nullish() }),
      ),
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

interface Cursor {
  readonly collection: Collection;
  readonly page: { readonly $skiptoken?: string };
}

/** The first three characters, which is all that Graph shows of a secret. */
export function hintOf(token: Secret): string {
  return token.reveal().slice(0, 3);
}

/** By the hint of their secrets. */
export function candidatesOf(list: ListHolders, clock: Clock): SearchedList<Candidate, Cursor> {
  return new SearchedList<Candidate, Cursor>({
    ...{ clock, maxCalls: MAX_PAGES, first: { collection: 'applications', page: {} } },
    async read({ collection, page }, signal) {
      const query = { $select: SELECTED, $top: PAGE_SIZE, ...page };
      const { value, '@odata.nextLink': next } = (await list(collection, query, signal)).json(HOLDERS);
      const items = value.flatMap(({ id, appId, passwordCredentials }) =>
        [...Map.groupBy(passwordCredentials, ({ hint }) => hint ?? '')].map(
          ([hint, secrets]) =>
            [hint, { collection, id, appId, keyIds: secrets.map(({ keyId }) => keyId) }] as const,
        ),
      );
      const nextPage = cursorOf(next);
      if (nextPage) return { items, next: { collection, page: nextPage } };
      const other = COLLECTIONS[COLLECTIONS.indexOf(collection) + 1];
      return { items, next: other && { collection: other, page: {} } };
    },
  });
}

/** The secrets that sign in as this application now: its own, and those of its service principal. @throws {Failure} */
export async function secretsOf(list: ListHolders, appId: string, signal: AbortSignal) {
  const query = { $filter: `appId eq '${appId}'`, $select: SELECTED };
  const secrets: z.output<typeof HOLDERS>['value'][number]['passwordCredentials'] = [];
  for (const collection of COLLECTIONS) {
    const { value } = (await list(collection, query, signal)).json(HOLDERS);
    secrets.push(...value.flatMap(({ passwordCredentials }) => passwordCredentials));
  }
  return secrets;
}

/** Those that may begin like this one. @throws {Failure} */
export async function secretsLike(list: ListHolders, token: Secret, appId: string, signal: AbortSignal) {
  const hint = hintOf(token);
  const secrets = await secretsOf(list, appId, signal);
  return secrets.filter((each) => (each.hint ?? hint) === hint);
}

/** The link's host is the answer's word, so only the cursor is taken from it; a link without one has no end. */
function cursorOf(next: string | undefined): { readonly $skiptoken: string } | undefined {
  if (next === undefined) return undefined;
  return { $skiptoken: URL.parse(next)?.searchParams.get('$skiptoken') ?? '' };
}
