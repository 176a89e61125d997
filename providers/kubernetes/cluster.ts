/** One cluster, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { placeOf } from '../../src/provider/kit/on-file.ts';
import { type OperatorCall, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, suspended, unexpected } from '../../src/provider/kit/results.ts';
import type { CredentialCheck, RevokeResult, Tools } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { bindingOf } from './binding.ts';
import type { KubernetesConfig } from './config.ts';
import { MAYBE_REBUILT, OUT_OF_REACH, STRANGER } from './refusals.ts';
import { claimsOf, review, secretOf, seenWith, uidOf } from './review.ts';

type ClusterConfig = KubernetesConfig['clusters'][number];

/** Of what an account notes: the token itself says the rest. */
export const FOUND = z.object({});
export type Found = z.output<typeof FOUND>;

const STATUS = z.object({ kind: z.literal('Status'), reason: z.string() });

/** A bound token that lives no longer than this is left to die. */
const SOON_MS = 24 * 60 * 60 * 1000;

const BOUND =
  'The token works, maybe for longer than a day, and cannot be revoked by itself: delete the Pod that it is bound to, or the service account.';
export function accountOf({ url, token: own }: ClusterConfig, { upstream, clock }: Tools): Account<Found> {
  const api = upstream(url);
  const call = operatorCalls(api, { authorization: bearer(own) });
  const itself = { name: api.base, seenWith: seenWith(own) };
  /** @param known whether it was let in before; `surely` where no other cluster can have the address */
  const sightOf = async (
    token: Secret,
    known: 'no' | 'maybe' | 'surely',
    signal: AbortSignal,
  ): Promise<Sight<Found>> => {
    const state = await review(call, token, signal);
    if (state === 'alive') return { state, found: {}, by: 'signs-in' };
    if (state === 'expired') {
      // A server whose clock is ahead says so of one that all others let in.
      const { exp = Number.POSITIVE_INFINITY } = claimsOf(token);
      if (exp * 1000 <= clock.now()) return { state: 'dead' };
      throw suspended(api);
    }
    if (state === 'marked') {
      // Anybody may have written the token that the cluster speaks of, so a person decides.
      const { namespace = '', name = '' } = secretOf(claimsOf(token)) ?? {};
      return { state: 'alive', found: {}, by: 'unproven', evidence: { namespace, secret: name } };
    }
    // A cluster that let it in may refuse it in any words while it cannot tell.
    if (state === 'invalidated' || (state === 'absent' && known !== 'no')) {
      const binding = await bindingOf(api, call, claimsOf(token), signal);
      if (binding === 'there') throw suspended(api);
      if (binding === 'gone' && (state === 'invalidated' || known === 'surely')) return { state: 'dead' };
      if (binding === 'gone') return { state: 'unable', refusal: MAYBE_REBUILT, maybeElsewhere: true };
      return { state: 'unable', refusal: OUT_OF_REACH, maybeElsewhere: true };
    }
    return state === 'stranger' ? { state: 'unable', refusal: STRANGER } : { state };
  };
  return {
    ...itself,
    look(token, { signal, seenAlive }) {
      const wasLetIn = uidOf(own) === undefined ? 'maybe' : 'surely';
      return sightOf(token, seenAlive.includes(placeOf(itself)) ? wasLetIn : 'no', signal);
    },
    async verify(_found, token, { signal }) {
      // Whatever an earlier version kept of that: nothing is revoked that was not let in.
      const { state } = await sightOf(token, 'surely', signal);
      return state === 'alive' || state === 'dead' ? state : 'unknown';
    },
    async revoke(_found, token, { signal }) {
      const claims = claimsOf(token);
      const secret = secretOf(claims);
      if (!secret) return bound(claims.exp, clock);
      await deleteSecret(api, call, secret, signal);
      return revoked({ namespace: secret.namespace, secret: secret.name });
    },
  };
}

function bound(exp: number | undefined, clock: Clock): RevokeResult {
  if (exp === undefined) return refused('manual', BOUND);
  const evidence = { expiresAt: new Date(exp * 1000).toISOString() };
  const leftMs = exp * 1000 - clock.now();
  // The cluster has just let it in: where it has ended by our clock, that one cannot tell when it will.
  if (leftMs > 0 && leftMs <= SOON_MS) return { outcome: 'expires', evidence };
  return refused('manual', BOUND, evidence);
}

async function deleteSecret(
  upstream: Upstream,
  call: OperatorCall,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<void> {
  const answer = await call({
    method: 'DELETE',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`,
    statuses: [200, 202, 404],
    signal,
  });
  // It may hold the Secret itself, so nothing more than its kind is looked at.
  if (answer.status !== 404) answer.json(z.object({ kind: z.enum(['Status', 'Secret']) }));
  else if (answer.json(STATUS).reason !== 'NotFound') throw unexpected(upstream, answer);
}

const ACCESS = z.object({
  kind: z.literal('SelfSubjectAccessReview'),
  status: z.object({ allowed: z.boolean() }),
});

/** Reviews our own token, which must be good and be let do reviews; and asks whether it may delete Secrets. */
export function checkCluster(
  { url, token }: ClusterConfig,
  tools: Tools,
  signal: AbortSignal,
): Promise<CredentialCheck> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: bearer(token) });
  return judgedCheck(`${upstream.base} token`, async () => {
    const state = await review(call, token, signal);
    // One of an administrator may be no service account's.
    if (state !== 'alive' && state !== 'stranger') {
      throw new Failure('credential-refused', { target: upstream.base });
    }
    const answer = await call({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      json: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: 'delete', resource: 'secrets' } },
      },
      statuses: [200, 201],
      readOnly: true,
      signal,
    });
    if (answer.json(ACCESS).status.allowed) return { ok: true };
    return {
      ok: false,
      advice: 'It may not delete secrets in all namespaces: give it that right where tokens may leak.',
    };
  });
}
