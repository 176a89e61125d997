import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type AzureConfig, azure } from './index.ts';

const guid = (digit: string) => [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join('-');
const TENANT = guid('1');
const OWN_ID = guid('2');
const SUBSCRIPTION = guid('3');
const APP = { id: guid('4'), appId: guid('5') };
const OTHER_APP = { id: guid('6'), appId: guid('7') };
const KEY_ID = guid('8');

// Put together here, so that no scanner takes them for leaks.
const entraSecret = (body: string) => ['abc', '8', 'Q~'].join('') + body.repeat(8);
export const SECRET = entraSecret('k3y~');
export const OWN_SECRET = entraSecret('0wn.');
export const STORAGE_KEY = `${'k3y/'.repeat(21)}AB==`;
export const PAT = `${['AZ', 'DO'].join('').padStart(80, 'k3y9')}abcd`;
const ACCESS = 'eyAccess.'.repeat(4);

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const config = () => ({
  tenantId: TENANT,
  clientId: OWN_ID,
  clientSecret: OWN_SECRET,
  subscriptions: [SUBSCRIPTION],
  devOpsOrganizations: ['acme'],
});

const GRAPH = 'https://graph.microsoft.com/.default';

const signIn = (
  clientId: string,
  secret: string,
  scope: string,
  status: number,
  json: unknown,
): Exchange => ({
  expect: {
    method: 'POST',
    path: `/login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
    form: { grant_type: 'client_credentials', client_id: clientId, client_secret: secret, scope },
  },
  answer: { status, json },
});
const ISSUED = { token_type: 'Bearer', expires_in: 3599, access_token: ACCESS };
const declined = (code: number) => ({
  error: 'invalid_client',
  error_description: `AADSTS${code}: …`,
  error_codes: [code],
});
const asQuash = (scope: string) => signIn(OWN_ID, OWN_SECRET, scope, 200, ISSUED);
const call = (
  method: 'GET' | 'POST',
  path: string,
  status: number,
  json?: unknown,
  body?: unknown,
): Exchange => ({
  expect: {
    method,
    path,
    headers: { authorization: `Bearer ${ACCESS}` },
    ...(body !== undefined && { json: body }),
  },
  answer: { status, ...(json !== undefined && { json }) },
});

const LIST_PATH =
  '/graph.microsoft.com/v1.0/applications?%24select=id%2CappId%2CpasswordCredentials&%24top=200';
const application = (app: typeof APP, ...hints: readonly string[]) => ({
  ...app,
  passwordCredentials: hints.map((hint, index) => ({
    keyId: index === 0 ? KEY_ID : guid('9'),
    hint,
    displayName: 'CI',
    endDateTime: '2999-01-01T00:00:00Z',
  })),
});
export const graphSignIn = asQuash(GRAPH);
export const onePage = (...hints: readonly string[]) =>
  call('GET', LIST_PATH, 200, { value: [application(APP, ...hints)] });
const twoPages = [
  call('GET', LIST_PATH, 200, {
    value: [application(OTHER_APP, 'abc')],
    '@odata.nextLink': 'https://evil.example.com/v1.0/applications?$skiptoken=c-2',
  }),
  call('GET', `${LIST_PATH}&%24skiptoken=c-2`, 200, { value: [application(APP, 'xyz', 'abc')] }),
];
export const probe = (status: number, json: unknown, app = APP) =>
  signIn(app.appId, SECRET, GRAPH, status, json);
export const works = probe(200, ISSUED);
const gone = probe(401, declined(7000215));
const foreign = probe(401, declined(7000215), OTHER_APP);

const entra: ProviderSpec<AzureConfig> = {
  definition: azure,
  config,
  token: SECRET,
  credentials: [OWN_SECRET, ACCESS],
  kind: 'entra-client-secret',
  type: 'gitleaks_rule_id_azureentraclientsecret',
  scripts: {
    revoked: {
      exchanges: [
        graphSignIn,
        ...twoPages,
        foreign,
        works,
        works,
        call('POST', `/graph.microsoft.com/v1.0/applications/${APP.id}/removePassword`, 204, undefined, {
          keyId: guid('9'),
        }),
        gone,
      ],
    },
    alreadyDead: { exchanges: [graphSignIn, onePage('abc'), probe(401, declined(7000222))] },
    unknownToken: { exchanges: [graphSignIn, onePage('abc'), gone], endsAs: UNKNOWN },
    credentialRefused: { exchanges: [signIn(OWN_ID, OWN_SECRET, GRAPH, 401, declined(7000215))] },
    forbidden: {
      exchanges: [
        graphSignIn,
        call('GET', LIST_PATH, 403, { error: { code: 'Authorization_RequestDenied' } }),
      ],
    },
    // It never happens so: the note is on record before anything is removed.
    secondCall: { exchanges: [...twoPages, foreign, gone], endsAs: UNKNOWN },
  },
};

const MANAGEMENT = 'https://management.azure.com/.default';
const ARM = `/management.azure.com/subscriptions/${SUBSCRIPTION}`;
const GROUP = `${ARM}/resourceGroups/rg%20(1)/providers`;
const resources = (type: string, ...names: readonly string[]) =>
  call(
    'GET',
    `${ARM}/resources?api-version=2021-04-01&%24filter=resourceType+eq+%27${type.replace('/', '%2F')}%27&%24top=200`,
    200,
    {
      value: names.map((name) => ({
        id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg (1)/providers/${type}/${name}`,
        type,
      })),
    },
  );
const resource = (path: string, version: string, status: number, json?: unknown, body?: unknown) =>
  call('POST', `${GROUP}/${path}?api-version=${version}`, status, json, body);

const storageKeys = (name: string, key2: string) =>
  resource(`Microsoft.Storage/storageAccounts/${name}/listKeys`, '2023-05-01', 200, {
    keys: [
      { keyName: 'key1', value: 'another', permissions: 'FULL' },
      { keyName: 'key2', value: key2, permissions: 'FULL' },
    ],
  });
const COSMOS = 'Microsoft.DocumentDB/databaseAccounts';
const storageSearch = (key: string) => [
  resources('Microsoft.Storage/storageAccounts', 'first', 'second'),
  storageKeys('first', 'another'),
  storageKeys('second', key),
];
const cosmosKeys = (key: string) =>
  resource(`${COSMOS}/db/listKeys`, '2024-05-15', 200, {
    primaryMasterKey: 'another',
    secondaryMasterKey: 'another',
    primaryReadonlyMasterKey: 'another',
    secondaryReadonlyMasterKey: key,
  });
const notFoundIn64Bytes = [
  resources('Microsoft.Storage/storageAccounts'),
  resources(COSMOS),
  resources('Microsoft.Batch/batchAccounts'),
  resources('Microsoft.Communication/communicationServices'),
];
const managementSignIn = asQuash(MANAGEMENT);

const storage: ProviderSpec<AzureConfig> = {
  ...entra,
  token: STORAGE_KEY,
  kind: 'resource-key',
  type: 'gitleaks_rule_id_azure-storage-account-key',
  scripts: {
    revoked: {
      exchanges: [
        managementSignIn,
        ...storageSearch(STORAGE_KEY),
        storageKeys('second', STORAGE_KEY),
        storageKeys('second', STORAGE_KEY),
        resource(
          'Microsoft.Storage/storageAccounts/second/regenerateKey',
          '2023-05-01',
          200,
          { keys: [{ keyName: 'key2', value: 'a-new-one' }] },
          { keyName: 'key2' },
        ),
        storageKeys('second', 'a-new-one'),
      ],
    },
    // Nothing remembers which resource had a key that is gone.
    alreadyDead: { exchanges: [managementSignIn, ...notFoundIn64Bytes], endsAs: UNKNOWN },
    unknownToken: { exchanges: [managementSignIn, ...notFoundIn64Bytes], endsAs: UNKNOWN },
    credentialRefused: { exchanges: [signIn(OWN_ID, OWN_SECRET, MANAGEMENT, 401, declined(7000215))] },
    forbidden: {
      exchanges: [
        managementSignIn,
        resources('Microsoft.Storage/storageAccounts', 'first'),
        resource('Microsoft.Storage/storageAccounts/first/listKeys', '2023-05-01', 403, {
          error: { code: 'AuthorizationFailed' },
        }),
      ],
    },
    // It never happens so: the note is on record before anything is regenerated.
    secondCall: { exchanges: notFoundIn64Bytes, endsAs: UNKNOWN },
  },
};

const cosmos: ProviderSpec<AzureConfig> = {
  ...storage,
  type: 'gitleaks_rule_id_azurecosmosdbcredentials',
  scripts: {
    ...storage.scripts,
    revoked: {
      exchanges: [
        managementSignIn,
        resources('Microsoft.Storage/storageAccounts', 'locked'),
        resource('Microsoft.Storage/storageAccounts/locked/listKeys', '2023-05-01', 409, {
          error: { code: 'KeyAccessDisabled' },
        }),
        resources(COSMOS, 'db'),
        cosmosKeys(STORAGE_KEY),
        cosmosKeys(STORAGE_KEY),
        cosmosKeys(STORAGE_KEY),
        resource(`${COSMOS}/db/regenerateKey`, '2024-05-15', 202, undefined, {
          keyKind: 'secondaryReadonly',
        }),
        cosmosKeys('a-new-one'),
      ],
    },
  },
};

const DEVOPS = '499b84ac-1321-427f-aa17-267ca6975798/.default';
const USER = 'aad.ZTI0NzY';
export const connection = (status: number, user?: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/dev.azure.com/acme/_apis/connectionData',
    headers: { authorization: `Basic ${Buffer.from(`:${PAT}`).toString('base64')}` },
  },
  answer:
    status === 200
      ? { status, json: { authenticatedUser: user } }
      : {
          status,
          text: '<title>Access Denied</title>',
          headers: {
            'www-authenticate': 'Bearer, Basic realm="https://tfsprodweu2.visualstudio.com/", TFS-Federated',
          },
        },
});
export const someone = { id: guid('e'), subjectDescriptor: USER };
const ADMIN_PATH = '/vssps.dev.azure.com/acme/_apis/tokenadmin';
const pat = (digit: string, validTo = '2999-01-01T00:00:00Z') => ({
  authorizationId: guid(digit),
  displayName: 'CI',
  validTo,
});
const patPath = `${ADMIN_PATH}/personalaccesstokens/${USER}?api-version=7.1-preview.1&isPublic=false&pageSize=100`;
export const patList = (...digits: readonly string[]) =>
  call('GET', patPath, 200, {
    value: [pat('b', '2001-01-01T00:00:00Z'), ...digits.map((digit) => pat(digit))],
    continuationToken: null,
  });
export const devOpsSignIn = asQuash(DEVOPS);
const deadPat = connection(401);

const devOps: ProviderSpec<AzureConfig> = {
  ...entra,
  token: PAT,
  kind: 'devops-token',
  type: 'gitleaks_rule_id_azurepersonalaccesstoken',
  scripts: {
    revoked: {
      exchanges: [
        connection(200, someone),
        devOpsSignIn,
        patList('c'),
        connection(200, someone),
        call('POST', `${ADMIN_PATH}/revocations?api-version=7.1-preview.1&isPublic=false`, 204, undefined, [
          { authorizationId: guid('c') },
        ]),
        deadPat,
      ],
    },
    // A revoked token is as unknown as one of another organization.
    alreadyDead: { exchanges: [deadPat], endsAs: UNKNOWN },
    unknownToken: { exchanges: [deadPat], endsAs: UNKNOWN },
    credentialRefused: {
      exchanges: [connection(200, someone), signIn(OWN_ID, OWN_SECRET, DEVOPS, 401, declined(7000215))],
    },
    forbidden: { notApplicable: 'Azure DevOps answers 401 also when a right is missing.' },
    // It never happens so: the note is on record before anything is revoked.
    secondCall: { exchanges: [deadPat], endsAs: UNKNOWN },
  },
};

export const cases: readonly ProviderSpec<AzureConfig>[] = [entra, storage, cosmos, devOps];
