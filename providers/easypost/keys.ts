/** The calls with a key, and the keys that they list. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

export const HOST = 'https://api.easypost.com';
export const NOT_PERMITTED = 'EasyPost does not let the key manage keys: disable it in the dashboard.';

const KEY = z.object({ id: z.string().min(1), key: z.string(), active: z.boolean().optional() });
export type Key = z.output<typeof KEY>;
export const ACCOUNT = z.object({
  keys: z.array(KEY),
  get children(): z.ZodOptional<z.ZodArray<typeof ACCOUNT>> {
    return z.array(ACCOUNT).optional();
  },
});
const ERROR = z.object({ error: z.object({ code: z.string() }) });

/** @throws {Failure} when EasyPost says that it was done, but shows the key as active */
export async function disable(
  upstream: Upstream,
  id: string,
  as: Secret,
  signal: AbortSignal,
): Promise<Called> {
  const disabled = await call(upstream, 'POST', `/v2/api_keys/${encodeURIComponent(id)}/disable`, as, signal);
  if (disabled.state === 'done') {
    disabled.answer.json(z.object({ id: z.literal(id), active: z.literal(false) }));
  }
  return disabled;
}

export function keysOf({ keys, children = [] }: z.output<typeof ACCOUNT>): readonly Key[] {
  return [...keys, ...children.flatMap(keysOf)];
}

interface Called {
  /** `inactive`: it was disabled, or is no key at all; `unknown`: it may work elsewhere, as test keys do. */
  readonly state: 'done' | 'inactive' | 'unknown' | 'not-permitted';
  readonly answer: Answer;
}

export async function call(
  upstream: Upstream,
  method: 'GET' | 'POST',
  path: string,
  as: Secret,
  signal: AbortSignal,
): Promise<Called> {
  // The key is the user name, and there is no password.
  const headers = { authorization: basic(as.reveal(), new Secret('')) };
  const answer = await upstream.request({ method, path, headers, statuses: [200, 401, 403], signal });
  if (answer.status === 200) return { state: 'done', answer };
  const code = answer.maybeJson(ERROR)?.error.code;
  if (code === undefined) throw unexpected(upstream, answer);
  if (code === 'APIKEY.INACTIVE') return { state: 'inactive', answer };
  return { state: answer.status === 401 ? 'unknown' : 'not-permitted', answer };
}
