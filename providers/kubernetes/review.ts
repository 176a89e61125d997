/**
 * What a cluster says of a token.
 *
 * Docs: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/; the words are those
 * of kubernetes/kubernetes, pkg/serviceaccount/{legacy,claims}.go, and were seen at version 1.34.2.
 *
 * - The claims are the committer's text until a cluster's TokenReview has found their signature good.
 * - A cluster says "invalid" of the tokens of all others. The words below come after the check of the signature only.
 * - Another authenticator of the cluster may take the token for somebody else's: only one of a service account counts.
 * - Such another one may also repeat, before it checks a signature, what stands in the token: that for OpenID Connect its
 *   audience and algorithm (coreos/go-oidc, verify.go). So no words of a refusal ever lead to a deletion by themselves.
 */
import { decodeJwt } from 'jose/jwt/decode';
import { z } from 'zod';
import type { OperatorCall } from '../../src/provider/kit/operator-calls.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { Secret } from '../../src/words/secret.ts';

/** As Kubernetes demands of names; they go into paths. */
const NAMESPACE = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
const NAME = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/);

const CLAIMS = z.object({
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number().optional(),
  sub: z.string().optional(),
  'kubernetes.io/serviceaccount/namespace': NAMESPACE.optional(),
  'kubernetes.io/serviceaccount/secret.name': NAME.optional(),
  'kubernetes.io/serviceaccount/service-account.name': NAME.optional(),
  'kubernetes.io/serviceaccount/service-account.uid': z.string().optional().catch(undefined),
  /** Of one that was requested. */
  'kubernetes.io': z
    .object({
      namespace: NAMESPACE,
      secret: z.object({ name: NAME }).optional(),
      pod: z.object({ name: NAME }).optional(),
      serviceaccount: z.object({ uid: z.string() }).optional().catch(undefined),
    })
    .optional(),
});
export type Claims = z.output<typeof CLAIMS>;

const REVIEW = z.object({
  kind: z.literal('TokenReview'),
  status: z.object({
    authenticated: z.boolean().default(false),
    error: z.string().default(''),
    user: z.object({ username: z.string().default('') }).default({ username: '' }),
  }),
});

/** That it is dead, or that the cluster cannot read what it is bound to, see `binding.ts`. */
const INVALIDATED = /\b[Tt]oken has been invalidated\b/;
const EXPIRED = /\btoken has expired\b/;
const DEAD = [
  /\bToken does not match server's copy\b/,
  /\bserviceaccounts "[^"]*" not found/,
  /\b[Ss]ervice ?[Aa]ccount \S+ has been deleted\b/,
  /\b(?:ServiceAccount|service account|pod|secret) UID \(\S*\) does not match\b/,
];

/**
 * `stranger`: the cluster lets it in, but not as the service account that it names. `marked`: it is not let in, as its Secret
 * is marked, which whoever may edit the Secret can take off. `expired`: by the clock of the server that was asked.
 */
export type Review = 'alive' | 'dead' | 'expired' | 'absent' | 'stranger' | 'marked' | 'invalidated';

/** The claims of the token. Empty for a text that is no service account token, which no cluster knows. */
export function claimsOf(token: Secret): Claims {
  try {
    return CLAIMS.parse(decodeJwt(token.reveal()));
  } catch {
    return {};
  }
}

/** Of the service account that our token is of, which no other cluster has; it stays the same where that is renewed each hour. */
export function uidOf(own: Secret): string | undefined {
  const claims = claimsOf(own);
  return (
    claims['kubernetes.io']?.serviceaccount?.uid ?? claims['kubernetes.io/serviceaccount/service-account.uid']
  );
}

/**
 * What tells a cluster from another one at its address. Our token that another issuer renews as often says whose it is; of any
 * other, there is itself. Either may be known to several clusters.
 */
export function seenWith(own: Secret): string {
  return uidOf(own) ?? claimsOf(own).sub ?? credentialMark(own);
}

/** The Secret that a token names; undefined of one that is in none. */
export function secretOf(claims: Claims): { readonly namespace: string; readonly name: string } | undefined {
  const namespace = claims['kubernetes.io/serviceaccount/namespace'];
  const name = claims['kubernetes.io/serviceaccount/secret.name'];
  return namespace && name ? { namespace, name } : undefined;
}

export async function review(call: OperatorCall, token: Secret, signal: AbortSignal): Promise<Review> {
  const claims = claimsOf(token);
  const answer = await call({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    json: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      // A token for others than the API server is good in the eyes of those others only.
      spec: { token, ...(claims.aud !== undefined && { audiences: [claims.aud].flat() }) },
    },
    statuses: [200, 201],
    readOnly: true,
    signal,
  });
  const { authenticated, error, user } = answer.json(REVIEW).status;
  if (authenticated) return isItself(claims, user.username) ? 'alive' : 'stranger';
  if (isMarked(claims, error)) return 'marked';
  if (INVALIDATED.test(error)) return 'invalidated';
  if (EXPIRED.test(error)) return 'expired';
  return DEAD.some((words) => words.test(error)) ? 'dead' : 'absent';
}

function isItself(claims: Claims, username: string): boolean {
  const secret = secretOf(claims);
  const account = claims['kubernetes.io/serviceaccount/service-account.name'];
  const expected = secret ? `system:serviceaccount:${secret.namespace}:${account}` : claims.sub;
  return username === expected && username.startsWith('system:serviceaccount:');
}

/** The label `kubernetes.io/legacy-token-invalid-since` on the Secret, which the cluster names. */
function isMarked(claims: Claims, error: string): boolean {
  const secret = secretOf(claims);
  const account = claims['kubernetes.io/serviceaccount/service-account.name'];
  if (!secret) return false;
  const { namespace, name } = secret;
  return error.includes(
    `the token in secret ${namespace}/${name} for service account ${namespace}/${account} has been marked invalid`,
  );
}
