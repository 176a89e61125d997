/**
 * What GitLab's API says of what is not there, or not for us: `{"message":"404 Project Not Found"}`, or
 * `{"error":"404 Not Found"}` where it has no such path (`not_found!` in `lib/api/helpers.rb`, `lib/api/api.rb`).
 */
import { z } from 'zod';
import { Failure } from './failure.ts';
import type { Answer, Upstream } from './upstream.ts';

const NOT_FOUND = z.union([
  z.object({ message: z.string().regex(/^404\b/) }),
  z.object({ error: z.literal('404 Not Found') }),
]);

/** Whether that is an answer of GitLab, and no page of a proxy before it. */
export function isOfGitlab(answer: Pick<Answer, 'maybeJson'>): boolean {
  return answer.maybeJson(NOT_FOUND) !== undefined;
}

/** @throws {Failure} at a 404 of a proxy before it, as there is one while GitLab is being deployed: it tells of nothing */
export function mustBeOfGitlab({ base: target }: Pick<Upstream, 'base'>, answer: Answer): void {
  const { status } = answer;
  if (status === 404 && !isOfGitlab(answer)) throw new Failure('unexpected-answer', { target, status });
}

/** Of a failure of one thing: some proxies put a page of their own in place of each 404, also of GitLab's. */
export function isPageForOne(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  return error.code === 'unexpected-answer' && error.status === 404 && error.scope === 'entry';
}
