/** Access tokens that revoke themselves, without a credential of ours. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { refused, suspended } from '../../src/provider/kit/results.ts';
import type { Refused } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import {
  ABSENT,
  API_ERROR,
  type Away,
  type Method,
  READ_ONLY,
  type Sight,
  unable,
  unread,
} from './method.ts';
import { ACCESS_TOKEN, ACCESS_TOKEN_TELLS } from './record.ts';

export const SELF_PATH = '/api/v4/personal_access_tokens/self';

const NOT_BY_ITSELF = refused(
  'not-permitted',
  'GitLab does not let this token revoke itself, as is so for impersonation tokens: configure an administrator token for its instance, or revoke it by hand.',
);
const USER_BARRED = refused(
  'not-permitted',
  'GitLab knows this token but does not let its user act: configure an administrator token for its instance, or revoke it by hand before the user is let in again.',
);
const NOT_USABLE_HERE = refused(
  'not-permitted',
  'GitLab wants more than this token to act for its user (DPoP, or impersonation is turned off): configure an administrator token for its instance, or revoke it by hand.',
);
const NOT_AN_ACCESS_TOKEN = refused(
  'unsupported-kind',
  'GitLab knows this token but it is no access token: revoke it by hand.',
);
const TOO_NARROW = refused(
  'not-permitted',
  'This token works, and lacks the permission to revoke itself, as a fine-grained one may: configure an administrator token for its instance, or revoke it by hand.',
);

/** GitLab answers 401 for tokens that are dead, that it does not know, and that it only does not take this way. */
const UNAUTHORIZED = [
  row([401], described(/^Token (was revoked|is expired)\b/), { state: 'dead' }),
  row([401], z.object({ error: z.literal('dpop_error') }), unable(NOT_USABLE_HERE)),
  row([401], described(/impersonation/i), unable(NOT_USABLE_HERE)),
  row([401], z.object({ message: z.literal('401 Unauthorized') }), ABSENT),
  row([401], described(/^Bad Access Token/), ABSENT),
] as const;

const BARRED = row([403], API_ERROR.refine(isOfGitlab), unable(USER_BARRED));
/** GitLab has let the token in, and only then found that it may not do this. */
const NARROW = z.object({ error: z.literal('insufficient_granular_scope') });
/** A proxy or an address ban answers 403 as well, and says nothing about the token. */
const NOT_OF_GITLAB = unread([403], 'unavailable');

export function accessTokenMethod(upstream: Upstream): Method {
  const call = (method: 'GET' | 'DELETE', token: Secret, signal: AbortSignal) =>
    ({
      method,
      path: SELF_PATH,
      headers: { 'PRIVATE-TOKEN': token },
      signal,
      tells: ACCESS_TOKEN_TELLS,
    }) as const;

  return {
    async look(token, signal): Promise<Sight> {
      const { means, answer } = await ask<AnswerRow<Sight | Away>>(upstream, call('GET', token, signal), [
        // GitLab has let it in, so its end has not come, whatever our clock says.
        row([200], ACCESS_TOKEN, ({ revoked }): Sight => ({ state: revoked ? 'dead' : 'alive' })),
        unread([400], unable(NOT_AN_ACCESS_TOKEN)),
        ...UNAUTHORIZED,
        // It may all the same have the right to revoke itself.
        row([403], NARROW, { state: 'alive' }),
        BARRED,
        NOT_OF_GITLAB,
        unread([404], 'misconfigured'),
      ]);
      if (typeof means === 'string')
        throw new Failure(means, { target: upstream.base, status: answer.status });
      return means;
    },
    async revoke(token, _id, signal) {
      const { means, answer } = await ask<AnswerRow<'done' | Refused | Sight | Away>>(
        upstream,
        call('DELETE', token, signal),
        [
          unread([204], 'done'),
          // The look has just gone to the same address, so nothing but a GitLab that takes no changes redirects this.
          unread([301], 'unavailable'),
          unread([400], NOT_BY_ITSELF),
          ...UNAUTHORIZED,
          row([403], NARROW, TOO_NARROW),
          row([403], READ_ONLY, 'unavailable'),
          BARRED,
          NOT_OF_GITLAB,
        ],
      );
      if (means === 'done') return means;
      if (typeof means === 'string') {
        throw new Failure(means, { target: upstream.base, status: answer.status });
      }
      if ('outcome' in means) return means;
      if (means.state === 'unable') return means.refusal;
      // What says no more than that GitLab does not take it is for the next look to judge.
      return means.state === 'dead' ? 'done' : suspended(upstream, answer.status);
    },
  };
}

function described(pattern: RegExp) {
  return z.object({ error_description: z.string().regex(pattern) });
}

function isOfGitlab({ message, error }: z.output<typeof API_ERROR>): boolean {
  return message !== undefined || error !== undefined;
}
