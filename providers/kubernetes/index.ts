/**
 * Kubernetes service account tokens, of the operator's own clusters.
 *
 * Docs: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ and
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/, checked 2026-11-21.
 *
 * - A token that is kept in a Secret dies with the Secret. Since 1.28 a label on the Secret would do as well, but older
 *   clusters ignore it and whoever may edit Secrets takes it off again; so the Secret is deleted.
 * - A token that was requested for a Pod, or for a time, is in no list and cannot be revoked: it dies with the Pod, or
 *   when its time is over. Pods are not touched.
 * - Clusters keep a good review for about 10 s, so the first look after a deletion may still find the token alive.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { firstOf, sparingTheLane } from '../../src/provider/kit/places.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type {
  Provider,
  ProviderDefinition,
  RevokeResult,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { type Claims, type Cluster, check, claimsOf, deleteSecret, review, type Sight } from './cluster.ts';

const config = z.strictObject({
  clusters: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the API server.'),
        token: secretText().describe(
          'Bearer token with the rights to create tokenreviews and to delete secrets.',
        ),
      }),
    )
    .default([])
    .describe('Clusters that may have issued a token; asked in this order.'),
});
export type KubernetesConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'service-account-token',
  types: ['gitleaks_rule_id_kubernetesserviceacctoken'],
  pattern: /(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{40,}(?![\w-])/,
  effect: 'token',
};

const ADVICE = {
  unknown:
    'No configured cluster knows this token: if it is of another cluster, add that to providers.kubernetes.clusters and retry; otherwise it is dead already and can be dismissed.',
  bound:
    'The token works for longer than a day and cannot be revoked by itself: delete the Pod that it is bound to, or the service account.',
} as const;

/** A bound token that lives no longer than this is left to die. */
const SOON_MS = 24 * 60 * 60 * 1000;

/** Base URL of the cluster at which it was alive. */
const NOTE = z.object({ cluster: z.string() });

export const kubernetes: ProviderDefinition<KubernetesConfig> = {
  id: 'kubernetes',
  title: 'Kubernetes service accounts',
  docs: 'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/',
  stability: 'beta',
  exactness: 'the Secret that the token names, once the cluster has reviewed the token',
  proof: 'the cluster no longer authenticates the token',
  effect: 'the Secret that holds the token, which Pods may mount',
  needs: 'the URL of each cluster and a token with the rights to create tokenreviews and to delete secrets',
  types: KIND.types,
  config,
  create,
};

function create(settings: KubernetesConfig, tools: Tools): Provider {
  const all: readonly Cluster[] = settings.clusters.map(({ url, token }) => ({
    upstream: tools.upstream(url),
    token,
  }));

  const look = async (token: Secret, claims: Claims, note: unknown, signal: AbortSignal) => {
    const seen = NOTE.safeParse(note).data?.cluster;
    const asked = all.filter(({ upstream }) => seen === undefined || upstream.base === seen);
    const found = await search(asked, token, claims, signal);
    // Where it was alive, "no longer" can only mean that it died; and nothing outlives its own end.
    const isDead = seen !== undefined && asked.length > 0;
    const isOver = claims.exp !== undefined && claims.exp * 1000 < tools.clock.now();
    return found.sight === 'absent' && (isDead || isOver) ? { ...found, sight: 'dead' as const } : found;
  };

  return {
    kinds: all.length > 0 ? [KIND] : [],
    async revoke(token, step) {
      const claims = claimsOf(token);
      const { sight, cluster } = await look(token, claims, step.note, step.signal);
      if (sight === 'dead') return alreadyInactive();
      if (sight === 'absent' || !cluster) return refused('unknown-token', ADVICE.unknown);
      step.remember({ cluster: cluster.upstream.base } satisfies z.output<typeof NOTE>);
      const namespace = claims['kubernetes.io/serviceaccount/namespace'];
      const name = claims['kubernetes.io/serviceaccount/secret.name'];
      if (!namespace || !name) return bound(cluster, claims, tools.clock.now());
      await sparingTheLane(all, () => deleteSecret(cluster, namespace, name, step.signal));
      return revoked({ cluster: cluster.upstream.base, namespace, secret: name });
    },
    async verify(token, step) {
      const { sight } = await look(token, claimsOf(token), step.note, step.signal);
      return sight === 'absent' ? 'unknown' : sight;
    },
    check: (signal) => Promise.all(all.map((cluster) => check(cluster, signal))),
  };
}

function bound({ upstream }: Cluster, { exp }: Claims, nowMs: number): RevokeResult {
  const cluster = upstream.base;
  if (exp === undefined) return refused('manual', ADVICE.bound, { cluster });
  const evidence = { cluster, expiresAt: new Date(exp * 1000).toISOString() };
  if (exp * 1000 - nowMs <= SOON_MS) return { outcome: 'expires', evidence };
  return refused('manual', ADVICE.bound, evidence);
}

/** A cluster that is down counts only when no other knows the token. */
async function search(
  clusters: readonly Cluster[],
  token: Secret,
  claims: Claims,
  signal: AbortSignal,
): Promise<{ readonly sight: Sight; readonly cluster?: Cluster }> {
  const found = await sparingTheLane(clusters, () =>
    firstOf(clusters, async (cluster) => {
      const sight = await review(cluster, token, claims, signal);
      return sight === 'absent' ? undefined : { sight, cluster };
    }),
  );
  return found ?? { sight: 'absent' };
}
