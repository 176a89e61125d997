/** Where a token was called active, after which "inactive" is its end. */
import { placeSeenWith, speaksFor } from '../../src/provider/place.ts';
import type { Step } from '../../src/provider/provider.ts';
import type { Server } from './server.ts';

/**
 * By the address, as another server may take the id, and with the client, as some servers call each token inactive that
 * another client got. Earlier versions kept the id, alone or with the client, which proves nothing.
 */
export function placeOf({ kind, client, introspection }: Server): string {
  const address = introspection ? introspection.upstream.base + introspection.path : '';
  return placeSeenWith(kind.id, placeSeenWith(address, client.clientId));
}

export function wasActive(server: Server, { seenAlive }: Step): boolean {
  return seenAlive.includes(placeOf(server));
}

/**
 * Of a token whose revocation the server took, for which what earlier versions kept is enough. It may have been active at
 * another address, too, which nobody asks any more.
 */
export function wasActiveHereAlone(server: Server, { seenAlive }: Step): boolean {
  const { kind, client } = server;
  const place = placeOf(server);
  const places = [place, `${kind.id} as ${client.clientId}`, kind.id];
  const isHere = (seen: string) => places.includes(seen) || speaksFor(place, seen);
  return seenAlive.some((seen) => places.includes(seen)) && seenAlive.every(isHere);
}
