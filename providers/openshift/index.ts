/**
 * OpenShift: OAuth access tokens of users (sha256~), of the operator's own clusters.
 *
 * Docs: https://docs.openshift.com/container-platform/latest/rest_api/oauth_apis/oauthaccesstoken-oauth-openshift-io-v1.html;
 * a token is deleted as `oc logout` does it (openshift/oc, pkg/cli/logout/logout.go), checked 2026-11-29.
 *
 * - A token may delete its own object, whose name is the hash of the token: a text that is not let in deletes nothing.
 * - Whatever keeps the cluster from reading a token, its user or its groups is answered 401 as well, and the reason is masked
 *   (openshift/oauth-apiserver, tokenvalidation: `errLookup`; checked 2026-11-29). So what worked before and is refused goes to
 *   a person, unless it was deleted here.
 * - Tokens of service accounts are those of Kubernetes.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { type SelfServicePlace, selfServiceAt } from '../../src/provider/kit/self-service-at.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const PREFIX = 'sha256~';

const KIND: TokenKind = {
  id: 'user-token',
  types: ['gitleaks_rule_id_openshift-user-token'],
  pattern: /(?<![\w~-])sha256~[\w-]{43}(?![\w~-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Every cluster issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  clusters: z
    .array(z.strictObject({ url: baseUrl().describe('Of its API server: https://api.example.com:6443.') }))
    .default([])
    .describe('Clusters that may have issued a token; asked in this order.'),
});

const USER = z.object({ kind: z.literal('User') });
const OBJECT = z.object({ kind: z.string() });
const status = (reason: string) => z.object({ kind: z.literal('Status'), reason: z.literal(reason) });

const NOT_PERMITTED = refused(
  'not-permitted',
  'The cluster does not let this token delete itself: delete its OAuthAccessToken as an administrator.',
);

const KEPT_OUT = refused(
  'manual',
  'The cluster let this token in before and refuses it now, as it does while it cannot read its tokens, users or groups: see whether its OAuthAccessToken is gone, and delete it there.',
);

function cluster(upstream: Upstream): SelfServicePlace {
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const path = '/apis/user.openshift.io/v1/users/~';
    const request = {
      method: 'GET',
      path,
      headers: { authorization: bearer(token) },
      signal,
      tells: { owner: 'metadata.name', scopes: 'groups' },
    } as const;
    const { means } = await ask(upstream, request, [
      row([200], USER, true),
      // A token with scopes may not be let see its user.
      row([403], status('Forbidden'), true),
      row([401], status('Unauthorized'), false),
    ]);
    return means;
  };

  return {
    name: upstream.base,
    works,
    async revoke(token, signal) {
      const path = `/apis/oauth.openshift.io/v1/oauthaccesstokens/${objectName(token)}`;
      const request = { method: 'DELETE', path, headers: { authorization: bearer(token) }, signal } as const;
      const { means } = await ask(upstream, request, [
        row([200], OBJECT, 'deleted'),
        row([404], status('NotFound'), 'deleted'),
        row([403], status('Forbidden'), 'forbidden'),
      ]);
      return means === 'deleted' ? revoked() : NOT_PERMITTED;
    },
  };
}

function objectName(token: Secret): string {
  const hash = createHash('sha256').update(token.reveal().slice(PREFIX.length)).digest('base64url');
  return `${PREFIX}${hash}`;
}

export const openshift: ProviderDefinition<z.output<typeof config>> = {
  id: 'openshift',
  title: 'OpenShift',
  docs: 'https://docs.openshift.com/container-platform/latest/rest_api/oauth_apis/oauthaccesstoken-oauth-openshift-io-v1.html',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the token deletes its own object, which is named by its hash',
  proof: 'the cluster that knew the token no longer lets it in',
  effect: 'the token only',
  needs: 'the URL of each cluster',
  types: KIND.types,
  config,
  create({ clusters }, tools) {
    const upstreams = clusters.map(({ url }) => tools.upstream(url));
    const methods = selfServiceAt(upstreams.map(cluster), {
      unknown:
        'No configured cluster lets this token in: if it is of another one, add that to providers.openshift.clusters and retry.',
      keptOut: KEPT_OUT,
      copies: true,
      log: tools.log,
    });
    return { kinds: upstreams.length > 0 ? [KIND] : [], ...methods };
  },
};
