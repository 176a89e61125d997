/**
 * Which cluster answers at an address.
 *
 * Docs: https://developer.hashicorp.com/vault/docs/enterprise/replication/performance,
 * https://developer.hashicorp.com/vault/api-docs/system/health; checked 2026-11-30.
 *
 * - Clusters of Vault Enterprise that replicate to one another may stand behind one address. They share all but tokens, of
 *   which each knows its own alone.
 * - Whoever asks needs no token, and is answered outside of namespaces only. Something on the way may let nobody ask.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { asFailure } from '../../src/provider/kit/in-turn.ts';
import type { Upstream } from '../../src/provider/upstream.ts';

const HEALTH = z.object({ cluster_id: z.string().min(1) });

/** Also by a node that stands by. */
const OF_ANY_NODE = { standbyok: 'true', perfstandbyok: 'true' };

/** Of what nobody may ask, or does not answer now. */
const NOT_TOLD = '';

/**
 * @param root of the server, above its namespaces
 * @returns {@link NOT_TOLD} where it is not told, or cannot be asked: no token that works waits for that
 */
export async function clusterAt(root: Upstream, signal: AbortSignal): Promise<string> {
  const headers = { 'x-vault-request': 'true' };
  const request = { method: 'GET', path: '/sys/health', query: OF_ANY_NODE, headers, signal } as const;
  try {
    const { means } = await ask(root, request, [row([200], HEALTH, ({ cluster_id: id }) => id)]);
    return means;
  } catch (error) {
    asFailure(error);
    return NOT_TOLD;
  }
}
