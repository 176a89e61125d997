/** One registry, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, isEmptyOrJson, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked, suspended, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { bearer, secretPath } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

/** A token is its own id. */
export const FOUND = z.object({});
type Found = z.output<typeof FOUND>;

const NEEDS_OWNER = refused(
  'not-permitted',
  'The registry wants a one-time password, or an address that the token is limited to: its owner must revoke it.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'The registry knows this token but does not let it revoke itself: its owner must revoke it.',
);

const KEPT_OUT = refused(
  'manual',
  'The registry took this token before and refuses it now, as registries do while its user is locked or disabled, too: see there whether the token is gone, and revoke it if it is not.',
);

const NEEDING_OWNER: AnswerRow<'needs-owner'> = {
  statuses: [401],
  read: (answer) => (needsOwner(answer) ? { means: 'needs-owner' } : undefined),
};
/** Nexus Repository says no more than its name: https://github.com/npm/npm/issues/20695 (2026-11-30). */
const REFUSED_BY_NEXUS: AnswerRow<'absent'> = {
  statuses: [401],
  read(answer) {
    const isOfNexus = /^basic realm="sonatype nexus /i.test(answer.header('www-authenticate') ?? '');
    return isOfNexus && answer.text.trim() === '' ? { means: 'absent' } : undefined;
  },
};
const GREETED = z.object({ username: z.string().min(1) });
const NOBODY = z.strictObject({ username: z.union([z.literal(''), z.null()]).optional() });
/** Verdaccio 6.8 of a token whose key was deleted. */
const NO_ACCESS = z.object({ error: z.string().regex(/^unauthorized access$/i) });

export function accountOf(url: string, tools: Tools): Account<Found> {
  const upstream = tools.upstream(url);
  /** @throws {Failure} */
  const end = async (path: Secret, token: Secret, signal: AbortSignal): Promise<Answer> => {
    const headers = { authorization: bearer(token) };
    const statuses = [200, 204, 401, 403, 404, 405];
    const answer = await upstream.request({ method: 'DELETE', path, headers, statuses, signal });
    if (!isEmptyOrJson(answer) && !needsOwner(answer)) throw unexpected(upstream, answer);
    return answer;
  };

  return {
    name: upstream.base,
    keptOut: KEPT_OUT,
    async look(token, { signal }): Promise<Sight<Found>> {
      const headers = { authorization: bearer(token) };
      const { means, answer } = await ask<AnswerRow<Sight<Found>['state'] | 'needs-owner' | 'forbidden'>>(
        upstream,
        { method: 'GET', path: '/-/whoami', headers, signal, tells: { owner: 'username' } },
        [
          row([200], GREETED, 'alive'),
          // Some registries answer an unknown token as an anonymous user, which does not prove its death.
          row([200], NOBODY, 'absent'),
          NEEDING_OWNER,
          row([401], z.looseObject({}), 'absent'),
          REFUSED_BY_NEXUS,
          row([403], NO_ACCESS, 'absent'),
          row([403], z.looseObject({}), 'forbidden'),
        ],
      );
      if (means === 'alive') return { state: 'alive', found: {}, by: 'by-value' };
      if (means === 'needs-owner') return { state: 'unable', refusal: NEEDS_OWNER };
      if (means === 'absent') return { state: 'absent' };
      throw suspended(upstream, answer.status);
    },
    async revoke(_found, token, { signal }) {
      const answers: Answer[] = [];
      for (const path of [secretPath`/-/user/token/${token}`, secretPath`/-/npm/v1/tokens/token/${token}`]) {
        const answer = await end(path, token, signal).catch((error: unknown) => {
          // The first call took it, so the look afterwards decides: Verdaccio (6.8) fails where it has ended it already.
          if (error instanceof Failure && answers.some(isTaken)) return undefined;
          throw error;
        });
        if (answer) answers.push(answer);
      }
      if (answers.some(isTaken)) return revoked();
      if (answers.some(needsOwner)) return NEEDS_OWNER;
      if (answers.some(({ status }) => status === 401 || status === 403)) return NOT_PERMITTED;
      // The token works but neither call knows it: an earlier attempt may have ended it, which takes up to an hour.
      throw new Failure('still-active', { target: upstream.base });
    },
  };
}

function isTaken({ status }: Answer): boolean {
  return status < 300;
}

/** As npm's own client tells it. */
function needsOwner(answer: Answer): boolean {
  if (answer.status !== 401) return false;
  const challenges = (answer.header('www-authenticate') ?? '').toLowerCase().split(/[,\s]+/);
  return challenges.includes('otp') || challenges.includes('ipaddress') || /one-time pass/.test(answer.text);
}
