/**
 * The calls that are made to one cluster.
 *
 * Docs: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 *
 * - The claims are the committer's text until a cluster's TokenReview has found their signature good.
 * - A cluster says "invalid" of the tokens of all others. The words below come after the check of the signature only.
 */
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const CLAIMS = z.object({
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number().optional(),
  'kubernetes.io/serviceaccount/namespace': z.string().optional(),
  'kubernetes.io/serviceaccount/secret.name': z.string().optional(),
});
export type Claims = z.output<typeof CLAIMS>;

const REVIEW = z.object({
  kind: z.literal('TokenReview'),
  status: z.object({ authenticated: z.boolean().default(false), error: z.string().default('') }),
});
const STATUS = z.object({ kind: z.literal('Status'), reason: z.string() });
const DEAD =
  /token has been invalidated|has been marked invalid|token has expired|Token does not match server's copy/;

export interface Cluster {
  readonly upstream: Upstream;
  readonly token: Secret;
}

export type Sight = 'alive' | 'dead' | 'absent';

/** What the token says of itself. Empty for what is no token of a service account, which no cluster will know. */
export function claimsOf(token: Secret): Claims {
  try {
    return CLAIMS.parse(decodeJwt(token.reveal()));
  } catch {
    return {};
  }
}

export async function review(
  cluster: Cluster,
  token: Secret,
  { aud }: Claims,
  signal: AbortSignal,
): Promise<Sight> {
  const answer = await asOperator(cluster)({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    json: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      // A token for others than the API server is good in the eyes of those others only.
      spec: { token, ...(aud !== undefined && { audiences: [aud].flat() }) },
    },
    statuses: [200, 201],
    signal,
  });
  const { authenticated, error } = answer.json(REVIEW).status;
  if (authenticated) return 'alive';
  return DEAD.test(error) ? 'dead' : 'absent';
}

export async function deleteSecret(
  cluster: Cluster,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const answer = await asOperator(cluster)({
    method: 'DELETE',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`,
    statuses: [200, 202, 404],
    signal,
  });
  // It may hold the Secret itself, so nothing more than its kind is looked at.
  if (answer.status !== 404) answer.json(z.object({ kind: z.enum(['Status', 'Secret']) }));
  else if (answer.json(STATUS).reason !== 'NotFound') throw unexpected(cluster.upstream, answer);
}

/** Reviews our own token: it must be good, and it must be let do reviews. */
export function check(cluster: Cluster, signal: AbortSignal): Promise<CredentialCheck> {
  return judgedCheck(`${cluster.upstream.base} token`, async () => {
    const sight = await review(cluster, cluster.token, claimsOf(cluster.token), signal);
    if (sight === 'alive') return { ok: true };
    return { ok: false, advice: 'The cluster does not authenticate it: configure a new one.' };
  });
}

function asOperator({ upstream, token }: Cluster) {
  return operatorCalls(upstream, { authorization: bearer(token) });
}
