/** What the answers to calls of either kind mean. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Sight } from '../../src/provider/kit/accounts.ts';
import { row } from '../../src/provider/kit/answers.ts';
import { refused } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';

export const PLACES = { open: 'Every instance issues its own, and only the configured ones are asked.' };

export const NOT_PERMITTED = refused(
  'not-permitted',
  'JFrog knows this token but does not let it act on itself: revoke it by hand in the administration of the platform.',
);
const NO_ID = refused(
  'unsupported-kind',
  'JFrog takes this token but cannot look it up: the instance is older than 7.53.1 or keeps no record of it; revoke it by hand, or wait until it expires.',
);

export const KEPT_OUT = refused(
  'manual',
  'JFrog took this token before and refuses it now, which it may do while its user is disabled, too: see in the administration of the platform whether the token is gone, and revoke it there.',
);

/** Access and Artifactory both report errors so; a proxy does not. */
const ERRORS = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

/** Said for some seconds after log-ins that failed, also to a token that works. https://github.com/conan-io/conan/issues/17080 */
const BLOCKED = row(
  [403],
  z.object({ errors: z.tuple([z.object({ message: z.string().regex(/recurrent login failures/) })]) }),
  'blocked',
);
const BLOCKED_MS = 30_000;

/** @throws {Failure} where the instance blocks our calls, as after a flood of made-up tokens */
export function unlessBlocked<Means>({ base }: Upstream, means: Means | 'blocked'): Means {
  if (means !== 'blocked') return means;
  throw new Failure('throttled', { target: base, status: 403, retryAfterMs: BLOCKED_MS });
}

/** Of a look. */
export const DECLINED = [
  BLOCKED,
  row([401], ERRORS, { state: 'absent' } satisfies Sight<never>),
  row([403], ERRORS, { state: 'unable', refusal: NOT_PERMITTED } satisfies Sight<never>),
  row([404], ERRORS, { state: 'unable', refusal: NO_ID } satisfies Sight<never>),
];

/** Of a revocation. What a good answer holds is not documented, but it is no page. */
export const CONCLUDED = [row([200, 204], 'revoked'), BLOCKED, row([403], ERRORS, 'forbidden')] as const;
