/** What the token information API says of a token, kind by kind. */
import { z } from 'zod';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { isAccessToken } from './kinds.ts';
import type { Sight } from './method.ts';

/**
 * An access token's end. `active` tells less: it is also false of a token that works again once a feature flag is on.
 * It ends as the given day begins, in UTC; a day later that is so everywhere.
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
const TRIGGER = z.object({ id: z.int() });
const JOB = z.object({ job: z.object({ id: z.int() }) });

/** Only some kinds keep a record after their end; the others are alive as long as GitLab finds them. */
export function read(
  answer: Answer,
  { kind, clock }: { readonly kind: string; readonly clock: Clock },
): Sight {
  if (isAccessToken(kind)) {
    const { id, revoked, expires_at } = answer.json(PERSONAL);
    return revoked || hasSurelyEnded(expires_at, clock, answer) ? { state: 'dead' } : { state: 'alive', id };
  }
  switch (kind) {
    case 'deploy-token': {
      const { revoked, expired } = answer.json(DEPLOY);
      return { state: revoked || expired ? 'dead' : 'alive' };
    }
    case 'agent-token':
      return { state: answer.json(AGENT).status === 'revoked' ? 'dead' : 'alive' };
    case 'trigger-token':
      // Its end keeps nobody from using it, see `trigger.ts`.
      return { state: 'alive', id: answer.json(TRIGGER).id };
    case 'job-token':
      return { state: 'alive', id: answer.json(JOB).job.id };
    default:
      answer.json(z.looseObject({}));
      return { state: 'alive' };
  }
}
