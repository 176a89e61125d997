/** The calls about the tokens of a token's owner. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

export const VERSION = '2024-03-19';
const PAGE_SIZE = 100;
const MAX_PAGES = 10;

const LINK = z.union([z.string(), z.object({ href: z.string() })]);
const LIST = z.object({
  data: z.array(
    z.object({
      id: z.string().regex(/^[\w-]{1,64}$/),
      type: z.literal('personal_access_token'),
      attributes: z.object({ created_at: z.string().optional() }).optional(),
    }),
  ),
  links: z.object({ next: LINK.optional() }).optional(),
});
/** The second is how the documentation of the API's authentication shows it. */
const UNAUTHORIZED = z.union([
  z.object({ errors: z.array(z.object({ status: z.literal('401') })).min(1) }),
  z.object({ status: z.literal('401'), code: z.literal('Unauthorized') }),
]);
export const FORBIDDEN = z.object({ errors: z.array(z.object({ status: z.literal('403') })).min(1) });

export async function listTokens(upstream: Upstream, token: Secret, signal: AbortSignal) {
  const all: z.output<typeof LIST>['data'] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const list = await listPage(upstream, token, after, signal);
    if (typeof list === 'string') return list;
    all.push(...list.data);
    after = cursorOf(list.links?.next);
    if (after === undefined) return { all, isWhole: true };
  }
  return { all, isWhole: false };
}

export async function listPage(
  upstream: Upstream,
  token: Secret,
  after: string | undefined,
  signal: AbortSignal,
) {
  const request = {
    method: 'GET',
    path: '/self/personal_access_tokens',
    query: { version: VERSION, limit: PAGE_SIZE, ...(after !== undefined && { starting_after: after }) },
    headers: { authorization: asToken(token) },
    signal,
  } as const;
  const rows: readonly AnswerRow<z.output<typeof LIST> | 'refused' | 'forbidden'>[] = [
    row([200], LIST, (list) => list),
    row([401], UNAUTHORIZED, 'refused'),
    row([403], FORBIDDEN, 'forbidden'),
  ];
  return (await ask(upstream, request, rows)).means;
}

/** Only the cursor is taken from the link, so that no answer decides where the token is sent. */
function cursorOf(next: z.output<typeof LINK> | undefined): string | undefined {
  const href = typeof next === 'object' ? next.href : next;
  if (href === undefined) return undefined;
  return URL.parse(href, 'https://api.snyk.io')?.searchParams.get('starting_after') ?? undefined;
}

export function asToken(token: Secret): Secret {
  return new Secret(`token ${token.reveal()}`);
}
