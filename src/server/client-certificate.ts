import { TLSSocket } from 'node:tls';
import type { MiddlewareHandler } from 'hono';
import { Problem } from './problem.ts';

/**
 * Lets pass who shows a certificate of the port's authorities, or the port's own certificate, as the commands beside it
 * do. For a port whose probes have none: such a handshake cannot be refused.
 */
export function clientCertificateOnly(): MiddlewareHandler<{
  Bindings: { readonly incoming?: { readonly socket: unknown } };
}> {
  return async (context, next) => {
    const socket = context.env?.incoming?.socket;
    if (socket instanceof TLSSocket && isKnown(socket)) return next();
    throw new Problem(403, 'No client certificate', {
      detail: 'This port answers clients with a certificate of an authority in admin.tls.clientCaFile.',
    });
  };
}

function isKnown(socket: TLSSocket): boolean {
  if (socket.authorized) return true;
  const [shown, own] = [socket.getPeerX509Certificate(), socket.getX509Certificate()];
  return shown !== undefined && own !== undefined && shown.raw.equals(own.raw);
}
