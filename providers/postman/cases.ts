import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { PostmanConfig } from './config.ts';
import { postman } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const TOKEN = ['PMAT', `${'0A1B2C3D'.repeat(3)}4Z`].join('-');
export const OPERATOR = ['PMAK', 'of-the-operator'].join('-');
export const ID = 'Njg5OjU3MDQ1NjYtYmQxZDU3NzktMWVkNS00ZDhjLWI0ZmQtZWRhOGY2Mzg1NTY0';
export const COLLECTION = '12345678-12ece9e1-2abf-4edc-8e34-de66e74114d2';
const API = '/api.getpostman.com';
const KEYS = `${API}/collection-access-keys`;
const headers = { 'x-api-key': OPERATOR };

export const config = () => ({ teams: [{ name: 'acme', apiKey: OPERATOR }] });

export const error = (name: string) => ({ error: { name, message: 'No.' } });
const masked = (ending: string) => `PMAT-${'*'.repeat(26 - ending.length)}${ending}`;
export const record = (id: string, more: object = {}) => ({
  id,
  token: masked(TOKEN.slice(-4)),
  status: 'ACTIVE',
  teamId: 123,
  userId: 12345678,
  collectionId: COLLECTION,
  expiresAfter: '2024-06-11T13:21:11.000Z',
  lastUsedAt: '',
  createdAt: '2024-04-12T13:21:11.000Z',
  ...more,
});
const OTHER = record('another', { token: masked('51FZ') });
const listing = (query: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `${KEYS}${query}`, headers },
  answer: { status, json },
});
export const list = (data: readonly object[], nextCursor = '', cursor = '') =>
  listing(cursor && `?cursor=${cursor}`, 200, { data, meta: { nextCursor, prevCursor: '' } });
export const there = list([OTHER, record(ID)]);
export const gone = list([OTHER]);
export const opening = (status: number, json: unknown, collection = COLLECTION, token = TOKEN): Exchange => ({
  expect: {
    method: 'GET',
    path: `${API}/collections/${collection}?access_key=${token}&model=minimal`,
    headers: { 'x-api-key': undefined },
  },
  answer: { status, json },
});
const contents = { collection: { info: { name: 'c' } } };
/** To a key that nobody has. */
const NOBODYS = `PMAT-${'0'.repeat(26)}`;
export const opensToAll = [opening(200, contents), opening(200, contents, COLLECTION, NOBODYS)];
export const opens = (collection = COLLECTION) => [
  opening(200, contents, collection),
  opening(401, error('AuthenticationError'), collection, NOBODYS),
];
export const shut = opening(401, error('AuthenticationError'));
export const removal = (status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path: `${KEYS}/${ID}`, headers },
  answer: { status, ...(json !== undefined && { json }) },
});

const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<PostmanConfig>[] = [
  {
    definition: postman,
    config,
    token: TOKEN,
    credentials: [OPERATOR],
    kind: 'collection-access-key',
    type: 'gitleaks_rule_id_postmancollectionaccesskey',
    tokenInUrl: 'Postman takes a collection access key in the query only.',
    scripts: {
      revoked: { exchanges: [there, ...opens(), there, ...opens(), removal(204), gone, shut] },
      // A deleted key is as unknown as one of another team.
      alreadyDead: unknown,
      // It ends like one of the team, whose collection it does not open.
      unknownToken: {
        exchanges: [there, opening(403, error('forbiddenError'))],
        endsAs: { outcome: 'refused', reason: 'ambiguous' },
      },
      credentialRefused: { exchanges: [listing('', 401, error('AuthenticationError'))] },
      forbidden: {
        exchanges: [there, ...opens(), there, ...opens(), removal(403, error('forbiddenError'))],
      },
      // It never happens so: the key's id is on file before anything is deleted. The list is still known.
      secondCall: { exchanges: [shut], endsAs: { outcome: 'refused', reason: 'ambiguous' } },
    },
  },
];
