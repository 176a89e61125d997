/** Tokens of every kind, by an administrator's token: the token information API, and for access tokens their id. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type AnswerRow, meaningOf, row } from '../../src/provider/kit/answers.ts';
import { refused } from '../../src/provider/kit/results.ts';
import { subjectIn } from '../../src/provider/kit/subject.ts';
import { tell } from '../../src/provider/telling.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type AdminApi, DELETE_ROWS, LOOK_ROWS, send } from './admin-calls.ts';
import { isAccessToken } from './kinds.ts';
import { ABSENT, type Ending, type Method, type Sight, unable, unread } from './method.ts';
import { ACCESS_TOKEN_TELLS, read } from './record.ts';
import { deleteTrigger, TRIGGER_KEPT } from './trigger.ts';

export interface AdminOptions {
  readonly kind: string;
  /** Delete access tokens by the token information API, which before 17.9 removes the bot users of projects and groups, too. */
  readonly deleteBots: boolean;
  readonly clock: Clock;
}

const NO_API = refused(
  'unsupported-kind',
  'This GitLab cannot revoke this kind of token by its API: update it, or turn on its feature flags admin_agnostic_token_finder and api_admin_token_revoke, or revoke the token by hand.',
);
const NOT_RECOGNISED = refused(
  'unsupported-kind',
  'This GitLab does not recognise the token: it is too old for the kind, or the token has a former prefix of the instance, as GitLab knows the present and the default one only. Update it, or revoke the token by hand.',
);
const NOT_REVOKED = refused(
  'not-permitted',
  'GitLab refused to revoke this token: revoke it by hand on the page of its user, group or project.',
);

const BY_ID_ROWS = [
  unread([204], 'done'),
  unread([400], 'refused'),
  // The record is gone, if it is GitLab that says so.
  row([404], z.looseObject({}), 'done'),
  unread([500], 'failed'),
] as const;

export function adminMethod(api: AdminApi, options: AdminOptions): Method {
  const { upstream } = api;

  const look = async (token: Secret, signal: AbortSignal): Promise<Sight> => {
    const answer = await send(api, { method: 'POST', statuses: statusesOf(LOOK_ROWS), signal, token });
    switch (meaningOf(upstream, answer, LOOK_ROWS)) {
      case 'known':
        if (isAccessToken(options.kind)) tell(subjectIn(answer, ACCESS_TOKEN_TELLS));
        return read(answer, options);
      case 'unknown':
        return ABSENT;
      case 'no-api':
        return unable(NO_API);
      case 'not-recognised':
        return unable(NOT_RECOGNISED);
    }
  };

  /** GitLab may answer an error although it did the work, so only a second look decides. */
  const unlessGone = async (token: Secret, signal: AbortSignal, ending: Ending): Promise<Ending> => {
    const { state } = await look(token, signal);
    return state === 'dead' || state === 'absent' ? 'done' : ending;
  };

  const deleteByValue = async (token: Secret, signal: AbortSignal): Promise<Ending> => {
    const answer = await send(api, { method: 'DELETE', statuses: statusesOf(DELETE_ROWS), signal, token });
    switch (meaningOf(upstream, answer, DELETE_ROWS)) {
      case 'done':
      case 'unknown':
        return 'done';
      case 'refused':
        return unlessGone(token, signal, NOT_REVOKED);
      case 'failed':
        return unlessGone(token, signal, serverError(api));
      case 'no-api':
        return NO_API;
      case 'not-recognised':
        return NOT_RECOGNISED;
    }
  };

  const deleteById = async (token: Secret, id: number, signal: AbortSignal): Promise<Ending> => {
    const path = `/api/v4/personal_access_tokens/${id}`;
    const answer = await send(api, { method: 'DELETE', path, statuses: statusesOf(BY_ID_ROWS), signal });
    switch (meaningOf(upstream, answer, BY_ID_ROWS)) {
      case 'done':
        return 'done';
      case 'refused':
        return unlessGone(token, signal, NOT_REVOKED);
      case 'failed':
        return unlessGone(token, signal, serverError(api));
    }
  };

  return {
    look,
    async revoke(token, id, signal) {
      if (options.kind === 'trigger-token' && id !== undefined) {
        const isDone = (await deleteTrigger(api, id, signal)) === 'done';
        return isDone ? 'done' : unlessGone(token, signal, TRIGGER_KEPT);
      }
      if (!isAccessToken(options.kind) || id === undefined) return deleteByValue(token, signal);
      if (options.deleteBots && (await deleteByValue(token, signal)) === 'done') return 'done';
      // By id it works on every version and for service accounts, and bot users stay.
      return deleteById(token, id, signal);
    },
  };
}

function statusesOf(rows: readonly AnswerRow<unknown>[]): readonly number[] {
  return [...new Set(rows.flatMap(({ statuses }) => statuses))];
}

function serverError({ upstream }: AdminApi): Failure {
  return new Failure('upstream-error', { target: upstream.base, status: 500 });
}
