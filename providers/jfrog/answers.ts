/** What the answers to calls of either kind mean. */
import { z } from 'zod';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Sight } from '../../src/provider/kit/tenants.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';

const NOT_PERMITTED = refused(
  'not-permitted',
  'JFrog knows this token but does not let it act on itself: revoke it by hand in the administration of the platform.',
);
const NO_ID = refused(
  'unsupported-kind',
  'JFrog takes this token but cannot look it up: the instance is older than 7.53.1 or keeps no record of it; revoke it by hand, or wait until it expires.',
);

/** Access and Artifactory both report errors so; a proxy does not. */
const ERRORS = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

export function declined(upstream: Upstream, answer: Answer): Sight<never> {
  if (answer.maybeJson(ERRORS) === undefined) throw unexpected(upstream, answer);
  if (answer.status === 401) return { state: 'absent' };
  return { state: 'unable', refusal: answer.status === 403 ? NOT_PERMITTED : NO_ID };
}

/** What a good answer holds is not documented, but it is no page. */
export function concluded(upstream: Upstream, answer: Answer, evidence: Readonly<Record<string, string>>) {
  if (answer.status === 403 && answer.maybeJson(ERRORS)) return NOT_PERMITTED;
  if (answer.status === 403 || !isEmptyOrJson(answer)) throw unexpected(upstream, answer);
  return revoked(evidence);
}
