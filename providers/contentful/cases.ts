import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { ContentfulConfig } from './config.ts';
import { contentful } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const PERSONAL_TOKEN = ['CFPAT', `${'a1B2c3D4'.repeat(5)}xyz`].join('-');
export const DELIVERY_KEY = `${'d1E2f3G4'.repeat(5)}xyz`;
export const PREVIEW_KEY = `${'p1R2e3V4'.repeat(5)}xyz`;
export const OPERATOR = ['CFPAT', 'of-the-operator'].join('-');

const US = '/api.contentful.com';
const EU = '/api.eu.contentful.com';
export const error = (id: string) => ({ sys: { type: 'Error', id }, message: 'No.', requestId: '5c4d' });

const as = (token: string) => ({ authorization: `Bearer ${token}` });
const itself = (method: 'GET' | 'PUT', path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path, headers: as(PERSONAL_TOKEN) },
  answer: { status, json },
});
export const record = (id: string, redactedValue: string, revokedAt: string | null = null) => ({
  name: 'My Token',
  revokedAt,
  scopes: ['content_management_manage'],
  sys: {
    type: 'PersonalAccessToken',
    id,
    redactedValue,
    createdAt: '2025-02-14T04:18:43.000Z',
    expiresAt: null,
  },
});
const LIST = '/users/me/access_tokens?limit=100&skip=';
export const ownTokens = (items: readonly unknown[], { skip = 0, total = items.length } = {}) =>
  itself('GET', `${US}${LIST}${skip}`, 200, { total, skip, limit: 100, items });
export const listAnswered = (status: number, id: string) => itself('GET', `${US}${LIST}0`, status, error(id));
const me = (host: string, status: number, json: unknown) => itself('GET', `${host}/users/me`, status, json);
export const letIn = me(US, 200, { sys: { type: 'User', id: 'user-1' } });
/** Both statuses were seen: 401 as documented, 403 by contentful-export#98 and others. */
export const deadAt = {
  us: me(US, 401, error('AccessTokenInvalid')),
  eu: me(EU, 403, error('AccessTokenInvalid')),
};
export const ENDING = PERSONAL_TOKEN.slice(-4);
export const revocation = (status: number, json: unknown) =>
  itself('PUT', `${US}/users/me/access_tokens/token-1/revoked`, status, json);

const page = (items: readonly unknown[]) => ({ total: items.length, skip: 0, limit: 100, items });
export const deliveryKey = {
  sys: { type: 'ApiKey', id: 'key-1' },
  name: 'website',
  accessToken: DELIVERY_KEY,
  preview_api_key: { sys: { type: 'Link', linkType: 'PreviewApiKey', id: 'preview-1' } },
};
const previewKey = { sys: { type: 'PreviewApiKey', id: 'preview-1' }, accessToken: PREVIEW_KEY };

/** The operator's calls about the keys of a space. */
const callsOf = (space: string) => {
  const call = (method: 'GET' | 'DELETE', path: string, status: number, json?: unknown): Exchange => ({
    expect: { method, path: `${US}/spaces/${space}${path}`, headers: as(OPERATOR) },
    answer: { status, ...(json !== undefined && { json }) },
  });
  return {
    deliveryPage: (items: readonly unknown[], skip: number, total: number) =>
      call('GET', `/api_keys?limit=100&skip=${skip}`, 200, { total, skip, limit: 100, items }),
    deliveryKeys: (...items: readonly unknown[]) =>
      call('GET', '/api_keys?limit=100&skip=0', 200, page(items)),
    previewKeys: (...items: readonly unknown[]) =>
      call('GET', '/preview_api_keys?limit=100&skip=0', 200, page(items)),
    delivery: call('GET', '/api_keys/key-1', 200, deliveryKey),
    preview: call('GET', '/preview_api_keys/preview-1', 200, previewKey),
    remove: call('DELETE', '/api_keys/key-1', 204),
    /** The space is still seen. */
    gone: [call('GET', '/api_keys/key-1', 404, error('NotFound')), call('GET', '/api_keys', 200, page([]))],
    listFailed: (status: number, id: string) => call('GET', '/api_keys?limit=100&skip=0', status, error(id)),
  };
};
/** The space of a test of its own. */
export const space = { id: 'space3', managementToken: OPERATOR };
export const inSpace = callsOf(space.id);
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

// A space each: what the lists held for one key is kept for a minute, and counts for the next.
const contentKey = (
  token: string,
  sort: string,
  space: string,
  exchangesOf: (calls: ReturnType<typeof callsOf>) => readonly Exchange[],
): ProviderSpec<ContentfulConfig> => {
  const calls = callsOf(space);
  // A deleted key is as unknown as one of another space.
  const unknown = { exchanges: [calls.deliveryKeys(), calls.previewKeys()], endsAs: UNKNOWN };
  return {
    definition: contentful,
    config: () => ({ spaces: [{ id: space, managementToken: OPERATOR }] }),
    token,
    credentials: [OPERATOR],
    kind: 'content-key',
    type: `gitleaks_rule_id_contentful_${sort}_api_token`,
    scripts: {
      revoked: { exchanges: [...exchangesOf(calls), calls.remove, ...calls.gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [calls.listFailed(401, 'AccessTokenInvalid')] },
      forbidden: { exchanges: [calls.listFailed(403, 'AccessDenied')] },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: calls.gone },
    },
  };
};

export const cases: readonly ProviderSpec<ContentfulConfig>[] = [
  {
    definition: contentful,
    config: () => ({}),
    token: PERSONAL_TOKEN,
    kind: 'personal-access-token',
    type: 'gitleaks_rule_id_contentfulpersonalaccesstoken',
    scripts: {
      revoked: {
        exchanges: [
          letIn,
          ownTokens([record('token-0', 'TmTU'), record('token-1', ENDING)]),
          revocation(200, record('token-1', ENDING, '2026-11-21T05:23:09.000Z')),
          deadAt.us,
          deadAt.eu,
        ],
      },
      alreadyDead: { exchanges: [deadAt.us, deadAt.eu] },
      unknownToken: {
        notApplicable: 'The regions are the only issuers, and say the same of a token that never was.',
      },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { exchanges: [letIn, listAnswered(403, 'AccessDenied')] },
      secondCall: { exchanges: [deadAt.us, deadAt.eu] },
    },
    faultOverrides: [0, 3].flatMap((call) => asksOnAfter(call, [deadAt.eu])),
  },
  contentKey(DELIVERY_KEY, 'delivery', 'space1', ({ deliveryKeys, delivery }) => [
    deliveryKeys(deliveryKey),
    delivery,
  ]),
  contentKey(PREVIEW_KEY, 'preview', 'space2', ({ deliveryKeys, previewKeys, delivery, preview }) => [
    deliveryKeys(deliveryKey),
    previewKeys(previewKey),
    delivery,
    preview,
  ]),
];
