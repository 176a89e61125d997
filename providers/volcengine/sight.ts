/** What Volcengine says of a key id. */
import { MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Call } from './api.ts';

/** `unknown`: there is no such id; `known`: none of the secrets at hand is its own; `paired`: one signed with it. */
export type Sight = 'unknown' | 'known' | 'paired';

/** Fits no key: what is then said of the signature shows whether the id is known. */
const NO_SECRET = new Secret('x'.repeat(60));

/** Asks for the key's own list with each secret; a lack of rights is said only of a signature that is right. */
export async function look(
  id: string,
  secrets: readonly Secret[],
  signal: AbortSignal,
  call: Call,
): Promise<Sight> {
  const candidates = secrets.length > 0 ? secrets.slice(0, MAX_HALVES) : [NO_SECRET];
  for (const secret of candidates) {
    const { upstream, answer, error } = await call({ id, secret }, 'ListAccessKeys', {}, signal);
    if (error === undefined || (answer.status === 403 && error === 'AccessDenied')) return 'paired';
    if (answer.status === 401 && error === 'InvalidAccessKey') return 'unknown';
    if (answer.status !== 401 || error !== 'SignatureDoesNotMatch') throw unexpected(upstream, answer);
  }
  return 'known';
}
