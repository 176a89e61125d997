/** Tokens of every kind, by an administrator's token: the token information API, and for access tokens their id. */
import { Failure } from '../../src/provider/failure.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type AdminApi, isUnknownToken, send, TOKEN_PATH } from './admin-calls.ts';
import { API_ERROR, type Ending, type Method, refused, type Sight } from './method.ts';
import { read } from './record.ts';

export interface AdminOptions {
  readonly kind: string;
  /** Delete access tokens by the token information API, which removes the bot users of projects and groups, too. */
  readonly deleteBots: boolean;
  readonly nowMs: () => number;
}

const NO_API = refused(
  'unsupported-kind',
  'This GitLab cannot revoke this kind of token by its API: update it, or turn on its feature flags admin_agnostic_token_finder and api_admin_token_revoke, or revoke the token by hand.',
);
const NOT_REVOKED = refused(
  'not-permitted',
  'GitLab refused to revoke this token: revoke it by hand on the page of its user, group or project.',
);
const TRIGGER_FLAG = refused(
  'not-permitted',
  'GitLab does not expire pipeline trigger tokens unless its feature flag token_api_expire_pipeline_triggers is on: turn it on and retry, or delete the trigger in the CI/CD settings of its project.',
);

export function adminMethod(api: AdminApi, options: AdminOptions): Method {
  const look = async (token: Secret, signal: AbortSignal): Promise<Sight> => {
    const answer = await send(api, 'POST', TOKEN_PATH, [200, 404, 422], signal, token);
    if (answer.status === 200) return read(answer, options);
    return isUnknownToken(answer) ? { state: 'absent' } : { state: 'unable', refusal: NO_API };
  };

  /** GitLab may answer an error although it did the work, so only a second look decides. */
  const unlessGone = async (token: Secret, signal: AbortSignal, ending: Ending): Promise<Ending> => {
    const { state } = await look(token, signal);
    return state === 'dead' || state === 'absent' ? 'done' : ending;
  };

  const deleteByValue = async (token: Secret, signal: AbortSignal): Promise<Ending> => {
    const answer = await send(api, 'DELETE', TOKEN_PATH, [204, 400, 404, 422, 500], signal, token);
    switch (answer.status) {
      case 204:
        return 'done';
      case 400:
        return unlessGone(token, signal, NOT_REVOKED);
      case 500:
        return unlessGone(token, signal, options.kind === 'trigger-token' ? TRIGGER_FLAG : serverError(api));
      default:
        return isUnknownToken(answer) ? 'done' : NO_API;
    }
  };

  const deleteById = async (token: Secret, id: number, signal: AbortSignal): Promise<Ending> => {
    const path = `/api/v4/personal_access_tokens/${id}`;
    const answer = await send(api, 'DELETE', path, [204, 400, 404, 500], signal);
    switch (answer.status) {
      case 400:
        return unlessGone(token, signal, NOT_REVOKED);
      case 404:
        // The record is gone, if it is GitLab that says so.
        answer.json(API_ERROR);
        return 'done';
      case 500:
        return unlessGone(token, signal, serverError(api));
      default:
        return 'done';
    }
  };

  return {
    look,
    async revoke(token, id, signal) {
      if (options.kind !== 'personal-access-token' || id === undefined) return deleteByValue(token, signal);
      if (options.deleteBots && (await deleteByValue(token, signal)) === 'done') return 'done';
      // By id it works on every version and for service accounts, and bot users stay.
      return deleteById(token, id, signal);
    },
  };
}

function serverError({ upstream }: AdminApi): Failure {
  return new Failure('upstream-error', { target: upstream.base, status: 500 });
}
