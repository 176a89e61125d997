/** The token's own call, and what ends without one. */
import { z } from 'zod';
import { livenessOf, refused, shows } from '../../src/provider/kit/results.ts';
import { mustShareTime } from '../../src/provider/kit/signed-time.ts';
import type { Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Of rules that find tokens of both kinds. */
export const GITLAB_TYPE = 'gitleaks_rule_id_twitter_token';

const PROBLEM = { title: z.string(), type: z.string() };
/** "Invalid or expired token", as the documentation of app-only tokens shows it. */
const INVALID = z.object({ errors: z.tuple([z.object({ code: z.literal(89) })]) });
const REFUSED = [
  { status: 401, body: z.object({ ...PROBLEM, title: z.literal('Unauthorized'), status: z.literal(401) }) },
  { status: 401, body: INVALID },
];
const LET_IN = { status: 200, body: z.object({ data: z.looseObject({}) }) };
/** Of the app: whoever pays for its calls has no credits left, which X looks at after the token; or it may not make them. */
const LIMITED = [
  { status: 402, body: z.object(PROBLEM) },
  { status: 403, body: z.object({ ...PROBLEM, status: z.literal(403).optional() }) },
];

export const HOST = 'https://api.x.com';

export const OF_NO_APP = refused(
  'not-permitted',
  'The token works, but no configured app could revoke it: add its app to providers.x and retry, or revoke it in the developer console.',
);

/** @param path a call that the token may make, and that is about the caller alone */
export async function lookAt(
  upstream: Upstream,
  path: string,
  token: Secret,
  signal: AbortSignal,
): Promise<'alive' | 'dead'> {
  const seen = await lookWith(upstream, path, { headers: { authorization: bearer(token) } }, signal);
  return seen === 'dead' ? 'dead' : 'alive';
}

/**
 * The same where the token is no bearer. `limited`: by what is said of its app alone.
 * @param signedBy the clock by which it signs, if it does
 */
export async function lookWith(
  upstream: Upstream,
  path: string,
  as: Pick<UpstreamRequest, 'headers' | 'byRightOf'>,
  signal: AbortSignal,
  signedBy?: Clock,
): Promise<'alive' | 'limited' | 'dead'> {
  const statuses = [200, 401, 402, 403];
  const answer = await upstream.request({ method: 'GET', path, ...as, statuses, signal });
  if (signedBy && answer.status === 401) mustShareTime(upstream, answer, signedBy);
  if (shows(answer, LIMITED)) return 'limited';
  return livenessOf(upstream, answer, { dead: REFUSED, alive: [LET_IN] });
}
