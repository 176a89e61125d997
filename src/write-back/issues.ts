/**
 * Issues of the projects of one GitLab, as far as the user of our token has made them.
 *
 * Docs: https://docs.gitlab.com/api/issues/ (`GET`, `POST`, `PUT /projects/:id/issues`); `lib/api/issues.rb`,
 * `lib/api/helpers.rb`; checked 2026-11-30.
 *
 * Quirks:
 * - A project that was renamed or transferred is still known by its old path: GET leads to it (302), all else gets 405.
 * - Where issues are turned off, or the user may not make any, the answer is 403 or 404; what looks like spam is 400.
 * - Text is read for commands (`/close`) and for names (`@all`) when it is written, so that nothing in it may be either.
 */
import { z } from 'zod';
import { ofOne } from '../gitlab/of-one.ts';
import { Failure } from '../provider/failure.ts';
import { mustBeOfGitlab } from '../provider/gitlab-not-found.ts';
import type { Answer, Upstream, UpstreamRequest } from '../provider/upstream.ts';
import type { Secret } from '../words/secret.ts';

export interface Issue {
  readonly iid: number;
  readonly title: string;
  readonly description: string;
  readonly isConfidential: boolean;
  readonly isOpen: boolean;
}

interface IssueChange {
  readonly description?: string;
  readonly state?: 'close' | 'reopen';
}

/** Undefined for what is not there, or not for us. All throw a {@link Failure}. */
export interface Issues {
  read(project: string, iid: number, signal: AbortSignal): Promise<Issue | undefined>;
  /** The oldest that our user has made, with this title and a description that has this mark. */
  find(project: string, by: { title: string; mark: string }, signal: AbortSignal): Promise<Issue | undefined>;
  /** Asks for a confidential one: the answer says whether it is. */
  create(
    project: string,
    content: { title: string; description: string },
    signal: AbortSignal,
  ): Promise<Issue | undefined>;
  /** It stays confidential. */
  change(project: string, iid: number, change: IssueChange, signal: AbortSignal): Promise<Issue | undefined>;
}

const ISSUE = z
  .object({
    iid: z.int(),
    title: z.string(),
    description: z.string().nullable(),
    confidential: z.boolean(),
    state: z.enum(['opened', 'closed']),
  })
  .transform(
    ({ iid, title, description, confidential, state }): Issue => ({
      ...{ iid, title, description: description ?? '' },
      ...{ isConfidential: confidential, isOpen: state === 'opened' },
    }),
  );

type Asked = Pick<UpstreamRequest, 'method' | 'path' | 'query' | 'json' | 'signal'>;

const REFUSED = [400, 403, 404];
/** To GET, with where the project is now; any other method is refused then. */
const MOVED = 302;
const REFUSED_AS_MOVED = 405;
const OF_A_PROJECT = /\/api\/v4\/projects\/\d+(?:\/|$)/;
const SAYS_MOVED = z.object({ message: z.string().regex(/moved projects/) });
/** A sentence of a GitLab in maintenance mode; its other refusals begin with the status. */
const READ_ONLY = z.object({ message: z.string().regex(/^(?!403 )/) });
const MAX_FOUND = 100;

/** What is at a path of old is left alone: who has come to be there decides that, and nobody here. */
function hasMoved(answer: Answer): boolean {
  if (answer.status === MOVED) return OF_A_PROJECT.test(answer.header('location') ?? '');
  return answer.status === REFUSED_AS_MOVED && answer.maybeJson(SAYS_MOVED) !== undefined;
}

/** @param token with scope `api` */
export function createIssues(upstream: Upstream, token: Secret): Issues {
  const ask = <T>(request: Asked, schema: z.core.$ZodType<T>): Promise<T | undefined> =>
    ofOne(
      () => call(request, schema),
      () => call({ method: 'GET', path: '/api/v4/version', signal: request.signal }, z.unknown()),
    );
  const call = async <T>(request: Asked, schema: z.core.$ZodType<T>): Promise<T | undefined> => {
    const answer = await upstream.request({
      ...{ ...request, headers: { 'PRIVATE-TOKEN': token } },
      statuses: [200, 201, 401, MOVED, REFUSED_AS_MOVED, ...REFUSED],
    });
    if (hasMoved(answer)) return undefined;
    if (answer.status === 401)
      throw new Failure('credential-refused', { target: upstream.base, status: 401 });
    if (answer.status === 403 && answer.maybeJson(READ_ONLY))
      throw new Failure('unavailable', { target: upstream.base, status: 403 });
    mustBeOfGitlab(upstream, answer);
    return REFUSED.includes(answer.status) ? undefined : answer.json(schema);
  };
  const pathOf = (project: string, iid?: number) =>
    `/api/v4/projects/${encodeURIComponent(project)}/issues${iid === undefined ? '' : `/${iid}`}`;

  return {
    read: (project, iid, signal) => ask({ method: 'GET', path: pathOf(project, iid), signal }, ISSUE),
    async find(project, { title, mark }, signal) {
      const query = {
        ...{ scope: 'created_by_me', search: title, in: 'title', state: 'all' },
        ...{ order_by: 'created_at', sort: 'asc', per_page: String(MAX_FOUND) },
      };
      const found = await ask({ method: 'GET', path: pathOf(project), query, signal }, z.array(ISSUE));
      return found?.find(({ description }) => description.includes(mark));
    },
    create: (project, content, signal) =>
      ask({ method: 'POST', path: pathOf(project), json: { ...content, confidential: true }, signal }, ISSUE),
    change(project, iid, { description, state }, signal) {
      const json = {
        confidential: true,
        ...(description !== undefined && { description }),
        ...(state !== undefined && { state_event: state }),
      };
      return ask({ method: 'PUT', path: pathOf(project, iid), json, signal }, ISSUE);
    },
  };
}
