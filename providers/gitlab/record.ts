/** What the token information API says of a token, kind by kind. */
import { z } from 'zod';
import type { Answer } from '../../src/provider/upstream.ts';
import { isAccessToken } from './kinds.ts';
import type { Sight } from './method.ts';

/** Our clock and GitLab's may differ by this much. */
const CLOCK_SKEW_MS = 60_000;

/**
 * An access token's end. `active` tells less: it is also false of a token that works again once a feature flag is on.
 * It ends as the given day begins, in UTC; a day later that is so by anybody's clock.
 */
export const ACCESS_TOKEN = z.object({ revoked: z.boolean(), expires_at: z.iso.date().nullable() });

/** Whose it is and what it reaches. */
export const ACCESS_TOKEN_TELLS = {
  owner: 'user_id',
  name: 'name',
  scopes: 'scopes',
  created: 'created_at',
  expires: 'expires_at',
  lastUsed: 'last_used_at',
} as const;

const PERSONAL = ACCESS_TOKEN.extend({ id: z.int() });
const DEPLOY = z.object({ revoked: z.boolean(), expired: z.boolean() });
const AGENT = z.object({ status: z.enum(['active', 'revoked']) });
const TRIGGER = z.object({ expires_at: z.iso.datetime({ offset: true }).nullable() });
const JOB = z.object({ job: z.object({ id: z.int() }) });

export function hasEnded({ revoked, expires_at }: z.output<typeof ACCESS_TOKEN>, nowMs: number): boolean {
  return revoked || (expires_at !== null && expires_at < new Date(nowMs).toISOString().slice(0, 10));
}

/** Only some kinds keep a record after their end; the others are alive as long as GitLab finds them. */
export function read(
  answer: Answer,
  { kind, nowMs }: { readonly kind: string; readonly nowMs: () => number },
): Sight {
  if (isAccessToken(kind)) {
    const { id, ...record } = answer.json(PERSONAL);
    return hasEnded(record, nowMs()) ? { state: 'dead' } : { state: 'alive', id };
  }
  switch (kind) {
    case 'deploy-token': {
      const { revoked, expired } = answer.json(DEPLOY);
      return { state: revoked || expired ? 'dead' : 'alive' };
    }
    case 'agent-token':
      return { state: answer.json(AGENT).status === 'revoked' ? 'dead' : 'alive' };
    case 'trigger-token': {
      const { expires_at } = answer.json(TRIGGER);
      const expired = expires_at !== null && Date.parse(expires_at) <= nowMs() + CLOCK_SKEW_MS;
      return { state: expired ? 'dead' : 'alive' };
    }
    case 'job-token':
      return { state: 'alive', id: answer.json(JOB).job.id };
    default:
      answer.json(z.looseObject({}));
      return { state: 'alive' };
  }
}
