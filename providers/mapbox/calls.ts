/** The calls about one token, which go with a token in the query. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const name = z.string().regex(/^[\w-]{1,100}$/);

const LOOK = z.discriminatedUnion('code', [
  z.object({
    code: z.literal('TokenValid'),
    token: z.object({ user: name, authorization: name }),
  }),
  z.object({ code: z.enum(['TokenRevoked', 'TokenExpired', 'TokenInvalid', 'TokenMalformed']) }),
]);

export async function look(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<z.output<typeof LOOK>> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/tokens/v2',
    query: { access_token: token },
    statuses: [200, 401],
    signal,
  });
  return answer.json(LOOK);
}

export function remove(upstream: Upstream, path: string, by: Secret, signal: AbortSignal): Promise<Answer> {
  return upstream.request({
    method: 'DELETE',
    path,
    query: { access_token: by },
    statuses: [204, 401, 403, 404],
    signal,
  });
}
