/** Tokens of every kind, by an administrator's token: the token information API, and for access tokens their id. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/secret.ts';
import { API_ERROR, type Ending, type Method, refused, type Sight } from './method.ts';

export interface AdminApi {
  readonly upstream: Upstream;
  readonly adminToken: Secret;
}

export interface AdminOptions {
  readonly kind: string;
  /** Delete access tokens by the token information API, which removes the bot users of projects and groups, too. */
  readonly deleteBots: boolean;
  readonly nowMs: () => number;
}

const TOKEN_PATH = '/api/v4/admin/token';

/** Our clock and GitLab's may differ by this much. */
const CLOCK_SKEW_MS = 60_000;

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

/** Asks GitLab about our own token, and deletes a token that cannot exist, to see whether both are allowed. */
export async function checkAdmin(api: AdminApi, signal: AbortSignal): Promise<CredentialCheck> {
  const name = `${api.upstream.base} administrator token`;
  try {
    const info = await send(api, 'POST', TOKEN_PATH, [200, 404, 422], signal, api.adminToken);
    if (info.status === 404 && !isUnknownToken(info)) {
      const advice = 'This GitLab has no token information API: it needs version 17.5 or newer.';
      return { name, ok: false, advice };
    }
    const probe = new Secret(`gldt-${'0'.repeat(20)}`);
    const deletion = await send(api, 'DELETE', TOKEN_PATH, [404], signal, probe);
    if (isUnknownToken(deletion)) return { name, ok: true };
    const advice =
      'Access tokens can be revoked; for all other kinds this GitLab needs version 17.7 or newer and its feature flag api_admin_token_revoke.';
    return { name, ok: true, advice };
  } catch (error) {
    return { name, ok: false, advice: adviceFor(error) };
  }
}

function adviceFor(error: unknown): string {
  if (!(error instanceof Failure)) return 'The check was interrupted.';
  if (error.code === 'credential-refused') {
    return 'GitLab refused the token: it is unknown, revoked or expired. Create a new one.';
  }
  if (error.code === 'permission-missing') {
    return 'The token must belong to an administrator and have the scopes api and admin_mode.';
  }
  return error.message;
}

async function send(
  { upstream, adminToken }: AdminApi,
  method: 'POST' | 'DELETE',
  path: string,
  statuses: readonly number[],
  signal: AbortSignal,
  token?: Secret,
): Promise<Answer> {
  const answer = await upstream.request({
    method,
    path,
    headers: { 'PRIVATE-TOKEN': adminToken },
    ...(token && { json: { token } }),
    statuses: [...statuses, 401, 403],
    signal,
  });
  const details = { target: upstream.base, status: answer.status };
  if (answer.status === 401) throw new Failure('credential-refused', details);
  if (answer.status === 403) throw new Failure('permission-missing', details);
  return answer;
}

/** A missing route and a feature flag that is off answer 404, too, but not in this shape. */
function isUnknownToken(answer: Answer): boolean {
  return answer.status === 404 && typeof answer.json(API_ERROR).message === 'object';
}

function serverError({ upstream }: AdminApi): Failure {
  return new Failure('upstream-error', { target: upstream.base, status: 500 });
}

const PERSONAL = z.object({ id: z.int(), revoked: z.boolean(), active: z.boolean() });
const DEPLOY = z.object({ revoked: z.boolean(), expired: z.boolean() });
const AGENT = z.object({ status: z.enum(['active', 'revoked']) });
const TRIGGER = z.object({ expires_at: z.iso.datetime({ offset: true }).nullable() });
const JOB = z.object({ job: z.object({ id: z.int() }) });

/** Only some kinds keep a record after their end; the others are alive as long as GitLab finds them. */
function read(answer: Answer, { kind, nowMs }: AdminOptions): Sight {
  switch (kind) {
    case 'personal-access-token': {
      const { id, revoked, active } = answer.json(PERSONAL);
      return revoked || !active ? { state: 'dead' } : { state: 'alive', id };
    }
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
