/**
 * Authentication tokens of users.
 *
 * Docs: https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens
 *
 * - One is a JWT whose claims are the committer's text until an instance has let the token in. Its id is its `jti`,
 *   listed with its owner, never with its text.
 * - 401 means anything, also that token authentication is turned off: a token is dead when its record says disabled, or
 *   is gone from where the token was let in before.
 */
import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { eachOf, sparingTheLane } from '../../src/provider/kit/places.ts';
import { alreadyInactive, revoked } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import {
  acceptsToken,
  disableToken,
  type Instance,
  type TokenIds,
  tokenStatus,
  UNKNOWN,
} from './instance.ts';

export const AUTHENTICATION_TOKEN: TokenKind = {
  id: 'authentication-token',
  types: ['gitleaks_rule_id_splunkauthtoken'],
  pattern: /(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}(?![\w-])/,
  effect: 'token',
};

/** Base URL of the instance at which an authentication token was alive. */
const NOTE = z.object({ instance: z.string() });

export function authenticationTokens(instances: readonly Instance[]): Part {
  return {
    kinds: [AUTHENTICATION_TOKEN],
    isAble: instances.length > 0,
    revoke: (token, step) => revokeToken(instances, token, step),
    verify: (token, step) => verifyToken(instances, token, step),
  };
}

async function revokeToken(instances: readonly Instance[], token: Secret, step: Step): Promise<RevokeResult> {
  const found = await searchToken(instances, token, step);
  const ids = idsOf(token);
  if (found.sight === 'absent' || !ids) return UNKNOWN;
  const { sight, instance } = found;
  if (sight === 'dead') return alreadyInactive({ instance: instance.upstream.base });
  step.remember({ instance: instance.upstream.base } satisfies z.output<typeof NOTE>);
  await sparingTheLane(instances, () => disableToken(instance, ids, step.signal));
  return revoked({ instance: instance.upstream.base, tokenId: ids.id });
}

async function verifyToken(instances: readonly Instance[], token: Secret, step: Step): Promise<Liveness> {
  const { sight } = await searchToken(instances, token, step);
  return sight === 'absent' ? 'unknown' : sight;
}

type Found = { readonly sight: 'alive' | 'dead'; readonly instance: Instance } | { readonly sight: 'absent' };

async function searchToken(instances: readonly Instance[], token: Secret, step: Step): Promise<Found> {
  const ids = idsOf(token);
  const seen = NOTE.safeParse(step.note).data?.instance;
  if (!ids) return { sight: 'absent' };
  const found = await eachOf(instances, async (instance): Promise<Found | undefined> => {
    if (seen !== undefined && instance.upstream.base !== seen) return undefined;
    if (await acceptsToken(instance, token, ids, step.signal)) return { sight: 'alive', instance };
    const status = await tokenStatus(instance, ids, step.signal);
    // A record that is gone proves something only where there was one.
    const isDead = status === 'disabled' || (status === 'none' && seen !== undefined);
    return isDead ? { sight: 'dead', instance } : undefined;
  });
  return found[0] ?? { sight: 'absent' };
}

/** Whose token it says it is; undefined for what is no Splunk token. */
function idsOf(token: Secret): TokenIds | undefined {
  try {
    const { sub, jti } = decodeJwt(token.reveal());
    return sub && jti ? { user: sub, id: jti } : undefined;
  } catch {
    return undefined;
  }
}
