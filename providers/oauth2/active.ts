/** Where a token was called active, after which "inactive" is its end. */
import type { Step } from '../../src/provider/provider.ts';
import type { Server } from './server.ts';

/** With the client, as some servers call each token inactive that another client got. */
export function placeOf({ kind, client }: Server): string {
  return `${kind.id} as ${client.clientId}`;
}

/** Earlier notes name the server alone. */
export function wasActive(server: Server, { seenAlive }: Step): boolean {
  return seenAlive.includes(placeOf(server)) || seenAlive.includes(server.kind.id);
}
