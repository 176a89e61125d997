/** Tokens that can revoke themselves, without a credential of ours: access tokens and runners. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { API_ERROR, type Method, refused, type Sight } from './method.ts';

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
const ROTATION_CLOSED = refused(
  'not-permitted',
  'GitLab no longer lets this runner reset its token: configure an administrator token for its instance, or delete the runner.',
);

const SELF = z.object({ revoked: z.boolean(), active: z.boolean() });

export function accessTokenMethod(upstream: Upstream): Method {
  return {
    async look(token, signal) {
      const answer = await upstream.request({
        method: 'GET',
        path: SELF_PATH,
        headers: { 'PRIVATE-TOKEN': token },
        statuses: [200, 400, 401, 403, 404],
        signal,
      });
      return readSelf(upstream, answer);
    },
    async revoke(token, _id, signal) {
      const answer = await upstream.request({
        method: 'DELETE',
        path: SELF_PATH,
        headers: { 'PRIVATE-TOKEN': token },
        statuses: [204, 400, 401, 403],
        signal,
      });
      if (answer.status === 204) return 'done';
      if (answer.status === 400) return NOT_BY_ITSELF;
      const sight = readSelf(upstream, answer);
      return sight.state === 'unable' ? sight.refusal : 'done';
    },
  };
}

function readSelf(upstream: Upstream, answer: Answer): Sight {
  switch (answer.status) {
    case 200: {
      const { revoked, active } = answer.json(SELF);
      return { state: revoked || !active ? 'dead' : 'alive' };
    }
    case 400:
      return { state: 'unable', refusal: NOT_AN_ACCESS_TOKEN };
    case 401:
      return readUnauthorized(upstream, answer);
    case 403:
      return barred(upstream, answer);
    default:
      throw new Failure('misconfigured', { target: upstream.base, status: answer.status });
  }
}

/** GitLab answers 401 for tokens that are dead, that it does not know, and that it only does not take this way. */
function readUnauthorized(upstream: Upstream, answer: Answer): Sight {
  const { error, error_description = '', message } = answer.json(API_ERROR);
  if (/^Token (was revoked|is expired)\b/.test(error_description)) return { state: 'dead' };
  if (error === 'dpop_error' || /impersonation/i.test(error_description)) {
    return { state: 'unable', refusal: NOT_USABLE_HERE };
  }
  if (message === '401 Unauthorized' || error_description.startsWith('Bad Access Token')) {
    return { state: 'absent' };
  }
  throw new Failure('unexpected-answer', { target: upstream.base, status: answer.status });
}

/** A proxy or an address ban answers 403 as well, and says nothing about the token. */
function barred(upstream: Upstream, answer: Answer) {
  const body = answer.maybeJson(API_ERROR);
  if (body?.message === undefined && body?.error === undefined) {
    throw new Failure('unavailable', { target: upstream.base, status: answer.status });
  }
  return { state: 'unable', refusal: USER_BARRED } as const;
}

export function runnerMethod(upstream: Upstream): Method {
  return {
    async look(token, signal) {
      const answer = await upstream.request({
        method: 'POST',
        path: '/api/v4/runners/verify',
        json: { token },
        statuses: [200, 403, 404],
        signal,
      });
      if (answer.status === 200) return { state: 'alive' };
      if (answer.status === 403 && isUnknownRunner(answer)) return { state: 'absent' };
      const code = answer.status === 404 ? 'misconfigured' : 'unavailable';
      throw new Failure(code, { target: upstream.base, status: answer.status });
    },
    async revoke(token, _id, signal) {
      // A good answer holds the runner's new token, so nothing may look at its body.
      const answer = await upstream.request({
        method: 'POST',
        path: '/api/v4/runners/reset_authentication_token',
        json: { token },
        statuses: [200, 201, 204, 403],
        signal,
      });
      if (answer.status !== 403 || isUnknownRunner(answer)) return 'done';
      return ROTATION_CLOSED;
    },
  };
}

function isUnknownRunner(answer: Answer): boolean {
  const message = answer.maybeJson(API_ERROR)?.message;
  return typeof message === 'string' && message.startsWith('403 Forbidden');
}
