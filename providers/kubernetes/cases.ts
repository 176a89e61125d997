import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { KubernetesConfig } from './config.ts';
import { kubernetes } from './index.ts';

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

// What Kubernetes 1.34.2 says, of a token in a Secret, of one that is bound, and of one whose account is gone.
export const INVALIDATED = '[invalid bearer token, Token has been invalidated]';
export const EXPIRED = '[invalid bearer token, service account token has expired]';
export const GONE_WITH_ITS_ACCOUNT = '[invalid bearer token, serviceaccounts "deployer" not found]';
export const FOREIGN = '[invalid bearer token, invalid signature]';

const headers = { authorization: `Bearer ${OURS}` };

interface ReviewOptions {
  readonly audiences?: string[];
  readonly prefix?: string;
  readonly username?: string;
}

export const reviewing = (
  token: string,
  status: number,
  json: unknown,
  options: ReviewOptions = {},
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

export const good = (
  token: string,
  { username = 'system:serviceaccount:build:deployer', ...options }: ReviewOptions = {},
) =>
  reviewing(
    token,
    201,
    { kind: 'TokenReview', status: { authenticated: true, user: { username } } },
    options,
  );
export const bad = (token: string, error: string, options = {}) =>
  reviewing(token, 201, { kind: 'TokenReview', status: { user: {}, error } }, options);

export const refusal = (code: number, reason: string) => ({
  kind: 'Status',
  status: 'Failure',
  reason,
  code,
});

export const deletion = (status: number, json: unknown): Exchange => ({
  expect: { method: 'DELETE', path: '/api/v1/namespaces/build/secrets/deployer-token-x1y2z', headers },
  answer: { status, json },
});
export const deleted = () => deletion(200, { kind: 'Status', status: 'Success' });

/** Whether there is what a token is bound to, asked by a deletion that nothing can fit, or of a Pod. */
export const probing = (resource: 'secrets' | 'pods', status: number, json: unknown): Exchange => ({
  expect: {
    method: resource === 'pods' ? 'GET' : 'DELETE',
    path: `/api/v1/namespaces/build/${resource}/${resource === 'pods' ? 'ci-1' : 'deployer-token-x1y2z'}`,
    headers,
    ...(resource === 'secrets' && {
      json: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        dryRun: ['All'],
        preconditions: { uid: '00000000-0000-4000-8000-000000000000' },
      },
    }),
  },
  answer: { status, json },
});
/** Of a token that is invalidated: what it is bound to is gone. */
export const gone = (resource: 'secrets' | 'pods' = 'secrets') =>
  probing(resource, 404, refusal(404, 'NotFound'));

export const AUDIENCES = { audiences: ['https://kubernetes.default.svc', 'vault'] };
export const CI = { ...AUDIENCES, username: 'system:serviceaccount:build:ci' };
/** For an hour from where the suite's clock begins. */
const BOUND = boundUntil(Date.UTC(2026, 0, 1, 1) / 1000);

const unknownOf = (token: string, options = {}) =>
  ({
    exchanges: [bad(token, FOREIGN, options)],
    endsAs: { outcome: 'refused', reason: 'unknown-token' },
  }) as const;

const invalidated = [bad(LEGACY, INVALIDATED), gone()];

export const cases: readonly ProviderSpec<KubernetesConfig>[] = [
  {
    definition: kubernetes,
    config: (url) => ({ clusters: [{ url, token: OURS }] }),
    token: LEGACY,
    credentials: [OURS],
    kind: 'service-account-token',
    type: 'gitleaks_rule_id_kubernetesserviceacctoken',
    scripts: {
      revoked: { exchanges: [good(LEGACY), good(LEGACY), deleted(), ...invalidated] },
      alreadyDead: { exchanges: invalidated, saysSo: true },
      unknownToken: unknownOf(LEGACY),
      credentialRefused: { exchanges: [reviewing(LEGACY, 401, refusal(401, 'Unauthorized'))] },
      forbidden: { exchanges: [good(LEGACY), good(LEGACY), deletion(403, refusal(403, 'Forbidden'))] },
      secondCall: { exchanges: invalidated },
    },
  },
  {
    definition: kubernetes,
    config: (url) => ({ clusters: [{ url, token: OURS }] }),
    token: BOUND,
    credentials: [OURS],
    kind: 'service-account-token',
    type: 'gitleaks_rule_id_kubernetesserviceacctoken',
    scripts: {
      revoked: { exchanges: [good(BOUND, CI), good(BOUND, CI)], endsAs: { outcome: 'expires' } },
      alreadyDead: { exchanges: [bad(BOUND, GONE_WITH_ITS_ACCOUNT, AUDIENCES)], saysSo: true },
      unknownToken: unknownOf(BOUND, AUDIENCES),
      credentialRefused: { exchanges: [reviewing(BOUND, 401, refusal(401, 'Unauthorized'), AUDIENCES)] },
      forbidden: { exchanges: [reviewing(BOUND, 403, refusal(403, 'Forbidden'), AUDIENCES)] },
      secondCall: { exchanges: [bad(BOUND, GONE_WITH_ITS_ACCOUNT, AUDIENCES)] },
    },
  },
];
