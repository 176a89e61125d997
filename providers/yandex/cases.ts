import { generateKeyPairSync } from 'node:crypto';
import { asksOnAfter, type ProviderSpec, withoutAnyCall } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { YandexConfig } from './config.ts';
import { createYandex, yandex } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const signed = (prefix: string) =>
  [prefix, '9euelZqk3y9'.repeat(8), `${'k3y9Ab'.repeat(15).slice(0, 86)}==`].join('.');
export const TOKEN = signed('t1');
export const COOKIE = signed('c1');
export const API_KEY = ['AQ', `VN${'k3y9Id0x'.repeat(4)}Abc_Xy`].join('');
export const STATIC_SECRET = ['Y', `C${'s3cR3tAb'.repeat(4)}Abc-Xy`].join('');
export const KEY_ID = ['Y', `CA${'JEk3y9Id0xA'.repeat(2)}`].join('');

const IAM = '/iam.api.cloud.yandex.net';
const authorization = `Bearer ${TOKEN}`;
export const revoke = (status: number, json: unknown, iam = IAM): Exchange => ({
  expect: {
    method: 'POST',
    path: `${iam}/iam/v1/tokens:revoke`,
    headers: { authorization },
    json: { iamToken: TOKEN },
  },
  answer: { status, json },
});
export const clouds = (
  status: number,
  json: unknown,
  host = 'resource-manager.api.cloud.yandex.net',
): Exchange => ({
  expect: {
    method: 'GET',
    path: `/${host}/resource-manager/v1/clouds?pageSize=1`,
    headers: { authorization },
  },
  answer: { status, json },
});
export const done = revoke(200, { subjectId: 'aje6o61dvog2h6g9a33s' });
export const INVALID = { code: 16, message: 'The token is invalid', details: [] };
const DENIED = { code: 7, message: 'Permission denied', details: [] };
const NOT_FOUND = { code: 5, message: 'not found', details: [] };

export const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const authorizedKey = (serviceAccount: string) =>
  JSON.stringify({
    id: 'ajekey',
    service_account_id: serviceAccount,
    private_key: `PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <ajekey>\n${privateKey}`,
  });
const IAM_TOKEN = 'iam-token-of-the-operator';
const accountOf = (serviceAccount: string) => ({
  key: authorizedKey(serviceAccount),
  folderIds: ['b1gfolder'],
});
export const config = { accounts: [accountOf('ajeoperator')] };
export const two = { accounts: [accountOf('ajeanother'), accountOf('ajeoperator')] };

/** The real JWT is another one each time; a test of its own looks at it. */
export const definition: typeof yandex = {
  ...yandex,
  create: (parsed, tools) => createYandex(parsed, tools, async () => 'signed.jwt.text'),
};

const issued = (status: number, json: unknown): Exchange => ({
  expect: { method: 'POST', path: `${IAM}/iam/v1/tokens`, json: { jwt: 'signed.jwt.text' } },
  answer: { status, json },
});
export const access = issued(200, { iamToken: IAM_TOKEN, expiresAt: '2026-01-01T12:00:00.123456789Z' });
const operator = (method: string, path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `${IAM}${path}`, headers: { authorization: `Bearer ${IAM_TOKEN}` } },
  answer: { status, json },
});
const FOLDER = '/iam/v1/serviceAccounts?folderId=b1gfolder&pageSize=1000';
export const accounts = (ids: readonly string[]) =>
  operator('GET', FOLDER, 200, { serviceAccounts: ids.map((id) => ({ id, name: `sa-${id}` })) });
export const keysOf = (
  kind: 'api' | 'static',
  account: string,
  list: readonly object[],
  { page = '', next = '' } = {},
): Exchange => {
  const [path, name] =
    kind === 'api' ? ['/iam/v1/apiKeys', 'apiKeys'] : ['/iam/aws-compatibility/v1/accessKeys', 'accessKeys'];
  const query = `?serviceAccountId=${account}&pageSize=1000${page && `&pageToken=${page}`}`;
  return operator('GET', path + query, 200, {
    ...(list.length > 0 && { [name]: list }),
    ...(next && { nextPageToken: next }),
  });
};
export const apiKey = (id: string, maskedSecret = `****${API_KEY.slice(-6)}`) => ({
  id,
  serviceAccountId: 'aje2',
  createdAt: '2025-01-01T00:00:00Z',
  maskedSecret,
});
export const staticKey = { id: 'ajestatic', serviceAccountId: 'aje2', keyId: KEY_ID };
export const found: readonly [Exchange, Exchange] = [access, accounts(['aje1', 'aje2'])];
const API_RECORD = '/iam/v1/apiKeys/ajeapi';
export const apiRecord = operator('GET', API_RECORD, 200, { id: 'ajeapi' });
const STATIC_RECORD = '/iam/aws-compatibility/v1/accessKeys/ajestatic';
export const staticRecord = operator('GET', STATIC_RECORD, 200, staticKey);
const end = (path: string) =>
  [
    operator('DELETE', path, 200, { done: true, id: 'operation', response: {} }),
    operator('GET', path, 404, NOT_FOUND),
  ] as const;

export const [apiKeyDeleted, apiRecordGone] = end(API_RECORD);
export const staticKeyEnds = end(STATIC_RECORD);

export const s3 = (status: number, text: string, keyId = KEY_ID): Exchange => ({
  expect: {
    method: 'GET',
    path: '/storage.yandexcloud.net/',
    headers: {
      'x-amz-date': '20260101T000000Z',
      authorization: new RegExp(
        `^AWS4-HMAC-SHA256 Credential=${keyId}/20260101/ru-central1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$`,
      ),
    },
  },
  answer: { status, text, headers: { 'content-type': 'application/xml' } },
});
export const s3Error = (code: string, keyId = KEY_ID) =>
  s3(
    403,
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message></Error>`,
    keyId,
  );
export const DECOY = ['Y', `CA${'JEdec0ydec0'.repeat(2)}`].join('');
/** It is denied whatever the secret. */
export const decoyDenied = [s3Error('AccessDenied', DECOY), s3Error('AccessDenied', DECOY)];
export const paired = s3(
  200,
  '<?xml version="1.0"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>',
);

/** Neither installation lets the IAM token in. */
const notOfKazakhstan = revoke(401, INVALID, '/iam.api.yandexcloud.kz');
const nowhere = [revoke(401, INVALID), notOfKazakhstan];

export const probe = (status: number, json: unknown, key = API_KEY): Exchange => ({
  expect: {
    method: 'POST',
    path: '/translate.api.cloud.yandex.net/translate/v2/languages',
    headers: { authorization: `Api-Key ${key}` },
    json: {},
  },
  answer: { status, json },
});
/** The words of Yandex Cloud to a key that it does not know, as its users log them. */
const refusal = { code: 16, message: "Unknown api key 'AQVN****c_Xy (219C20C9)'", details: [] };
export const notLetIn = probe(401, refusal);
export const expired = probe(401, { code: 16, message: 'The apikey has expired', details: [] });
const nobodyIs = probe(401, refusal, `AQVN${'0'.repeat(35)}`);
/** https://yandex.cloud/en/docs/translate/api-ref/Translation/listLanguages */
export const stillLetIn = probe(200, { languages: [{ code: 'ru', name: 'Russian' }] });
export const letIn = [stillLetIn, nobodyIs];
/** https://yandex.cloud/en/docs/foundation-models/troubleshooting/error-codes: code 7 lacks a role, 16 is not let in. */
const lacksRole = probe(403, DENIED);
export const letInWithoutRole = [lacksRole, nobodyIs];
/** Where a key that nobody has is told the same. */
export const everybodyLacksRole = [lacksRole, { ...lacksRole, expect: nobodyIs.expect }];

const unknown = { outcome: 'refused', reason: 'unknown-token' } as const;
export const staticKeyGone = s3Error('InvalidAccessKeyId');
const needsContext = { outcome: 'refused', reason: 'needs-context' } as const;

export const cases: readonly ProviderSpec<YandexConfig>[] = [
  {
    definition,
    config: () => config,
    token: TOKEN,
    kind: 'iam-token',
    type: 'gitleaks_rule_id_yandex.cloud_iam_cookie_v1_-_1',
    faultOverrides: asksOnAfter(0, [notOfKazakhstan]),
    scripts: {
      revoked: { exchanges: [done, clouds(401, INVALID)] },
      // It may be of another installation, and ends by itself within hours.
      alreadyDead: { exchanges: nowhere, endsAs: { outcome: 'expires' } },
      unknownToken: { notApplicable: 'Yandex Cloud says the same of a token that it never gave.' },
      credentialRefused: { notApplicable: 'The leaked token is the only credential.' },
      forbidden: { notApplicable: 'Whoever has a token may revoke it.' },
      secondCall: { exchanges: nowhere, endsAs: { outcome: 'expires' } },
    },
  },
  {
    definition,
    config: () => config,
    token: COOKIE,
    kind: 'session-cookie',
    type: 'gitleaks_rule_id_yandex.cloud_iam_cookie_v1_-_3',
    scripts: withoutAnyCall({ outcome: 'refused', reason: 'unsupported-kind' }),
  },
  {
    definition,
    config: () => config,
    token: API_KEY,
    credentials: [config.accounts[0]?.key ?? '', privateKey, IAM_TOKEN],
    kind: 'api-key',
    type: 'gitleaks_rule_id_yandex.cloud_api_key',
    scripts: {
      revoked: {
        exchanges: [
          ...letIn,
          ...found,
          keysOf('api', 'aje1', []),
          keysOf('api', 'aje2', [apiKey('ajeother', '****zzzzzz'), apiKey('ajeapi')]),
          ...letIn,
          apiRecord,
          apiKeyDeleted,
          apiRecordGone,
          notLetIn,
        ],
      },
      // A deleted key is as unknown as one of another installation.
      alreadyDead: { exchanges: [notLetIn], endsAs: unknown },
      unknownToken: { exchanges: [notLetIn], endsAs: unknown },
      credentialRefused: { exchanges: [...letIn, issued(401, INVALID)] },
      forbidden: { exchanges: [...letIn, access, operator('GET', FOLDER, 403, DENIED)] },
      // It never happens so: the key's record is on file before it is deleted.
      secondCall: { exchanges: [notLetIn], endsAs: unknown },
    },
  },
  {
    definition,
    config: () => config,
    token: STATIC_SECRET,
    context: `aws_access_key_id = ${KEY_ID}\naws_secret_access_key = ${STATIC_SECRET}`,
    credentials: [config.accounts[0]?.key ?? '', privateKey, IAM_TOKEN],
    kind: 'static-key-secret',
    type: 'gitleaks_rule_id_yandex.cloud_aws_api_compatible_access_secret',
    scripts: {
      revoked: {
        exchanges: [
          paired,
          ...found,
          keysOf('static', 'aje1', []),
          keysOf('static', 'aje2', [staticKey]),
          staticRecord,
          paired,
          ...found.slice(1),
          keysOf('static', 'aje1', []),
          keysOf('static', 'aje2', [staticKey]),
          ...staticKeyEnds,
          staticKeyGone,
        ],
      },
      // What the secret of a deleted key was, nothing can tell.
      alreadyDead: { exchanges: [staticKeyGone], endsAs: needsContext },
      unknownToken: { exchanges: [s3Error('SignatureDoesNotMatch')], endsAs: needsContext },
      credentialRefused: { exchanges: [paired, issued(401, INVALID)] },
      forbidden: { exchanges: [paired, access, operator('GET', FOLDER, 403, DENIED)] },
      // It never happens so, either.
      secondCall: { exchanges: [staticKeyGone], endsAs: needsContext },
    },
  },
];
