/** What Slack says, always with the status 200. */
import { z } from 'zod';

export const REPLY = z.object({
  ok: z.boolean(),
  revoked: z.boolean().optional(),
  error: z.string().optional(),
});

export const DEAD = new Set(['account_inactive', 'token_expired', 'token_revoked']);
export const REFUSING = new Set([
  'access_denied',
  'ekm_access_denied',
  'enterprise_is_restricted',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
]);
/** Of Slack itself, or of a workspace that is being moved. */
export const PASSING = new Set([
  'fatal_error',
  'internal_error',
  'org_login_required',
  'ratelimited',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);
