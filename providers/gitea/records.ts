/** The records of a user's tokens, which an administrator, or on Gitea the token itself, may list and delete. */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { OperatorCall } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

export const MESSAGE = z.object({ message: z.string() });
/** Also of a token for what is public alone, whose user is not. */
export const NO_SCOPE = z.object({ message: z.string().regex(/required scope|token scope is limited/) });

const LIST = z.array(z.object({ id: z.int(), token_last_eight: z.string().length(8) }));
const PAGE_SIZE = 50;
const MAX_PAGES = 20;
const NO_PASSWORD = new Secret('');

export interface TokenRecord {
  readonly user: string;
  readonly id: number;
}

export function recordsByAdmin(call: OperatorCall) {
  return {
    /** A user may be gone. */
    list: (user: string, signal: AbortSignal) =>
      readPages(1, MAX_PAGES, async (page) => {
        const gone = page === 1 && { notFound: MESSAGE };
        const answer = await call({ ...listOf(user, page), statuses: [200], ...gone, signal });
        return pageOf(answer.status === 200 ? answer.json(LIST) : [], page);
      }),
    async remove({ user, id }: TokenRecord, signal: AbortSignal): Promise<void> {
      const path = `${pathOf(user)}/${id}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: MESSAGE, signal });
    },
  };
}

export function recordsByItself(upstream: Upstream, token: Secret) {
  // Once it is refused, an instance takes it for a user's name: nobody has that, nor is any password tried.
  const headers = { authorization: basic(token.reveal(), NO_PASSWORD) };
  return {
    list: (user: string, signal: AbortSignal) =>
      readPages(1, MAX_PAGES, async (page) => {
        const { means } = await ask(upstream, { ...listOf(user, page), headers, signal }, [
          row([200], LIST, (items) => items),
          ...(page === 1 ? [row([401, 403, 404], MESSAGE, 'not-shown')] : []),
        ]);
        return means === 'not-shown' ? means : pageOf(means, page);
      }),
    async remove({ user, id }: TokenRecord, signal: AbortSignal): Promise<'deleted' | 'may-not'> {
      const path = `${pathOf(user)}/${id}`;
      const { means } = await ask(upstream, { method: 'DELETE', path, headers, signal }, [
        row([204], 'deleted'),
        row([403], NO_SCOPE, 'may-not'),
      ]);
      return means;
    },
  };
}

function pathOf(user: string): string {
  return `/api/v1/users/${encodeURIComponent(user)}/tokens`;
}

function listOf(user: string, page: number) {
  return { method: 'GET', path: pathOf(user), query: { page, limit: PAGE_SIZE } } as const;
}

/** An instance may give fewer than asked for on a page, so only an empty one is the end. */
function pageOf<Item>(items: readonly Item[], page: number) {
  return { items, next: items.length === 0 ? undefined : page + 1 };
}
