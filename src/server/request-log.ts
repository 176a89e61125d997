import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Observe } from '../observe/events.ts';
import { inRequest } from '../observe/request-scope.ts';
import { type Tracer, untraced } from '../observe/tracing.ts';

export interface ObservedOptions {
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
export function observed({ observe, tracer = untraced, basePath = '' }: ObservedOptions): MiddlewareHandler {
  return async (context, next) => {
    const { method } = context.req;
    const start = performance.now();
    const work = async () => {
      await next();
      observe({
        type: 'http-answered',
        method,
        route: routeOf(context, basePath),
        status: context.res.status,
        durationMs: Math.round(performance.now() - start),
      });
    };
    const id = requestId(context.req.header('x-request-id'));
    const traceparent = context.req.header('traceparent');
    const span = { name: method, kind: 'server', ...(traceparent && { traceparent }) } as const;
    await inRequest(id, () => tracer.within(span, work));
    context.res.headers.set('x-request-id', id);
  };
}

function requestId(given: string | undefined): string {
  return given !== undefined && SANE_ID.test(given) ? given : randomUUID();
}

/** The pattern of the route and not the path, so that metrics have few labels; all unknown paths share one. */
function routeOf(context: Context, basePath: string): string {
  const route = matchedRoutes(context).findLast(({ path }) => !path.includes('*'));
  return route ? route.path.slice(basePath.length) : 'other';
}
