/** What Scaleway says of a secret key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { suspended } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const KEYS_PATH = '/iam/v1alpha1/api-keys';

const PERMISSIONS = z.object({ type: z.literal('permissions_denied') });
const denied = (reason: z.core.$ZodType<string>) =>
  z.object({ type: z.literal('denied_authentication'), reason });
const UNKNOWN = denied(z.literal('not_found'));
const EXPIRED = denied(z.literal('expired'));
const PASSING = denied(z.string());

/** @throws {Failure} `suspended` */
export async function stateOf(
  upstream: Upstream,
  key: Secret,
  signal: AbortSignal,
): Promise<'alive' | 'absent' | 'expired'> {
  const headers = { 'x-auth-token': key };
  const request = { method: 'GET', path: KEYS_PATH, query: { page_size: 1 }, headers, signal } as const;
  const { means, answer } = await ask(upstream, request, [
    row([200], z.object({ api_keys: z.array(z.unknown()) }), 'alive'),
    // It is let in, and may not read keys.
    row([403], PERMISSIONS, 'alive'),
    row([401, 403], UNKNOWN, 'absent'),
    row([401, 403], EXPIRED, 'expired'),
    row([401, 403], PASSING, 'passing'),
  ]);
  if (means !== 'passing') return means;
  throw suspended(upstream, answer.status);
}
