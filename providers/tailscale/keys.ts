/** The calls about one key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { type Sign, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Caller, ERROR } from './callers.ts';

const KEY = z.object({ id: z.string(), invalid: z.boolean().optional() });
const ABSENT: Sign = { status: 404, body: ERROR };

/** The patterns see to it that there is one. */
export function idOf(token: Secret): string {
  return token.reveal().split('-')[2] ?? '';
}

export async function look(upstream: Upstream, id: string, caller: Caller, signal: AbortSignal) {
  const answer = await call(upstream, 'GET', id, caller, signal);
  if (answer.status === 401 || answer.status === 403) return caller.declined(answer);
  if (shows(answer, [ABSENT])) return 'absent';
  if (answer.status === 404) throw unexpected(upstream, answer);
  const key = answer.json(KEY);
  if (key.id !== id) throw unexpected(upstream, answer);
  return key.invalid ? 'dead' : 'alive';
}

export async function call(
  upstream: Upstream,
  method: 'GET' | 'DELETE',
  id: string,
  caller: Caller,
  signal: AbortSignal,
): Promise<Answer> {
  return upstream.request({
    method,
    path: `/api/v2/tailnet/-/keys/${id}`,
    headers: { authorization: await caller.authorization(signal) },
    statuses: [200, 401, 403, 404],
    signal,
  });
}
