/** The calls about one key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { type Sign, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Caller, ERROR } from './callers.ts';
import { API_TOKEN, AUTH_KEY, OAUTH_CLIENT } from './kinds.ts';

const KEY = z.object({ id: z.string(), keyType: z.string().optional(), invalid: z.boolean().optional() });
const ABSENT: Sign = { status: 404, body: ERROR };

/** What a record of each kind calls itself; how one of an API token does is documented nowhere. */
const KEY_TYPES: Readonly<Record<string, (type: string | undefined) => boolean>> = {
  [API_TOKEN.id]: (type) => type !== 'auth' && type !== 'client',
  [AUTH_KEY.id]: (type) => type === 'auth',
  [OAUTH_CLIENT.id]: (type) => type === 'client',
};

const LIST = z.object({ keys: z.array(z.object({ id: z.string() })) });

/** Whether the tailnet lists the key; a list that is shown is that of a tailnet which our credential still sees. */
export async function isListed(
  upstream: Upstream,
  id: string,
  caller: Caller,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await call(upstream, 'GET', '', caller, signal);
  if (answer.status === 401 || answer.status === 403) caller.declined(answer);
  if (answer.status !== 200) throw unexpected(upstream, answer);
  return answer.json(LIST).keys.some((key) => key.id === id);
}

/** The patterns see to it that there is one. */
export function idOf(token: Secret): string {
  return token.reveal().split('-')[2] ?? '';
}

/** One that nobody has, in base 58 as all of them are seen to be: that has no 0. */
export const NOBODYS_ID = 'k111111CNTRL';

export function withId(id: string, token: Secret): Secret {
  return new Secret(token.reveal().replace(idOf(token), id));
}

/** `other-kind`: the id is that of a key of another kind, so the text was made up. */
export async function look(
  upstream: Upstream,
  { id, kind }: { readonly id: string; readonly kind: string },
  caller: Caller,
  signal: AbortSignal,
) {
  const answer = await call(upstream, 'GET', id, caller, signal);
  if (answer.status === 401 || answer.status === 403) return caller.declined(answer);
  if (shows(answer, [ABSENT])) return 'absent';
  if (answer.status === 404) throw unexpected(upstream, answer);
  const key = answer.json(KEY);
  if (key.id !== id) throw unexpected(upstream, answer);
  if (!KEY_TYPES[kind]?.(key.keyType)) return 'other-kind';
  return key.invalid ? 'invalid' : 'alive';
}

/** @param id none for their list */
export async function call(
  upstream: Upstream,
  method: 'GET' | 'DELETE',
  id: string,
  caller: Caller,
  signal: AbortSignal,
): Promise<Answer> {
  return upstream.request({
    method,
    path: `/api/v2/tailnet/-/keys${id && `/${id}`}`,
    // As the vendor's own client does (tailscale-client-go-v2, client.go).
    headers: { authorization: await caller.authorization(signal), accept: 'application/json' },
    statuses: [200, 401, 403, 404],
    signal,
  });
}
