/** The calls of NerdGraph, and what they are answered with. */
import { z } from 'zod';
import type { Answer, Body } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const SEARCH =
  'query($query: ApiAccessKeySearchQuery!) { actor { apiAccess { keySearch(query: $query) { keys { id key } } } } }';

export const DELETE =
  'mutation($keys: ApiAccessDeleteInput!) { apiAccessDeleteKeys(keys: $keys) { deletedKeys { id } errors { message } } }';

const KEYS = z.object({ keys: z.array(z.object({ id: z.string().min(1), key: z.string().nullish() })) });

export const FOUND = z.object({
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

export function nerdGraph(query: string, variables: Body) {
  return { method: 'POST', path: '/graphql', json: { query, variables }, statuses: [200, 401] } as const;
}

export function idOf(token: Secret, answer: Answer): string | undefined {
  const { keys } = answer.json(FOUND).data.actor.apiAccess.keySearch;
  return keys.find(({ key }) => key === token.reveal())?.id;
}

/** @throws {Failure} when the answer says neither that it was done nor that it was refused */
export function deleted(answer: Answer, id: string): boolean {
  const { deletedKeys, errors } = answer.json(DELETED).data.apiAccessDeleteKeys;
  return !errors?.length && deletedKeys?.some((key) => key.id === id) === true;
}
