/**
 * Against DNS rebinding: the name of a web page may be made to lead to loopback, and then the page may read what a port
 * there answers. Its browser still sends the page's own name as `Host`.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { isLoopback } from './address.ts';
import { Problem } from './problem.ts';

/**
 * Where the port is bound to loopback, only requests for a name of loopback pass, and those that `lets` through; a
 * reverse proxy on the same machine may keep the name that it was asked for. Elsewhere every request passes.
 * @param boundTo the host that is listened on
 */
export function ownHostOnly(
  boundTo: string,
  lets: (hostname: string, context: Context) => boolean,
): MiddlewareHandler {
  const isChecked = isLoopback(boundTo);
  return async (context, next) => {
    const host = context.req.header('host');
    const hostname = host === undefined ? 'localhost' : (URL.parse(`http://${host}`)?.hostname ?? '');
    if (!isChecked || isLoopback(hostname) || lets(hostname, context)) return next();
    throw new Problem(421, 'Misdirected request', {
      detail:
        'This port is bound to loopback and was asked for under another name. A proxy in front of it has to pass the name of loopback on; for the admin port, admin.publicUrl names another one.',
    });
  };
}
