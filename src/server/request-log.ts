import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Observe } from '../observe/events.ts';
import { inRequest } from '../observe/request-scope.ts';
import { type Tracer, untraced } from '../observe/tracing.ts';
import { remoteAddressOf } from './address.ts';
import { Problem } from './problem.ts';

export interface ObservedOptions {
  readonly port: 'listen' | 'admin';
  readonly observe: Observe;
  readonly tracer?: Tracer | undefined;
  readonly basePath?: string;
}

/** Ids that are logged as they came; those of proxies have this form. */
const SANE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Gives each request its id, and says how it was answered. An `X-Request-Id` that comes with the request is kept, so
 * that its way through a proxy can be followed; the answer has it, too.
 */
export function observed(options: ObservedOptions): MiddlewareHandler {
  const { observe, tracer = untraced, basePath = '' } = options;
  return async (context, next) => {
    const { method } = context.req;
    const start = performance.now();
    const work = async () => {
      await next();
      const answered = { method, route: routeOf(context, basePath), status: context.res.status };
      observe({ type: 'http-answered', ...answered, durationMs: Math.round(performance.now() - start) });
      const message = isTold(options.port, answered) ? refusalOf(context) : undefined;
      if (message === undefined) return;
      const address = remoteAddressOf(context.env);
      observe({
        ...{ type: 'request-refused', port: options.port, ...answered, message },
        ...(address !== undefined && { address }),
      });
    };
    const id = requestId(context.req.header('x-request-id'));
    const traceparent = context.req.header('traceparent');
    const span = { name: method, kind: 'server', ...(traceparent && { traceparent }) } as const;
    await inRequest(id, () => tracer.within(span, work));
    context.res.headers.set('x-request-id', id);
  };
}

interface Answered {
  readonly route: string;
  readonly status: number;
}

/** Of the admin port only who has no token: persons see what they get, and a page may outlive its session. */
function isTold(port: ObservedOptions['port'], { route, status }: Answered): boolean {
  if (port === 'listen') return status >= 400 && status < 500;
  return (status === 401 || status === 429) && (route === '/sign-in' || route.startsWith('/api/'));
}

/** What answers without an error say. */
const REFUSALS: Readonly<Record<number, string>> = {
  401: 'Not authenticated',
  404: 'No such path',
  405: 'Wrong method',
};

/** In the words of the answer, which hold nothing of the request; undefined where another event tells of it. */
function refusalOf({ error, res: { status } }: Context): string | undefined {
  if (!(error instanceof Problem)) return REFUSALS[status] ?? 'Bad request';
  const { detail, extra } = error.options;
  // `report-accepted` counts the elements that are not usable.
  if (extra?.invalid !== undefined) return undefined;
  return detail === undefined ? error.message : `${error.message}. ${detail}`;
}

function requestId(given: string | undefined): string {
  return given !== undefined && SANE_ID.test(given) ? given : randomUUID();
}

/** The pattern of the route and not the path, so that metrics have few labels; all unknown paths share one. */
function routeOf(context: Context, basePath: string): string {
  const route = matchedRoutes(context).findLast(({ path }) => !path.includes('*'));
  return route ? route.path.slice(basePath.length) : 'other';
}
