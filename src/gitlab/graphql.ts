/**
 * GitLab's GraphQL API, as far as all calls to it are alike.
 *
 * Docs: https://docs.gitlab.com/api/graphql/; GitLab's source:
 * `app/services/authz/tokens/authorize_granular_scopes_service.rb`; checked 2026-11-30.
 *
 * Quirks:
 * - Whatever is not there and whatever we may not see or do gets the same error, with status 200; a field of its own
 *   may also be null instead.
 * - Too many calls of one kind are an error with status 200, too.
 */
import { z } from 'zod';
import { Failure } from '../provider/failure.ts';
import { type Answer, type Body, bearer, type Upstream } from '../provider/upstream.ts';
import type { Secret } from '../words/secret.ts';

interface GraphqlCall<T> {
  readonly query: string;
  readonly variables: Body;
  /** Of `data`. */
  readonly schema: z.core.$ZodType<T>;
  readonly signal: AbortSignal;
}

/**
 * Sends a query or a mutation.
 * @returns undefined when what it concerns is not there, or not for us
 * @throws {Failure}
 */
export type Graphql = <T>(call: GraphqlCall<T>) => Promise<T | undefined>;

/** Depends on nothing but the token. */
export const WHO = 'query { currentUser { id } }';

const NO_ACCESS = 'The resource that you are attempting to access does not exist';
/** In maintenance mode, and as a Geo secondary, whatever the sentence for people is. */
const READ_ONLY = 'You cannot perform write operations on a read-only instance';
/** To a fine-grained token without the permission, and to any other where a group wants fine-grained ones. */
const NOT_GRANTED = 'Access denied: ';
const TOO_OFTEN = 'This endpoint has been requested too many times';

const RESPONSE = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/**
 * @param readOnly only queries are sent
 * @param onAnswer told of each answer, also of a refusal
 */
export function createGraphql(
  upstream: Upstream,
  token: Secret,
  { readOnly, onAnswer }: { readonly readOnly?: true; readonly onAnswer?: (answer: Answer) => void } = {},
): Graphql {
  return async ({ query, variables, schema, signal }) => {
    const answer = await upstream.request({
      ...{ method: 'POST', path: '/api/graphql', headers: { authorization: bearer(token) } },
      ...{ json: { query, variables }, statuses: [200, 401, 403], signal },
      ...(readOnly && { readOnly }),
    });
    onAnswer?.(answer);
    if (answer.status !== 200) throw refusal(upstream, answer);
    return dataOf(upstream, answer, schema);
  };
}

function refusal({ base: target }: Upstream, { status }: Answer): Failure {
  return new Failure(status === 401 ? 'credential-refused' : 'permission-missing', { target, status });
}

/** A group may want fine-grained tokens, or ours may not be made for it: others can be read and written all the same. */
export function notGranted(target: string, status?: number): Failure {
  return new Failure('permission-missing', {
    target,
    scope: 'entry',
    ...(status !== undefined && { status }),
  });
}

/** @throws {Failure} */
function dataOf<T>({ base: target }: Upstream, answer: Answer, schema: z.core.$ZodType<T>): T | undefined {
  const { data, errors = [] } = answer.json(RESPONSE);
  const says = (start: string) => errors.some(({ message }) => message.startsWith(start));
  if (says(NO_ACCESS)) return undefined;
  if (says(NOT_GRANTED)) throw notGranted(target);
  if (says(READ_ONLY)) throw new Failure('unavailable', { target });
  if (says(TOO_OFTEN)) throw new Failure('throttled', { target });
  const parsed = z.safeParse(schema, data);
  if (errors.length > 0 || !parsed.success) throw new Failure('unexpected-answer', { target });
  return parsed.data;
}

/** By which GraphQL knows a vulnerability. */
export function vulnerabilityId(id: number): string {
  return `gid://gitlab/Vulnerability/${id}`;
}
