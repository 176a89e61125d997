import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { clickhouseCloud } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const SECRET = ['4b', '1d', 'k3y9Qu'.repeat(7).slice(0, 38)].join('');
const KEY_ID = 'Ab3dEf6hIj9lMn2pQr5t';
export const CONTEXT = `CLICKHOUSE_KEY=${KEY_ID}\nCLICKHOUSE_SECRET=${SECRET}\n`;
const OWN = 'the secret of quash';
const ORGANIZATION = '0a1b2c3d-0000-4000-8000-000000000000';
const HOST = '/api.clickhouse.cloud/v1/organizations';
const basicOf = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});
const ours = basicOf('quash', OWN);

export const config = () => ({ organizations: [{ id: ORGANIZATION, keyId: 'quash', keySecret: OWN }] });

const pair = (status: number, json: unknown, id = KEY_ID): Exchange => ({
  expect: { method: 'GET', path: HOST, headers: basicOf(id, SECRET) },
  answer: { status, json },
});
const list = (status: number, json: unknown, page = 0): Exchange => ({
  expect: {
    method: 'GET',
    path: `${HOST}/${ORGANIZATION}/keys${page > 0 ? `?cursor=page-${page}` : ''}`,
    headers: ours,
  },
  answer: { status, json },
});
/** The keys of a page, which begin anew with `key-0` on each. */
export const keysOn = (page: number, suffixes: readonly string[], hasMore = false) =>
  list(
    200,
    {
      status: 200,
      result: suffixes.map((keySuffix, index) => ({
        id: `key-${index}`,
        name: 'ci',
        state: 'enabled',
        keySuffix,
      })),
      limit: 250,
      totalCount: 251,
      nextCursor: hasMore ? `page-${page + 1}` : null,
    },
    page,
  );
export const keys = (...suffixes: readonly string[]) => keysOn(0, suffixes);
export const removed: Exchange = {
  expect: { method: 'DELETE', path: `${HOST}/${ORGANIZATION}/keys/key-1`, headers: ours },
  answer: { status: 200, json: { status: 200, requestId: 'r-1' } },
};
/** Of a key that is limited to other addresses. */
export const blockedOf = (id: string) => pair(403, { status: 403, error: 'Forbidden' }, id);
export const letIn = (organization = ORGANIZATION) =>
  pair(200, { status: 200, result: [{ id: organization, name: 'acme' }] });
export const blocked = blockedOf(KEY_ID);
const refusal = (why: string) => ({ error: `UNAUTHORIZED: Key is not ${why}`, status: 401 });
export const gone = pair(401, refusal('found'));
/** Disabled or expired. */
export const inactive = pair(401, { requestId: 'r-1', ...refusal('active') });
/** Let in, and not with an id that nobody has. */
export const proven = [letIn(), pair(401, refusal('found'), '0'.repeat(20))];
const seen = [...proven, keys('ffff', 'Qr5t')];
const notLetIn = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'needs-context' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: clickhouseCloud,
    config,
    token: SECRET,
    context: CONTEXT,
    credentials: [OWN],
    kind: 'key-secret',
    type: 'gitleaks_rule_id_clickhouse-cloud-api-secret-key',
    scripts: {
      revoked: { exchanges: [...seen, ...seen, removed, gone] },
      // A deleted secret is let in with no key id, like one that was made up.
      alreadyDead: notLetIn,
      unknownToken: notLetIn,
      credentialRefused: { exchanges: [...proven, list(401, { status: 401, error: 'no' })] },
      forbidden: { exchanges: [...proven, list(403, { status: 403, error: 'no' })] },
      secondCall: notLetIn,
    },
  },
];
