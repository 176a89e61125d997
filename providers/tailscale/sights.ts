/** What is seen of a key, and how far that shows that the reported text is this very key. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { heldUnproven, refused, unknownAt } from '../../src/provider/kit/results.ts';
import type { Refused, Step, Unknown } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { isShown } from './auth-keys.ts';
import { type Caller, keyItself, logIn } from './callers.ts';
import { idOf, isListed, look, NOBODYS_ID, withId } from './keys.ts';
import { API_TOKEN, AUTH_KEY, HOST, OAUTH_CLIENT, TAILNET } from './kinds.ts';

export type Sight =
  | { readonly state: 'alive'; readonly isProven: boolean; readonly caller: Caller }
  /** Tailscale reports the state of this very key. */
  | { readonly state: 'dead' }
  | { readonly state: 'ended'; readonly result: Refused | Unknown };

export interface Asked {
  readonly upstream: Upstream;
  /** Absent when the operator has none; then API tokens alone are taken. */
  readonly operator: Caller | undefined;
}

export async function sightOf({ upstream, operator }: Asked, token: Secret, step: Step): Promise<Sight> {
  const { kind, signal } = step;
  const id = idOf(token);
  const caller = operator && kind !== API_TOKEN.id ? operator : keyItself(upstream, token);
  const isClient = kind === OAUTH_CLIENT.id;
  if (isClient) {
    const issued = await logIn(upstream, { id, secret: token }, signal);
    if (typeof issued === 'string') return ended(unknownAt(issued === 'refused' ? [HOST] : []));
    step.sawAlive(HOST);
    const forged = logIn(upstream, { id: NOBODYS_ID, secret: withId(NOBODYS_ID, token) }, signal);
    await mustRefuse(
      upstream,
      forged.then((answer) => typeof answer !== 'string'),
    );
  }
  const isAuthKey = kind === AUTH_KEY.id;
  const seen = await look(upstream, { id, kind }, caller, signal);
  switch (seen) {
    case 'alive':
      return { state: 'alive', isProven: !isAuthKey || (await isShown(upstream, token, signal)), caller };
    case 'invalid':
      // It has logged in just now, whatever its record says.
      if (isClient) throw new Failure('still-active', { target: upstream.base });
      // Of the key with this id, which need not be the one that leaked.
      if (!isAuthKey || step.seenAlive.includes(HOST)) return { state: 'dead' };
      return ended(unknownAt([TAILNET], RECORD_ENDED, { id }));
    case 'other-kind':
      return ended(refused('wrong-record', OTHER_KIND, { id }));
    case 'refused':
      return ended(unknownAt(wasDeleted(step) ? [HOST] : [], REFUSED));
    case 'shut-out':
      // Not even where it was seen to work is that its end.
      return ended(unknownAt([]));
    case 'not-permitted':
      return ended(NOT_PERMITTED);
    case 'absent': {
      if (isClient) return ended(refused('not-permitted', OF_ANOTHER_TAILNET, { id }));
      // Tailscale gives this answer only to an API token that it accepts.
      if (!isAuthKey) return ended(unknownAt([], UNKNOWN));
      const isGone = wasDeleted(step) && !(await isListed(upstream, id, caller, signal));
      return ended(unknownAt([isGone ? HOST : TAILNET], UNKNOWN));
    }
  }
}

/** Tailscale took the deletion: only then a refusal is the end of an API token that worked. */
const DELETED = z.object({ deleted: z.literal(true) });
export const NOTE_OF_DELETION = { deleted: true } satisfies z.output<typeof DELETED>;

function wasDeleted({ note }: Step): boolean {
  return DELETED.safeParse(note).success;
}

function ended(result: Refused | Unknown): Sight {
  return { state: 'ended', result };
}

export const UNPROVEN = (id: string) =>
  heldUnproven(
    undefined,
    { id },
    'The tailnet has a key with this id, but nothing shows that its secret leaked, as the id is public: look at the location, and approve when the whole key stands there.',
  );

export const NOT_PERMITTED = refused(
  'not-permitted',
  'This API token may not delete keys: delete it in the admin console, or wait, as those of OAuth clients last an hour.',
);
const UNKNOWN =
  'The tailnet that was asked has no such key: it may be of another tailnet; look there, and delete it.';
const REFUSED =
  'Tailscale does not let this API token in: it is dead, or its user is suspended, with whom it would come back. Look for its id in the admin console under Keys, and revoke it there.';
const RECORD_ENDED =
  'The key with this id was revoked or has expired, but nothing shows that the reported text is that key: look at the location.';
const OTHER_KIND =
  'The id in this text is that of a key of another kind, so the text is no key that Tailscale issued: look at the location.';
const OF_ANOTHER_TAILNET =
  'The OAuth client works, but is of another tailnet than the configured one: delete it in the admin console there.';
