import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { NewrelicConfig } from './config.ts';
import { newrelic } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const key = (prefix: string, body: string) => [prefix, body].join('-');
export const USER_KEY = key('NRAK', 'K3Y'.repeat(9));
export const BROWSER_KEY = key('NRJS', `${'0a1b2c'.repeat(3)}d`);
export const OPERATOR = key('NRAK', 'ADM'.repeat(9));

const US = '/api.newrelic.com/graphql';
const EU = '/api.eu.newrelic.com/graphql';
const SEARCH =
  'query($query: ApiAccessKeySearchQuery!, $cursor: String) { actor { apiAccess { keySearch(query: $query, cursor: $cursor) { keys { id key ... on ApiAccessIngestKey { accountId } } nextCursor } } } }';
const DELETE =
  'mutation($keys: ApiAccessDeleteInput!) { apiAccessDeleteKeys(keys: $keys) { deletedKeys { id } errors { message } } }';

const badKey = {
  errors: [{ extensions: { error_code: 'BAD_API_KEY' }, message: 'Bad API Key or no API Key provided' }],
};
type Keys = readonly { id: string; key: string | null; accountId?: number }[];
const listing = (keys: Keys, nextCursor: string | null = null) => ({
  data: { actor: { apiAccess: { keySearch: { keys, nextCursor } } } },
});

interface Call {
  readonly path: string;
  readonly as: string;
  readonly query: string;
  readonly variables: unknown;
}
const call = ({ path, as, query, variables }: Call, status: number, json: unknown): Exchange => ({
  expect: { method: 'POST', path, headers: { 'api-key': as }, json: { query, variables } },
  answer: { status, json },
});

const ofUser = { as: USER_KEY, query: SEARCH, variables: { query: { types: 'USER' } } };
export const ownKeys = (keys: Keys, nextCursor: string | null = null, cursor?: string) =>
  call(
    { ...ofUser, path: US, variables: { ...ofUser.variables, ...(cursor && { cursor }) } },
    200,
    listing(keys, nextCursor),
  );
export const refusedByUs = call({ ...ofUser, path: US }, 401, badKey);
const others = [EU, '/api.jp.newrelic.com/graphql', '/gov-api.newrelic.com/graphql'];
export const refusedByAll = [refusedByUs, ...others.map((path) => call({ ...ofUser, path }, 401, badKey))];
export const own = ownKeys([
  { id: 'HIDDEN', key: null },
  { id: 'ID-1', key: USER_KEY },
]);
export const ownDeletion = (result: unknown) =>
  call({ path: US, as: USER_KEY, query: DELETE, variables: { keys: { userKeyIds: ['ID-1'] } } }, 200, {
    data: { apiAccessDeleteKeys: result },
  });
export const done = { deletedKeys: [{ id: 'ID-1' }], errors: [] };

const ofBrowsers = {
  path: US,
  as: OPERATOR,
  query: SEARCH,
  variables: { query: { types: 'INGEST', scope: { ingestTypes: 'BROWSER' } } },
};
export const browserKeys = (keys: Keys, nextCursor: string | null = null, cursor?: string) =>
  call(
    { ...ofBrowsers, variables: { ...ofBrowsers.variables, ...(cursor && { cursor }) } },
    200,
    listing(keys, nextCursor),
  );
export const browserKey = browserKeys([
  { id: 'ID-0', key: 'another' },
  { id: 'ID-1', key: BROWSER_KEY, accountId: 42 },
]);
const account = (answer: unknown) =>
  call(
    {
      ...{ path: US, as: OPERATOR, query: 'query($id: Int!) { actor { account(id: $id) { id } } }' },
      variables: { id: 42 },
    },
    200,
    answer,
  );
export const accountShown = account({ data: { actor: { account: { id: 42 } } } });
export const accountHidden = account({
  data: { actor: { account: null } },
  errors: [{ message: 'Access denied.' }],
});
/** The list lacks it, and the account is seen all the same. */
export const browserKeyGone = [browserKeys([]), accountShown];
export const browserDeletion = (result: unknown) =>
  call({ path: US, as: OPERATOR, query: DELETE, variables: { keys: { ingestKeyIds: ['ID-1'] } } }, 200, {
    data: { apiAccessDeleteKeys: result },
  });
export const withOperator = () => ({ organizations: [{ name: 'acme', userKey: OPERATOR }] });
const unknown = {
  exchanges: [browserKeys([])],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

export const cases: readonly ProviderSpec<NewrelicConfig>[] = [
  {
    definition: newrelic,
    config: () => ({}),
    token: USER_KEY,
    kind: 'user-key',
    type: 'gitleaks_rule_id_new_relic_user_api_key',
    faultOverrides: [
      ...asksOnAfter(0, refusedByAll.slice(1)),
      // The look after the deletion begins with the third call.
      ...[1, 2, 3].flatMap((asked) => asksOnAfter(asked + 1, refusedByAll.slice(asked))),
    ],
    scripts: {
      revoked: { exchanges: [own, ownDeletion(done), ...refusedByAll] },
      alreadyDead: { exchanges: refusedByAll },
      unknownToken: { notApplicable: 'The regions are the only issuers, and each says which keys work.' },
      credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
      forbidden: {
        exchanges: [own, ownDeletion({ deletedKeys: [], errors: [{ message: 'Not authorized' }] })],
      },
      secondCall: { exchanges: refusedByAll },
    },
  },
  {
    definition: newrelic,
    config: withOperator,
    token: BROWSER_KEY,
    credentials: [OPERATOR],
    kind: 'browser-key',
    type: 'gitleaks_rule_id_new_relic_ingest_browser_api_token_v2',
    scripts: {
      revoked: { exchanges: [browserKey, browserKey, browserDeletion(done), ...browserKeyGone] },
      // A deleted key is as unknown as one of another account.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [call(ofBrowsers, 401, badKey)] },
      forbidden: { exchanges: [call(ofBrowsers, 403, { errors: [{ message: 'Forbidden' }] })] },
      // The list is still known.
      secondCall: { exchanges: browserKeyGone },
    },
  },
];
