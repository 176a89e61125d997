/** What Volcengine says of a key id. */
import { MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Call } from './api.ts';

/** `unknown`: there is no such id; `known`: none of the secrets at hand is its own; `paired`: one signed with it. */
export type Sight = 'unknown' | 'known' | 'paired';

/** Fits no key: what is then said of the signature shows whether the id is known. */
const NO_SECRET = new Secret('x'.repeat(60));

/**
 * Asks for the key's own list with each secret. A lack of rights is said of a signature that is right, unless the key may
 * not be used from here at all: so a secret that nobody has must not be told the same.
 */
export async function look(
  id: string,
  secrets: readonly Secret[],
  signal: AbortSignal,
  call: Call,
): Promise<Sight> {
  const saidTo = async (secret: Secret): Promise<Sight | 'denied'> => {
    const { upstream, answer, error } = await call({ id, secret }, 'ListAccessKeys', {}, signal);
    if (error === undefined) return 'paired';
    if (answer.status === 403 && error === 'AccessDenied') return 'denied';
    if (answer.status === 401 && error === 'InvalidAccessKey') return 'unknown';
    if (answer.status === 401 && error === 'SignatureDoesNotMatch') return 'known';
    throw unexpected(upstream, answer);
  };
  const candidates = secrets.length > 0 ? secrets.slice(0, MAX_HALVES) : [NO_SECRET];
  for (const secret of candidates) {
    const said = await saidTo(secret);
    if (said === 'denied') return (await saidTo(NO_SECRET)) === 'known' ? 'paired' : 'known';
    if (said !== 'known') return said;
  }
  return 'known';
}
