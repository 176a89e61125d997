/**
 * Kubernetes service account tokens, of the operator's own clusters.
 *
 * Docs: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ and
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/, checked 2026-11-29.
 *
 * - A token that is kept in a Secret dies with the Secret. Since 1.28 a label on the Secret would do as well, but older
 *   clusters ignore it and whoever may edit Secrets takes it off again; so the Secret is deleted.
 * - A token that was requested for a Pod, or for a time, is in no list and cannot be revoked: it dies with the Pod, or
 *   when its time is over. Pods are not touched.
 * - What a token says of itself, its end included, is the committer's text until a cluster has reviewed it, see
 *   `review.ts`.
 * - A token whose Secret is only marked as invalid works again without the mark. It is not let in, so nothing shows that the
 *   cluster made it: a person decides.
 * - That a token "has been invalidated" is no death before what it is bound to is seen to be gone, see `binding.ts`.
 * - A token that was let in is refused as well while the clock of the cluster is behind ("is not valid yet"), or a webhook that
 *   the cluster asks is down, whose words are its own. So no other refusal of it is a death before that is seen either.
 * - Clusters keep a good review for about 10 s, so the first look after a deletion may still find the token alive.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { accountOf, checkCluster, FOUND } from './cluster.ts';
import { config, type KubernetesConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'service-account-token',
  types: ['gitleaks_rule_id_kubernetesserviceacctoken'],
  pattern: /(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{40,}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Every cluster issues its own, and only the configured ones are asked.' },
  whole: 'open',
  undo: 'no',
};

const UNKNOWN =
  'No configured cluster knows this token: find out of which cluster it is, add that to providers.kubernetes.clusters and retry, or revoke it there.';

export const kubernetes: ProviderDefinition<KubernetesConfig> = {
  id: 'kubernetes',
  title: 'Kubernetes service accounts',
  docs: 'https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: "the Secret that the token names, once the cluster has reviewed the token as that account's",
  proof: 'the cluster no longer authenticates the token',
  effect: 'the Secret that holds the token, which Pods may mount',
  needs:
    'the URL of each cluster and a token with the rights to create tokenreviews and to delete secrets; to get pods, to tell that a token is dead whose Pod is gone',
  types: KIND.types,
  config,
  create: ({ clusters }, tools) => ({
    kinds: clusters.length > 0 ? [KIND] : [],
    ...byAccounts(
      clusters.map((cluster) => accountOf(cluster, tools)),
      { found: FOUND, unknown: UNKNOWN, copies: true, log: tools.log },
    ),
    check: (signal) => Promise.all(clusters.map((cluster) => checkCluster(cluster, tools, signal))),
  }),
};
