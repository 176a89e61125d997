/** Slack's answers, which always have the status 200. */

import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { suspended, unexpected } from '../../src/provider/kit/results.ts';
import { subjectIn } from '../../src/provider/kit/subject.ts';
import { tell } from '../../src/provider/telling.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const REPLY = z.object({
  ok: z.boolean(),
  revoked: z.boolean().optional(),
  error: z.string().optional(),
});

/** Of this very token. */
const DEAD = new Set(['token_expired', 'token_revoked']);
/** Slack accepts the token, but it lacks the right. */
const REFUSING = new Set([
  'access_denied',
  'ekm_access_denied',
  'enterprise_is_restricted',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
]);
/** Of Slack itself, or of a workspace that is being moved. */
const PASSING = new Set([
  'fatal_error',
  'internal_error',
  'org_login_required',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/**
 * `inactive`: its user, bot or workspace is deactivated, which can be taken back;
 * `invalid`: it does not exist here, or its app does not allow our address.
 */
export type Says = 'revoked' | 'works' | 'dead' | 'inactive' | 'invalid' | 'refusing';

/** @throws {Failure} */
export async function say(
  api: Upstream,
  method: 'auth.revoke' | 'auth.test',
  token: Secret,
  signal: AbortSignal,
): Promise<Says> {
  const answer = await api.request({
    method: 'POST',
    path: `/${method}`,
    headers: { authorization: bearer(token) },
    form: {},
    statuses: [200],
    signal,
    ...(method === 'auth.test' && { readOnly: true }),
  });
  const { ok, revoked, error = '' } = answer.json(REPLY);
  if (ok && method === 'auth.test') {
    tell({
      ...subjectIn(answer, { owner: ['user', 'bot_id'], account: ['team', 'team_id'], reach: 'url' }),
      scopes: answer.header('x-oauth-scopes'),
    });
    return 'works';
  }
  if (ok && revoked === true) return 'revoked';
  if (ok) throw unexpected(api, answer);
  if (PASSING.has(error)) throw new Failure('unavailable', { scope: 'entry', target: api.base });
  // Of the network that we call from, as the list of errors of each method has it.
  if (error === 'accesslimited') throw suspended(api, 200);
  if (DEAD.has(error)) return 'dead';
  if (error === 'account_inactive') return 'inactive';
  if (error === 'invalid_auth') return 'invalid';
  if (REFUSING.has(error)) return 'refusing';
  throw unexpected(api, answer);
}
