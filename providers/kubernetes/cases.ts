import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type KubernetesConfig, kubernetes } from './index.ts';

// Made here and signed by nobody.
export const tokenWith = (claims: unknown): string =>
  [{ alg: 'RS256', kid: 'k3y9' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat('k3Y9_'.repeat(20))
    .join('.');

export const LEGACY = tokenWith({
  iss: 'kubernetes/serviceaccount',
  'kubernetes.io/serviceaccount/namespace': 'build',
  'kubernetes.io/serviceaccount/secret.name': 'deployer-token-x1y2z',
  'kubernetes.io/serviceaccount/service-account.name': 'deployer',
  'kubernetes.io/serviceaccount/service-account.uid': '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
  sub: 'system:serviceaccount:build:deployer',
});

/** @param exp seconds since the Unix epoch */
export const boundUntil = (exp: number) =>
  tokenWith({
    aud: ['https://kubernetes.default.svc', 'vault'],
    exp,
    iss: 'https://kubernetes.default.svc',
    'kubernetes.io': {
      namespace: 'build',
      pod: { name: 'ci-1', uid: 'u' },
      serviceaccount: { name: 'ci', uid: 'u' },
    },
    sub: 'system:serviceaccount:build:ci',
  });

export const OURS = ['quash', 'cluster', 'k3Y9'.repeat(8)].join('-');

export const INVALIDATED = '[invalid bearer token, service account token has been invalidated]';
export const FOREIGN = '[invalid bearer token, invalid signature]';

const headers = { authorization: `Bearer ${OURS}` };

export const reviewing = (
  token: string,
  status: number,
  json: unknown,
  options: { audiences?: string[]; prefix?: string } = {},
): Exchange => ({
  expect: {
    method: 'POST',
    path: `${options.prefix ?? ''}/apis/authentication.k8s.io/v1/tokenreviews`,
    headers,
    json: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, ...(options.audiences && { audiences: options.audiences }) },
    },
  },
  answer: { status, json },
});

export const good = (token: string, options = {}) =>
  reviewing(
    token,
    201,
    {
      kind: 'TokenReview',
      status: { authenticated: true, user: { username: 'system:serviceaccount:build:x' } },
    },
    options,
  );
export const bad = (token: string, error: string, options = {}) =>
  reviewing(token, 201, { kind: 'TokenReview', status: { user: {}, error } }, options);

const refusal = (code: number, reason: string) => ({ kind: 'Status', status: 'Failure', reason, code });

export const deletion = (status: number, json: unknown): Exchange => ({
  expect: { method: 'DELETE', path: '/api/v1/namespaces/build/secrets/deployer-token-x1y2z', headers },
  answer: { status, json },
});
export const deleted = () => deletion(200, { kind: 'Status', status: 'Success' });

export const cases: readonly ProviderSpec<KubernetesConfig>[] = [
  {
    definition: kubernetes,
    config: (url) => ({ clusters: [{ url, token: OURS }] }),
    token: LEGACY,
    credentials: [OURS],
    kind: 'service-account-token',
    type: 'gitleaks_rule_id_kubernetesserviceacctoken',
    scripts: {
      revoked: { exchanges: [good(LEGACY), deleted(), bad(LEGACY, INVALIDATED)] },
      alreadyDead: { exchanges: [bad(LEGACY, INVALIDATED)] },
      unknownToken: {
        exchanges: [bad(LEGACY, FOREIGN)],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [reviewing(LEGACY, 401, refusal(401, 'Unauthorized'))] },
      forbidden: { exchanges: [good(LEGACY), deletion(403, refusal(403, 'Forbidden'))] },
      secondCall: { exchanges: [bad(LEGACY, INVALIDATED)] },
    },
  },
];
