/**
 * Who may have to do with a leak, by their addresses of e-mail: the author of its commit, and whose token it is.
 *
 * Docs: https://docs.gitlab.com/api/commits/ (`GET /projects/:id/repository/commits/:sha`, `stats`),
 * https://docs.gitlab.com/api/users/ (`GET /users/:id`); `lib/api/entities/commit.rb`, `lib/api/entities/user_public.rb`;
 * checked 2026-11-30.
 *
 * Quirks:
 * - Whoever commits chooses the author's address. It is text, and no identity.
 * - Administrators alone are told the address of a user; nobody may have shown yet that it is theirs.
 */
import { z } from 'zod';
import type { CodeLocation } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import { mustBeOfGitlab } from '../provider/gitlab-not-found.ts';
import type { Upstream, UpstreamRequest } from '../provider/upstream.ts';
import type { Secret } from '../words/secret.ts';
import { ofOne } from './of-one.ts';

export interface PeopleTokens {
  /** Without it, commits of public projects alone can be read. */
  readonly readToken?: Secret | undefined;
  /** Without it, no user can be. */
  readonly adminToken?: Secret | undefined;
}

/** Undefined for what is not there, or not for us. Both throw a {@link Failure} where GitLab fails, of the entry where it does at that alone. */
export interface People {
  author(place: Pick<CodeLocation, 'project' | 'commit'>, signal: AbortSignal): Promise<string | undefined>;
  /** @param id digits */
  user(id: string, signal: AbortSignal): Promise<string | undefined>;
}

const COMMIT = z.object({ author_email: z.string() });
const USER = z.object({ email: z.string(), confirmed_at: z.string().nullable() });

export function createPeople(upstream: Upstream, { readToken, adminToken }: PeopleTokens): People {
  const read = async <T>(
    path: string,
    token: Secret | undefined,
    schema: z.core.$ZodType<T>,
    { signal, query = {} }: { readonly signal: AbortSignal; readonly query?: Record<string, string> },
  ) => {
    const headers = token && { headers: { 'PRIVATE-TOKEN': token } };
    const get = async <U>(asked: Pick<UpstreamRequest, 'path' | 'query'>, told: z.core.$ZodType<U>) => {
      const answer = await upstream.request({
        ...{ method: 'GET', statuses: [200, 401, 403, 404], signal },
        ...{ ...asked, ...headers },
      });
      if (answer.status === 401 && token) {
        throw new Failure('credential-refused', { target: upstream.base, status: 401 });
      }
      mustBeOfGitlab(upstream, answer);
      return answer.status === 200 ? answer.json(told) : undefined;
    };
    return ofOne(
      () => get({ path, query }, schema),
      () => get({ path: '/api/v4/version' }, z.unknown()),
    );
  };
  return {
    async author({ project, commit }, signal) {
      const path = `/api/v4/projects/${encodeURIComponent(project)}/repository/commits/${commit}`;
      // Else it counts the lines of all files, which takes the longer the more of them a commit changes.
      const query = { stats: 'false' };
      return (await read(path, readToken, COMMIT, { signal, query }))?.author_email;
    },
    async user(id, signal) {
      if (!adminToken) return undefined;
      const user = await read(`/api/v4/users/${id}`, adminToken, USER, { signal });
      return user?.confirmed_at ? user.email : undefined;
    },
  };
}
