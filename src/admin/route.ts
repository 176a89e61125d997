/** What the routes of the admin API have in common. */
import { createRoute, type RouteConfig, z } from '@hono/zod-openapi';
import * as schemas from './schemas.ts';

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: schemas.problemSchema } },
});

const FAULTS = {
  400: problem('The request is not as described here.'),
  401: problem('No admin token.'),
  403: problem('The token has the role viewer.'),
  404: problem('There is no such entry, provider, session or notice.'),
  409: problem('Nothing to be done in this state.'),
  413: problem('The body is too large.'),
  429: problem('Too many failed authentications.'),
  503: problem('The ledger cannot be reached.'),
};

/** Our types say what goes out; the schemas document it, and tests hold the two together. */
export function route<
  const Method extends 'get' | 'post' | 'put' | 'delete',
  const Path extends string,
  Request extends NonNullable<RouteConfig['request']>,
>(method: Method, path: Path, summary: string, answers: z.ZodType, request: Request) {
  const responses: RouteConfig['responses'] = {
    200: { description: 'Done.', content: { 'application/json': { schema: answers } } },
    ...FAULTS,
  };
  return createRoute({ method, path, summary, request, responses });
}

/** Of what is no JSON. */
export function fileRoute<const Path extends string, Request extends NonNullable<RouteConfig['request']>>(
  path: Path,
  summary: string,
  contentTypes: readonly string[],
  request: Request,
) {
  const content = Object.fromEntries(contentTypes.map((type) => [type, { schema: z.string() }]));
  const responses: RouteConfig['responses'] = { 200: { description: 'Done.', content }, ...FAULTS };
  return createRoute({ method: 'get', path, summary, request, responses });
}

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}
