/** The calls of NerdGraph, and what they are answered with. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import type { Answer, Body, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Its arguments and fields stand in types.go of newrelic-client-go. */
const SEARCH =
  'query($query: ApiAccessKeySearchQuery!, $cursor: String) { actor { apiAccess { keySearch(query: $query, cursor: $cursor) { keys { id key } nextCursor } } } }';

const DELETE =
  'mutation($keys: ApiAccessDeleteInput!) { apiAccessDeleteKeys(keys: $keys) { deletedKeys { id } errors { message } } }';

const KEYS = z.object({
  keys: z.array(z.object({ id: z.string().min(1), key: z.string().nullish() })),
  nextCursor: z.string().nullish(),
});

const FOUND = z.object({
  data: z.object({ actor: z.object({ apiAccess: z.object({ keySearch: KEYS }) }) }),
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

/**
 * The id of the key among those that the asker is shown, read to the end; undefined when it is none of them.
 * @param call answers undefined when the asker is refused, which is handed on as `refused`
 * @throws {Failure}
 */
export async function searchKey(
  { base }: Upstream,
  query: Body,
  token: Secret,
  call: (request: NerdGraphRequest) => Promise<Answer | undefined>,
): Promise<{ readonly id: string | undefined } | 'refused'> {
  const keys = await readPages(null as string | null, MAX_PAGES, async (cursor) => {
    const variables = { query, ...(cursor !== null && { cursor }) };
    const answer = await call({ ...nerdGraph(SEARCH, variables), readOnly: true });
    if (!answer) return 'refused';
    const list = answer.json(FOUND).data.actor.apiAccess.keySearch;
    return { items: list.keys, next: list.nextCursor || undefined };
  });
  if (keys === 'refused') return keys;
  if (!keys) throw new Failure('unexpected-answer', { target: base });
  return { id: keys.find(({ key }) => key === token.reveal())?.id };
}

/** @throws {Failure} when the answer says neither that it was done nor that it was refused */
export function deleted(answer: Answer, id: string): boolean {
  const { deletedKeys, errors } = answer.json(DELETED).data.apiAccessDeleteKeys;
  return !errors?.length && deletedKeys?.some((key) => key.id === id) === true;
}
