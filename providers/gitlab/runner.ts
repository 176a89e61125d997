/**
 * Runners that reset their own token, without a credential of ours. To be asked whether its token works is a sign of
 * life of the runner: each time GitLab notes that it was there, and from which address, until an idle one looks online
 * and is spared when stale runners are cleaned up. So it is asked once.
 */
import { Failure } from '../../src/provider/failure.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { refused } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import {
  ABSENT,
  API_ERROR,
  type Away,
  type Ending,
  type Method,
  READ_ONLY,
  type Sight,
  unable,
  unread,
} from './method.ts';

const ROTATION_CLOSED = refused(
  'not-permitted',
  'GitLab no longer lets this runner reset its token: configure an administrator token for its instance, or delete the runner.',
);
const ORPHANED = refused(
  'not-permitted',
  'GitLab knows this runner but not the project or group that it belonged to: delete the runner in the Admin area.',
);

/** Without more, a 403 is how GitLab says that it knows no such runner. */
const UNKNOWN_RUNNER = API_ERROR.refine(
  ({ message }) => typeof message === 'string' && message.startsWith('403 Forbidden'),
);

export function runnerMethod(upstream: Upstream): Method {
  return {
    looksOnce: true,
    async look(token, signal): Promise<Sight> {
      // What it changes is none of the credential's, see above. A good answer holds the runner's token.
      const request = { method: 'POST', path: '/api/v4/runners/verify', readOnly: true } as const;
      const { means, answer } = await ask<AnswerRow<Sight | Away>>(
        upstream,
        { ...request, json: { token }, signal },
        [
          unread([200], { state: 'alive' }),
          row([403], UNKNOWN_RUNNER, ABSENT),
          unread([403], 'unavailable'),
          unread([404], 'misconfigured'),
          row([422], API_ERROR, unable(ORPHANED)),
        ],
      );
      if (typeof means === 'string')
        throw new Failure(means, { target: upstream.base, status: answer.status });
      return means;
    },
    async revoke(token, _id, signal) {
      // A good answer holds the runner's new token, so nothing may look at its body.
      const request = { method: 'POST', path: '/api/v4/runners/reset_authentication_token' } as const;
      const { means, answer } = await ask<AnswerRow<Ending | 'unavailable'>>(
        upstream,
        { ...request, json: { token }, signal },
        [
          unread([200, 201, 204], 'done'),
          row([403], UNKNOWN_RUNNER, 'gone'),
          row([403], READ_ONLY, 'unavailable'),
          row([403], API_ERROR, ROTATION_CLOSED),
        ],
      );
      if (means === 'unavailable') throw new Failure(means, { target: upstream.base, status: answer.status });
      return means;
    },
  };
}
