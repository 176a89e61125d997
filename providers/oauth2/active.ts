/** Where a token was called active, after which "inactive" is its end. */
import type { Step } from '../../src/provider/provider.ts';
import type { Server } from './server.ts';

/**
 * By the address, as another server may take the id, and with the client, as some servers call each token inactive that
 * another client got. Earlier notes have the id, and prove nothing.
 */
export function placeOf({ kind, client, introspection }: Server): string {
  const address = introspection ? introspection.upstream.base + introspection.path : kind.id;
  return `${address} as ${client.clientId}`;
}

export function wasActive(server: Server, { seenAlive }: Step): boolean {
  return seenAlive.includes(placeOf(server));
}
