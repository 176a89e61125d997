/** The calls of NerdGraph, and what they are answered with. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Page, readPages } from '../../src/provider/kit/pages.ts';
import type { Answer, Body, Upstream } from '../../src/provider/upstream.ts';

/** Its arguments and fields stand in types.go of newrelic-client-go. */
const SEARCH =
  'query($query: ApiAccessKeySearchQuery!, $cursor: String) { actor { apiAccess { keySearch(query: $query, cursor: $cursor) { keys { id key ... on ApiAccessIngestKey { accountId } } nextCursor } } } }';

const DELETE =
  'mutation($keys: ApiAccessDeleteInput!) { apiAccessDeleteKeys(keys: $keys) { deletedKeys { id } errors { message } } }';

const ACCOUNT = 'query($id: Int!) { actor { account(id: $id) { id } } }';

const KEY = z.object({
  id: z.string().min(1),
  key: z.string().nullish(),
  /** Of ingest keys alone. */
  accountId: z.int().nullish(),
});
const KEYS = z.object({ keys: z.array(KEY), nextCursor: z.string().nullish() });

/** A list with an error beside it may lack something. */
const FOUND = z.object({
  data: z.object({ actor: z.object({ apiAccess: z.object({ keySearch: KEYS }) }) }),
  errors: z.null().optional(),
});

const SEEN_ACCOUNT = z.object({
  data: z.object({ actor: z.object({ account: z.object({ id: z.int() }).nullable() }) }),
});

const DELETED = z.object({
  data: z.object({
    apiAccessDeleteKeys: z.object({
      deletedKeys: z.array(z.object({ id: z.string() })).nullish(),
      errors: z.array(z.object({ message: z.string() })).nullish(),
    }),
  }),
});

/** So that no list keeps a worker for good. */
const MAX_PAGES = 100;

function nerdGraph(query: string, variables: Body) {
  return { method: 'POST', path: '/graphql', json: { query, variables }, statuses: [200, 401] } as const;
}

export function deletion(keys: Body) {
  return nerdGraph(DELETE, { keys });
}

export type NerdGraphRequest = ReturnType<typeof nerdGraph> & { readonly readOnly?: true };

type Call = (request: NerdGraphRequest) => Promise<Answer | undefined>;

/** One page of the keys that the asker is shown; undefined when the asker is refused. @throws {Failure} */
export async function keysAfter(
  cursor: string | null,
  query: Body,
  call: Call,
): Promise<Page<z.output<typeof KEY>, string> | undefined> {
  const variables = { query, ...(cursor !== null && { cursor }) };
  const answer = await call({ ...nerdGraph(SEARCH, variables), readOnly: true });
  if (!answer) return undefined;
  const { keys, nextCursor } = answer.json(FOUND).data.actor.apiAccess.keySearch;
  return { items: keys, next: nextCursor || undefined };
}

/** All of them, read to the end; `refused` when the asker is. @throws {Failure} */
export async function allKeys(
  { base }: Upstream,
  query: Body,
  call: Call,
): Promise<readonly z.output<typeof KEY>[] | 'refused'> {
  const keys = await readPages(null as string | null, MAX_PAGES, async (cursor) => {
    return (await keysAfter(cursor, query, call)) ?? 'refused';
  });
  if (!keys) throw new Failure('unexpected-answer', { target: base });
  return keys;
}

/** Whether the asker is shown the account at all. @throws {Failure} */
export async function showsAccount(id: number, call: Call): Promise<boolean> {
  const answer = await call({ ...nerdGraph(ACCOUNT, { id }), readOnly: true });
  return answer?.json(SEEN_ACCOUNT).data.actor.account?.id === id;
}

/** @throws {Failure} when the answer says neither that it was done nor that it was refused */
export function deleted(answer: Answer, id: string): boolean {
  const { deletedKeys, errors } = answer.json(DELETED).data.apiAccessDeleteKeys;
  return !errors?.length && deletedKeys?.some((key) => key.id === id) === true;
}
