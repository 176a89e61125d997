/** The calls that are made to one GitLab instance. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { credentialFailure, unexpected } from '../../src/provider/kit/results.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { fingerprintOf } from './private-key.ts';

export interface Instance {
  readonly upstream: Upstream;
  readonly adminToken: Secret;
}

/** A public key as GitLab keeps it. */
export interface KnownKey {
  readonly id: number;
  /** Whose it is, or who made the deploy key; null when that user is gone. */
  readonly userId: number | null;
  /** The projects of a deploy key; undefined for a user's key. */
  readonly projectIds: readonly number[] | undefined;
  /** Commits that it signed stay verified when it is removed: to take that back there is no call. */
  readonly signs: boolean;
}

const KEY = z.object({
  id: z.int(),
  key: z.string(),
  user: z.object({ id: z.int() }).nullish(),
  usage_type: z.string().optional(),
  deploy_keys_projects: z.array(z.object({ project_id: z.int() })).optional(),
});
const NO_KEY = z.object({ message: z.string().startsWith('404') });
const NO_SUCH_PATH = z.object({ error: z.literal('404 Not Found') });

/** Undefined when the instance does not know it. @throws {Failure} */
export async function findKey(
  instance: Instance,
  fingerprint: string,
  signal: AbortSignal,
): Promise<KnownKey | undefined> {
  const answer = await asAdmin(instance, {
    method: 'GET',
    path: '/api/v4/keys',
    query: { fingerprint },
    statuses: [200],
    signal,
  });
  if (answer.status === 404) return undefined;
  const { id, key, user, usage_type: usage = '', deploy_keys_projects: links } = answer.json(KEY);
  const blob = Buffer.from(key.split(' ')[1] ?? '', 'base64');
  if (fingerprintOf(blob) !== fingerprint) throw unexpected(instance.upstream, answer);
  const projectIds = links?.map((link) => link.project_id);
  return { id, userId: user?.id ?? null, projectIds, signs: usage.includes('signing') };
}

/** @returns false when no call removes it @throws {Failure} */
export async function removeKey(
  instance: Instance,
  { id, userId, projectIds }: KnownKey,
  signal: AbortSignal,
): Promise<boolean> {
  const paths = projectIds
    ? projectIds.map((projectId) => `/api/v4/projects/${projectId}/deploy_keys/${id}`)
    : [userId].filter((owner) => owner !== null).map((owner) => `/api/v4/users/${owner}/keys/${id}`);
  for (const path of paths) {
    // What is gone in the meantime is gone.
    await asAdmin(instance, { method: 'DELETE', path, statuses: [204], signal });
  }
  return paths.length > 0;
}

/** Looks for the fingerprint of no key at all. Never throws. */
export function check(instance: Instance, signal: AbortSignal): Promise<CredentialCheck> {
  const noKey = fingerprintOf(Buffer.alloc(0));
  return checkOf(`${instance.upstream.base} administrator token`, () => findKey(instance, noKey, signal));
}

async function asAdmin(
  { upstream, adminToken }: Instance,
  request: Omit<UpstreamRequest, 'headers'>,
): Promise<Answer> {
  const headers = { 'PRIVATE-TOKEN': adminToken };
  const statuses = [...request.statuses, 401, 403, 404];
  const answer = await upstream.request({ ...request, headers, statuses });
  if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
  if (answer.status !== 404 || answer.maybeJson(NO_KEY)) return answer;
  if (!answer.maybeJson(NO_SUCH_PATH)) throw unexpected(upstream, answer);
  throw new Failure('misconfigured', { target: upstream.base, status: answer.status });
}
