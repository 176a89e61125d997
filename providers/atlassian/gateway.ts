/**
 * How `https://api.atlassian.com` refuses what it knows, as well as what it does not. The vendor's examples ask for JSON in
 * every call that has an answer to read.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { credentialFailure } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';

/**
 * The credential works, and has no scope for this call, which is no 403: https://github.com/raycast/extensions/issues/11212
 * and, for scoped API tokens, https://github.com/stablyai/orca/pull/20092 (2026-11-30).
 */
export const OUT_OF_SCOPE = z.object({ code: z.literal(401), message: z.string().regex(/\bscope\b/i) });

/** The failure that a 401 or 403 to a call with the operator's key means. */
export function keyFailure(upstream: Upstream, answer: Answer): Failure {
  const { status } = answer;
  if (!answer.maybeJson(OUT_OF_SCOPE)) return credentialFailure(upstream, answer);
  return new Failure('permission-missing', { target: upstream.base, status });
}
