/** What Tencent Cloud says of a SecretId. */
import { z } from 'zod';
import { MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Call, Site } from './api.ts';
import type { KeyPair } from './sign.ts';

export interface Paired {
  readonly state: 'paired';
  readonly site: Site;
  readonly pair: KeyPair;
  readonly account: string;
}

export type Sight =
  /** No site that was asked has an active key of this id. */
  | { readonly state: 'unknown' }
  /** Active; none of the secrets at hand is its own. */
  | { readonly state: 'active'; readonly site: Site }
  /** Active, and the secret is its own. */
  | Paired;

export const NOT_FOUND = 'AuthFailure.SecretIdNotFound';
const MISMATCH = 'AuthFailure.SignatureFailure';
const IDENTITY = z.object({ Response: z.object({ AccountId: z.string(), Arn: z.string() }) });
/** Fits no key: what is then said of the signature shows whether the id is active. */
const NO_SECRET = new Secret('x'.repeat(32));

/**
 * Asks each site who signs with this id: without the right secret, the error tells whether the id is active. One that is
 * down keeps neither the other nor the lane from going on.
 */
export async function look(
  id: string,
  secrets: readonly Secret[],
  sites: readonly Site[],
  signal: AbortSignal,
  call: Call,
): Promise<Sight> {
  const candidates = secrets.length > 0 ? secrets.slice(0, MAX_HALVES) : [NO_SECRET];
  /** Undefined where the id is not active. */
  const lookAt = async (site: Site): Promise<Sight | undefined> => {
    for (const secret of candidates) {
      const pair = { id, secret };
      const reply = await call({ site, service: 'sts', pair }, 'GetCallerIdentity', {}, signal);
      if (reply.error === undefined) {
        const { AccountId } = reply.answer.json(IDENTITY).Response;
        return { state: 'paired', site, pair, account: AccountId };
      }
      if (reply.error === NOT_FOUND) return undefined;
      if (reply.error !== MISMATCH) throw unexpected(reply.upstream, reply.answer);
    }
    return { state: 'active', site };
  };
  return (await firstSparingTheLane(sites, lookAt)) ?? { state: 'unknown' };
}
