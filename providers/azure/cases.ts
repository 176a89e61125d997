import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { AzureConfig } from './config.ts';
import { azure } from './index.ts';

const guid = (digit: string) => [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join('-');
export const TENANT = guid('1');
export const OWN_ID = guid('2');
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
export const ACCESS = 'eyAccess.'.repeat(4);

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

export const config = () => ({
  tenantId: TENANT,
  clientId: OWN_ID,
  clientSecret: OWN_SECRET,
  subscriptions: [SUBSCRIPTION],
  devOpsOrganizations: ['acme'],
});

export const GRAPH = 'https://graph.microsoft.com/.default';

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
export const ISSUED = { token_type: 'Bearer', expires_in: 3599, access_token: ACCESS };
export const declined = (code: number) => ({
  error: 'invalid_client',
  error_description: `AADSTS${code}: …`,
  error_codes: [code],
});
const asQuash = (scope: string) => signIn(OWN_ID, OWN_SECRET, scope, 200, ISSUED);
export const call = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
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
const application = (app: typeof APP, ...hints: readonly (string | null)[]) => ending('2999', app, hints);
const ending = (year: string, app: typeof APP, hints: readonly (string | null)[]) => ({
  ...app,
  passwordCredentials: hints.map((hint, index) => ({
    keyId: index === 0 ? KEY_ID : guid('9'),
    hint,
    displayName: 'CI',
    endDateTime: `${year}-01-01T00:00:00Z`,
  })),
});
export const graphSignIn = asQuash(GRAPH);
/** The secrets that service principals have of their own. */
export const servicePrincipals = (...hints: readonly string[]) =>
  call('GET', LIST_PATH.replace('applications', 'servicePrincipals'), 200, {
    value: [application(APP, ...hints)],
  });
export const onePage = (...hints: readonly string[]) =>
  call('GET', LIST_PATH, 200, { value: [application(APP, ...hints)] });
/** What the application has when it is looked at again, and its service principal. */
export const again = (
  app: readonly (string | null)[],
  ofItsPrincipal: readonly string[] = [],
  year = '2999',
) => {
  const query = `?%24filter=appId+eq+%27${APP.appId}%27&%24select=id%2CappId%2CpasswordCredentials`;
  return [
    call('GET', `/graph.microsoft.com/v1.0/applications${query}`, 200, { value: [ending(year, APP, app)] }),
    call('GET', `/graph.microsoft.com/v1.0/servicePrincipals${query}`, 200, {
      value: [application(APP, ...ofItsPrincipal)],
    }),
  ];
};
const twoPages = [
  call('GET', LIST_PATH, 200, {
    value: [application(OTHER_APP, 'abc')],
    '@odata.nextLink': 'https://evil.example.com/v1.0/applications?$skiptoken=c-2',
  }),
  call('GET', `${LIST_PATH}&%24skiptoken=c-2`, 200, { value: [application(APP, 'xyz', 'abc')] }),
  servicePrincipals(),
];
export const probe = (status: number, json: unknown, app = APP) =>
  signIn(app.appId, SECRET, GRAPH, status, json);
export const works = probe(200, ISSUED);
export const gone = probe(401, declined(7000215));
export const expired = probe(401, declined(7000222));
export const twoApplications = call('GET', LIST_PATH, 200, {
  value: [application(APP, 'abc'), application(OTHER_APP, 'abc')],
});
export const worksElsewhere = probe(200, ISSUED, OTHER_APP);
const foreign = probe(401, declined(7000215), OTHER_APP);

export const removal = (keyId = KEY_ID) =>
  call('POST', `/graph.microsoft.com/v1.0/applications/${APP.id}/removePassword`, 204, undefined, { keyId });

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
        ...again(['xyz', 'abc']),
        removal(guid('9')),
        gone,
      ],
    },
    alreadyDead: {
      exchanges: [graphSignIn, onePage('abc'), servicePrincipals(), expired, ...again(['abc'], [], '2020')],
      saysSo: true,
    },
    // It is looked for once more: it may have been made a moment ago.
    unknownToken: {
      exchanges: [graphSignIn, ...twoPages, foreign, gone, ...twoPages, foreign, gone],
      endsAs: UNKNOWN,
    },
    credentialRefused: { exchanges: [signIn(OWN_ID, OWN_SECRET, GRAPH, 401, declined(7000215))] },
    forbidden: {
      exchanges: [
        graphSignIn,
        call('GET', LIST_PATH, 403, { error: { code: 'Authorization_RequestDenied' } }),
      ],
    },
    // It never happens so: the note is on record before anything is removed.
    secondCall: { exchanges: [foreign, gone, ...twoPages, foreign, gone], endsAs: UNKNOWN },
  },
};

// AADSTS codes: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
export const disabledApp = declined(7000112);

const MANAGEMENT = 'https://management.azure.com/.default';
const ARM = `/management.azure.com/subscriptions/${SUBSCRIPTION}`;
const GROUP = `${ARM}/resourceGroups/rg%20(1)/providers`;
const resources = (type: string, ...names: readonly string[]) =>
  call(
    'GET',
    `${ARM}/resources?api-version=2021-04-01&%24filter=resourceType+eq+%27${type.replaceAll('/', '%2F')}%27&%24top=200`,
    200,
    {
      value: names.map((name) => ({
        id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg (1)/providers/${type}/${name}`,
        type,
        kind: name.startsWith('web') ? 'app,linux' : 'functionapp,linux',
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
export const managementSignIn = asQuash(MANAGEMENT);

/** As in https://github.com/Azure/migAz/issues/266. */
export const deniedToAll = resource('Microsoft.Storage/storageAccounts/first/listKeys', '2023-05-01', 403, {
  error: { code: 'DenyAssignmentAuthorizationFailed', message: 'The client has permission; however, …' },
});
export const deniedToUs = resource('Microsoft.Storage/storageAccounts/first/listKeys', '2023-05-01', 403, {
  error: { code: 'AuthorizationFailed' },
});
const BEFORE = '/resourceGroups/before/providers/Microsoft.Storage/storageAccounts/second';
/** As an earlier look noted it, before it was moved to where the scripts have it. */
export const noteBefore = (url: string) => ({
  account: `${url}${ARM}`,
  found: { type: 'Microsoft.Storage/storageAccounts', resource: BEFORE },
});
export const goneFromThere = call('POST', `${ARM}${BEFORE}/listKeys?api-version=2023-05-01`, 404, {
  error: { code: 'ResourceNotFound' },
});

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
        deniedToUs,
        ...notFoundIn64Bytes.slice(1),
      ],
    },
    // It was seen in the reading that is kept.
    secondCall: { exchanges: [storageKeys('second', 'a-new-one')] },
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
    secondCall: { exchanges: [cosmosKeys('a-new-one')] },
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
export const pat = (digit: string, validTo = '2999-01-01T00:00:00Z') => ({
  authorizationId: guid(digit),
  displayName: 'CI',
  validFrom: '2025-01-01T00:00:00.52Z',
  validTo,
});
const patPath = `${ADMIN_PATH}/personalaccesstokens/${USER}?api-version=7.1-preview.1&isPublic=false&pageSize=100`;
export const patsOf = (...value: readonly object[]) =>
  call('GET', patPath, 200, { value, continuationToken: null });
/** The same in two pages, of which the second one ends like those of Azure DevOps do. */
export const patPages = (first: string, second: string) => [
  call('GET', patPath, 200, { value: [pat(first)], continuationToken: 'page-2' }),
  call('GET', `${patPath}&continuationToken=page-2`, 200, {
    value: [pat(second)],
    continuationToken: guid('0'),
  }),
];
export const patList = (...digits: readonly string[]) =>
  patsOf(pat('b', '2001-01-01T00:00:00Z'), ...digits.map((digit) => pat(digit)));
export const devOpsSignIn = asQuash(DEVOPS);
export const deadPat = connection(401);
export const revokePat = call(
  'POST',
  `${ADMIN_PATH}/revocations?api-version=7.1-preview.1&isPublic=false`,
  204,
  undefined,
  [{ authorizationId: guid('c') }],
);

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
        devOpsSignIn,
        patList('c'),
        revokePat,
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

// The signatures stand where Microsoft's own scanner looks for them.
export const FUNCTIONS_KEY = `${'k3y-'.repeat(11)}${['Az', 'Fu'].join('')}k3y_3Q==`;
export const SIGNATURE = 'k3y_sig-'.repeat(6).slice(0, 43);
export const GATEWAY_KEY = `${'k3y/'.repeat(19)}${['AP', 'IM'].join('')}k3y9/Q==`;

const below = (path: string, version: string, ...names: readonly string[]) =>
  call('GET', `${GROUP}/${path}?api-version=${version}`, 200, {
    value: names.map((name) => ({
      id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg (1)/providers/${path}/${name}`,
    })),
  });

const SITES = 'Microsoft.Web/sites';
const WEB = '2023-12-01';
const hostKeys = (app: string, key = 'another', masterKey = 'another') =>
  resource(`${SITES}/${app}/host/default/listkeys`, WEB, 200, {
    masterKey,
    functionKeys: { default: key },
    systemKeys: {},
  });
const functionKeys = (key: string) =>
  resource(`${SITES}/app/functions/hook/listkeys`, WEB, 200, { default: 'another', ci: key });
export const functionsSearch = (hostKey: string, functionKey: string) => [
  managementSignIn,
  resources(SITES, 'web', 'app'),
  hostKeys('app', hostKey),
  resources(SITES, 'web', 'app'),
  below(`${SITES}/app/functions`, WEB, 'hook'),
  functionKeys(functionKey),
  resources(`${SITES}/slots`),
  resources(`${SITES}/slots`),
];
const missing = functionsSearch('another', 'another');
/** How Microsoft.Web answers for an app whose runtime does not (azure-functions-host#5722, #6568). */
export const deafApp = (app: string) =>
  resource(`${SITES}/${app}/host/default/listkeys`, WEB, 400, {
    Code: 'BadRequest',
    Message: 'Encountered an error (ServiceUnavailable) from host runtime.',
    Target: null,
    Details: [],
  });
/** And for one whose storage is out of reach (azure-cli#20892). */
export const lostApp = (app: string) =>
  resource(`${SITES}/${app}/host/default/listkeys`, WEB, 404, { error: { code: 'NotFound' } });
const restOfSearch = (functionKey: string) => [
  resources(SITES, 'web', 'app'),
  below(`${SITES}/app/functions`, WEB, 'hook'),
  functionKeys(functionKey),
  resources(`${SITES}/slots`),
  resources(`${SITES}/slots`),
];
export const searchWith = (hosts: Exchange, functionKey: string) => [
  managementSignIn,
  resources(SITES, 'web', 'app'),
  hosts,
  ...restOfSearch(functionKey),
];
/** A leaked master key, and how it is renewed: among the function keys, by its name. */
export const masterKeyRenewal = [
  ...searchWith(hostKeys('app', 'another', FUNCTIONS_KEY), 'another'),
  hostKeys('app', 'another', FUNCTIONS_KEY),
  hostKeys('app', 'another', FUNCTIONS_KEY),
  call(
    'PUT',
    `${GROUP}/${SITES}/app/host/default/functionKeys/_master?api-version=${WEB}`,
    200,
    { properties: { name: '_master', value: 'a-new-one' } },
    { properties: { name: '_master' } },
  ),
  hostKeys('app', 'another', 'a-new-one'),
];

const functions: ProviderSpec<AzureConfig> = {
  ...storage,
  token: FUNCTIONS_KEY,
  kind: 'functions-key',
  type: 'gitleaks_rule_id_azurefunctionsapikey',
  scripts: {
    ...storage.scripts,
    revoked: {
      exchanges: [
        ...functionsSearch('another', FUNCTIONS_KEY),
        functionKeys(FUNCTIONS_KEY),
        functionKeys(FUNCTIONS_KEY),
        call(
          'PUT',
          `${GROUP}/${SITES}/app/functions/hook/keys/ci?api-version=${WEB}`,
          200,
          { properties: { name: 'ci', value: 'a-new-one' } },
          { properties: { name: 'ci' } },
        ),
        functionKeys('a-new-one'),
      ],
    },
    alreadyDead: { exchanges: missing, endsAs: UNKNOWN },
    unknownToken: { exchanges: missing, endsAs: UNKNOWN },
    forbidden: {
      exchanges: searchWith(
        resource(`${SITES}/app/host/default/listkeys`, WEB, 403, { error: { code: 'AuthorizationFailed' } }),
        'another',
      ),
    },
    secondCall: { exchanges: [functionKeys('a-new-one')] },
  },
};

const WORKFLOWS = 'Microsoft.Logic/workflows';
const LOGIC = '2016-06-01';
const callbackUrl = (keyType: string, sig: string) =>
  resource(
    `${WORKFLOWS}/order/triggers/manual/listCallbackUrl`,
    LOGIC,
    200,
    {
      value: `https://prod-03.westus.logic.azure.com/workflows/${'0a'.repeat(16)}/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=${sig}`,
      method: 'POST',
    },
    { keyType },
  );
const triggers = [resources(WORKFLOWS, 'order'), below(`${WORKFLOWS}/order/triggers`, LOGIC, 'manual')];
const unsigned = [...triggers, callbackUrl('Primary', 'one'), ...triggers, callbackUrl('Secondary', 'two')];

const logicApp: ProviderSpec<AzureConfig> = {
  ...storage,
  token: SIGNATURE,
  kind: 'logic-app-signature',
  type: 'gitleaks_rule_id_azurelogicappsas',
  scripts: {
    ...storage.scripts,
    revoked: {
      exchanges: [
        managementSignIn,
        ...triggers,
        callbackUrl('Primary', 'one'),
        ...triggers,
        callbackUrl('Secondary', SIGNATURE),
        callbackUrl('Secondary', SIGNATURE),
        callbackUrl('Secondary', SIGNATURE),
        resource(`${WORKFLOWS}/order/regenerateAccessKey`, LOGIC, 200, undefined, { keyType: 'Secondary' }),
        callbackUrl('Secondary', 'three'),
      ],
    },
    alreadyDead: { exchanges: [managementSignIn, ...unsigned], endsAs: UNKNOWN },
    unknownToken: { exchanges: [managementSignIn, ...unsigned], endsAs: UNKNOWN },
    forbidden: {
      exchanges: [
        managementSignIn,
        call(
          'GET',
          `${ARM}/resources?api-version=2021-04-01&%24filter=resourceType+eq+%27Microsoft.Logic%2Fworkflows%27&%24top=200`,
          403,
          { error: { code: 'AuthorizationFailed' } },
        ),
      ],
    },
    secondCall: { exchanges: [callbackUrl('Secondary', 'three')] },
  },
};

const SERVICES = 'Microsoft.ApiManagement/service';
const APIM = '2022-08-01';
const secrets = (
  holder: string,
  path: string,
  first: string,
  second: string,
  names: readonly [string, string],
) => resource(`${SERVICES}/api/${holder}/${path}`, APIM, 200, { [names[0]]: first, [names[1]]: second });
const gatewayKeys = (key: string) =>
  secrets('gateways/edge', 'listKeys', 'another', key, ['primary', 'secondary']);
const apiManagementSearch = (gatewayKey: string) => [
  resources(SERVICES, 'api'),
  secrets('tenant/access', 'listSecrets', 'another', 'another', ['primaryKey', 'secondaryKey']),
  resources(SERVICES, 'api'),
  below(`${SERVICES}/api/gateways`, APIM, 'edge'),
  gatewayKeys(gatewayKey),
  resources(SERVICES, 'api'),
  call('GET', `${GROUP}/${SERVICES}/api/subscriptions?api-version=${APIM}`, 200, {
    value: [],
    nextLink: 'https://evil.example.com/subscriptions?$skip=100',
  }),
  call('GET', `${GROUP}/${SERVICES}/api/subscriptions?api-version=${APIM}&%24skip=100`, 200, {
    value: [{ id: '/anything/subscriptions/partner' }],
  }),
  secrets('subscriptions/partner', 'listSecrets', 'another', 'another', ['primaryKey', 'secondaryKey']),
  resources(SERVICES, 'api'),
  below(`${SERVICES}/api/workspaces`, '2024-05-01'),
];
const noSuchKey = apiManagementSearch('another');

const apiManagement: ProviderSpec<AzureConfig> = {
  ...storage,
  token: GATEWAY_KEY,
  kind: 'api-management-key',
  type: 'gitleaks_rule_id_azureapimanagementgatewaykey',
  scripts: {
    ...storage.scripts,
    revoked: {
      exchanges: [
        managementSignIn,
        ...apiManagementSearch(GATEWAY_KEY),
        gatewayKeys(GATEWAY_KEY),
        gatewayKeys(GATEWAY_KEY),
        resource(`${SERVICES}/api/gateways/edge/regenerateKey`, APIM, 204, undefined, {
          keyType: 'secondary',
        }),
        gatewayKeys('a-new-one'),
      ],
    },
    alreadyDead: { exchanges: [managementSignIn, ...noSuchKey], endsAs: UNKNOWN },
    unknownToken: { exchanges: [managementSignIn, ...noSuchKey], endsAs: UNKNOWN },
    forbidden: {
      exchanges: [
        managementSignIn,
        resources(SERVICES, 'api'),
        resource(`${SERVICES}/api/tenant/access/listSecrets`, APIM, 403, {
          error: { code: 'AuthorizationFailed' },
        }),
        ...noSuchKey.slice(2),
      ],
    },
    secondCall: { exchanges: [gatewayKeys('a-new-one')] },
  },
};

/** A key of a subscription that hangs below a workspace. */
export const workspaceKeys = (key: string) =>
  resource(`${SERVICES}/api/workspaces/team/subscriptions/partner/listSecrets`, '2024-05-01', 200, {
    primaryKey: key,
    secondaryKey: 'another',
  });
export const workspaceSearch = (key: string) => [
  managementSignIn,
  ...noSuchKey.slice(0, -1),
  below(`${SERVICES}/api/workspaces`, '2024-05-01', 'team'),
  below(`${SERVICES}/api/workspaces/team/subscriptions`, '2024-05-01', 'partner'),
  workspaceKeys(key),
];
export const workspaceRenewal = resource(
  `${SERVICES}/api/workspaces/team/subscriptions/partner/regeneratePrimaryKey`,
  '2024-05-01',
  204,
);

/** Keys of Event Grid are looked for in all resources with short keys. */
export const EVENT_GRID_KEY = `${'k3Y9'.repeat(10)}abc=`;
const EVENT_GRID = 'Microsoft.EventGrid';
const emptyKinds = (...types: readonly string[]) => types.map((type) => resources(type));
export const namespaceKeys = (key: string) =>
  resource(`${EVENT_GRID}/namespaces/bus/listKeys`, '2025-02-15', 200, { key1: 'another', key2: key });
export const namespaceSearch = (key: string) => [
  managementSignIn,
  ...emptyKinds('Microsoft.CognitiveServices/accounts', `${EVENT_GRID}/topics`, `${EVENT_GRID}/domains`),
  resources(`${EVENT_GRID}/namespaces`, 'bus'),
  namespaceKeys(key),
];
export const namespaceRenewal = resource(
  `${EVENT_GRID}/namespaces/bus/regenerateKey`,
  '2025-02-15',
  202,
  undefined,
  { keyName: 'key2' },
);

/** Of a search service; the signature stands where Microsoft's own scanner looks for it. */
export const QUERY_KEY = `${'k3y9'.repeat(10)}${['Az', 'Se'].join('')}k3y9Qq00`;
const SEARCH = 'Microsoft.Search/searchServices';
export const queryKeys = (...keys: readonly string[]) =>
  resource(`${SEARCH}/find/listQueryKeys`, '2023-11-01', 200, {
    value: keys.map((key) => ({ name: null, key })),
    nextLink: null,
  });
export const queryKeySearch = [
  managementSignIn,
  ...emptyKinds(
    'Microsoft.CognitiveServices/accounts',
    ...['topics', 'domains', 'namespaces', 'partnerNamespaces'].map((each) => `${EVENT_GRID}/${each}`),
    'Microsoft.SignalRService/SignalR',
    'Microsoft.SignalRService/WebPubSub',
    'Microsoft.Communication/communicationServices',
    'Microsoft.AppConfiguration/configurationStores',
    'Microsoft.Maps/accounts',
  ),
  resources(SEARCH, 'find'),
  resource(`${SEARCH}/find/listAdminKeys`, '2023-11-01', 200, {
    primaryKey: 'another',
    secondaryKey: 'another',
  }),
  resources(SEARCH, 'find'),
  queryKeys('another', QUERY_KEY),
];
export const queryKeyDeletion = call(
  'DELETE',
  `${GROUP}/${SEARCH}/find/deleteQueryKey/${QUERY_KEY}?api-version=2023-11-01`,
  200,
);

/** A secret that a service principal has of its own. */
export const servicePrincipalRemoval = call(
  'POST',
  `/graph.microsoft.com/v1.0/servicePrincipals/${APP.id}/removePassword`,
  204,
  undefined,
  { keyId: KEY_ID },
);

/** A key for direct management in a pricing tier that has no gateways. */
export const directKeySearch = [
  managementSignIn,
  resources(SERVICES, 'api'),
  secrets('tenant/access', 'listSecrets', GATEWAY_KEY, 'another', ['primaryKey', 'secondaryKey']),
  resources(SERVICES, 'api'),
  call('GET', `${GROUP}/${SERVICES}/api/gateways?api-version=${APIM}`, 400, {
    error: { code: 'MethodNotAllowedInPricingTier' },
  }),
  resources(SERVICES, 'api'),
  below(`${SERVICES}/api/subscriptions`, APIM),
  resources(SERVICES, 'api'),
  below(`${SERVICES}/api/workspaces`, '2024-05-01'),
];
const directKeys = (first: string) =>
  secrets('tenant/access', 'listSecrets', first, 'another', ['primaryKey', 'secondaryKey']);
export const directKeyRevocation = [
  directKeys(GATEWAY_KEY),
  directKeys(GATEWAY_KEY),
  resource(`${SERVICES}/api/tenant/access/regeneratePrimaryKey`, APIM, 204),
  directKeys('a-new-one'),
];

const BUS = 'Microsoft.ServiceBus/namespaces';
const HUBS = 'Microsoft.EventHub/namespaces';
const MESSAGING = '2021-11-01';
const BUS_KEY = `${'k3y/'.repeat(10)}k3Y=`;
const busKeys = (secondaryKey: string) =>
  resource(`${BUS}/bus/AuthorizationRules/Root/listKeys`, MESSAGING, 200, {
    primaryKey: 'another',
    secondaryKey,
  });
const busSearch = (key: string) => [
  managementSignIn,
  resources(BUS, 'bus'),
  below(`${BUS}/bus/AuthorizationRules`, MESSAGING, 'Root'),
  busKeys(key),
  resources(BUS, 'bus'),
  below(`${BUS}/bus/queues`, MESSAGING),
  resources(BUS, 'bus'),
  below(`${BUS}/bus/topics`, MESSAGING),
  resources(HUBS),
  resources(HUBS),
];

const messaging: ProviderSpec<AzureConfig> = {
  ...storage,
  token: BUS_KEY,
  reported: `Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${BUS_KEY}`,
  kind: 'messaging-key',
  type: 'gitleaks_rule_id_azure-servicebus-connection-string',
  scripts: {
    ...storage.scripts,
    revoked: {
      exchanges: [
        ...busSearch(BUS_KEY),
        busKeys(BUS_KEY),
        busKeys(BUS_KEY),
        resource(
          `${BUS}/bus/AuthorizationRules/Root/regenerateKeys`,
          MESSAGING,
          200,
          { secondaryKey: 'a-new-one' },
          { keyType: 'SecondaryKey' },
        ),
        busKeys('a-new-one'),
      ],
    },
    alreadyDead: { exchanges: busSearch('another'), endsAs: UNKNOWN },
    unknownToken: { exchanges: busSearch('another'), endsAs: UNKNOWN },
    forbidden: {
      exchanges: [
        managementSignIn,
        resources(BUS, 'bus'),
        call('GET', `${GROUP}/${BUS}/bus/AuthorizationRules?api-version=${MESSAGING}`, 403, {
          error: { code: 'AuthorizationFailed' },
        }),
        // Another namespace may have the key.
        ...busSearch('another').slice(4),
      ],
    },
    secondCall: { exchanges: [busKeys('a-new-one')] },
  },
};

export const cases: readonly ProviderSpec<AzureConfig>[] = [
  entra,
  storage,
  cosmos,
  functions,
  logicApp,
  apiManagement,
  devOps,
  messaging,
];
