import { execFileSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { Secret } from '../../src/words/secret.ts';
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { gcp } from './index.ts';
import { fits, parseKey } from './key-file.ts';

export interface TestKey {
  readonly email: string;
  readonly keyId: string;
  readonly pem: string;
  readonly certificate: string;
  /** The JSON file. */
  readonly file: string;
  /** The same without what Google is not asked about: whatever changes in it makes another key of it. */
  readonly essence: string;
}

/** Made by the system's `openssl`, because Node.js cannot sign certificates. */
export function createKey(name: string, keyId: string): TestKey {
  const options = ['-newkey', 'rsa:2048', '-noenc', '-keyout', '-', '-subj', '/CN=test', '-days', '2'];
  const both = execFileSync('openssl', ['req', '-x509', ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const start = both.indexOf('-----BEGIN CERTIFICATE-----');
  const email = `${name}@some-project.iam.gserviceaccount.com`;
  const file = {
    type: 'service_account',
    project_id: 'some-project',
    private_key_id: keyId,
    private_key: both.slice(0, start),
    client_email: email,
    // Whoever commits a file may write what he likes here.
    token_uri: 'https://attacker.example.com/token',
  };
  return {
    email,
    keyId,
    pem: both.slice(0, start),
    certificate: both.slice(start),
    file: JSON.stringify(file, null, 2),
    essence: JSON.stringify(
      { private_key_id: keyId, private_key: file.private_key, client_email: email },
      null,
      2,
    ),
  };
}

export const LEAKED = createKey('robot', 'a1b2c3d4e5'.repeat(4));
export const OURS = createKey('quash', '0f1e2d3c4b'.repeat(4));
export const API_KEY = ['AI', 'za'].join('') + 'k3y9'.repeat(9).slice(0, 35);

const TOKENS: ReadonlyMap<TestKey, string> = new Map([
  [LEAKED, `access-token-of-${LEAKED.email}`],
  [OURS, `access-token-of-${OURS.email}`],
]);

function assertionOf({ email, keyId, pem }: TestKey, afterSeconds: number): string {
  const encoded = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const iat = Date.UTC(2026, 0, 1) / 1000 + afterSeconds;
  const header = { alg: 'RS256', typ: 'JWT', kid: keyId };
  const claims = {
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    iss: email,
    aud: 'https://oauth2.googleapis.com/token',
    iat,
    exp: iat + 300,
  };
  const signed = `${encoded(header)}.${encoded(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(pem, 'base64url')}`;
}

export function minted(
  key: TestKey,
  error?: readonly [code: string, description: string],
  afterSeconds = 0,
): Exchange {
  const [code, error_description] = error ?? [];
  return {
    expect: {
      method: 'POST',
      path: '/oauth2.googleapis.com/token',
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: assertionOf(key, afterSeconds),
      },
    },
    answer: code
      ? { status: 400, json: { error: code, error_description } }
      : { status: 200, json: { access_token: TOKENS.get(key), expires_in: 3599, token_type: 'Bearer' } },
  };
}

/** The calls about a key that Google does not know, which it is asked about once more: it may have been made a moment ago. */
export const twice = (callsAfter: (seconds: number) => readonly Exchange[]) => [
  ...callsAfter(0),
  ...callsAfter(120),
];

export const DEAD = ['invalid_grant', 'Invalid JWT Signature.'] as const;
export const NO_ACCOUNT = ['invalid_grant', 'Invalid grant: account not found'] as const;

export const denied = { error: { code: 403, message: 'Permission denied.', status: 'PERMISSION_DENIED' } };
/** Of an API that nobody has turned on in the project of the caller. */
export const notEnabled = {
  error: {
    code: 403,
    message: 'The API has not been used in project 123456789 before or it is disabled.',
    status: 'PERMISSION_DENIED',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'SERVICE_DISABLED',
        domain: 'googleapis.com',
        metadata: { consumer: 'projects/123456789' },
      },
      { '@type': 'type.googleapis.com/google.rpc.Help', links: [] },
    ],
  },
};
const RESOURCE = `projects/some-project/serviceAccounts/${LEAKED.email}/keys/${LEAKED.keyId}`;
const KEY_PATH = `/iam.googleapis.com/v1/projects/-/serviceAccounts/${LEAKED.email}/keys/${LEAKED.keyId}`;
const by = (key: TestKey) => ({ authorization: `Bearer ${TOKENS.get(key)}` });

export function record(caller: TestKey, status = 200, json?: unknown): Exchange {
  const publicKeyData = Buffer.from(LEAKED.certificate).toString('base64');
  return {
    expect: { method: 'GET', path: `${KEY_PATH}?publicKeyType=TYPE_X509_PEM_FILE`, headers: by(caller) },
    answer: { status, json: json ?? { name: RESOURCE, publicKeyData, keyType: 'USER_MANAGED' } },
  };
}

export function disabled(caller: TestKey, status = 200, json: unknown = {}): Exchange {
  return {
    expect: { method: 'POST', path: `${KEY_PATH}:disable`, headers: by(caller), json: {} },
    answer: { status, json },
  };
}

export const disabledRecord = () => {
  const publicKeyData = Buffer.from(LEAKED.certificate).toString('base64');
  return { name: RESOURCE, publicKeyData, disabled: true };
};

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;

const bySelf: ProviderSpec<unknown> = {
  definition: gcp,
  config: () => ({}),
  token: LEAKED.essence,
  kind: 'service-account-file',
  // RSA signs without the numbers that only make it faster.
  stillHoldsSecret: (text) => {
    const key = parseKey(new Secret(text));
    return key?.email === LEAKED.email && key.keyId === LEAKED.keyId && fits(key, LEAKED.certificate);
  },
  type: 'gitleaks_rule_id_google_(gcp)_service-account',
  scripts: {
    revoked: { exchanges: [minted(LEAKED), record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)] },
    // Google says the same of a key that it never had, and the address beside the key is anybody's text.
    alreadyDead: { exchanges: twice((seconds) => [minted(LEAKED, DEAD, seconds)]), endsAs: UNKNOWN },
    unknownToken: { exchanges: twice((seconds) => [minted(LEAKED, NO_ACCOUNT, seconds)]), endsAs: UNKNOWN },
    credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
    forbidden: { exchanges: [minted(LEAKED), record(LEAKED, 403, denied)] },
    // It never happens so: that the key worked is on record.
    secondCall: { exchanges: twice((seconds) => [minted(LEAKED, DEAD, seconds)]), endsAs: UNKNOWN },
  },
  passing: [
    {
      name: 'a disabled account',
      source: 'https://github.com/googleapis/google-api-ruby-client/issues/720',
      answer: { status: 400, json: { error: 'invalid_grant', error_description: 'Robot is disabled.' } },
    },
    {
      name: 'a disabled account, in other words',
      source: 'https://github.com/googleapis/google-cloud-php/issues/3622',
      answer: {
        status: 400,
        json: { error: 'invalid_grant', error_description: 'Invalid grant: account not found' },
      },
    },
  ],
};

/** What a scanner reports: the value of `private_key`, as it stands in the file. */
export const FRAGMENT = JSON.stringify(LEAKED.pem.trimEnd()).slice(1, -1);

const { stillHoldsSecret: _, ...withoutFile } = bySelf;
const byOperatorDead = [minted(LEAKED, DEAD), minted(OURS), record(OURS, 200, disabledRecord())];

const byOperator: ProviderSpec<unknown> = {
  ...withoutFile,
  config: () => ({ credentials: OURS.file }),
  token: FRAGMENT,
  credentials: [OURS.pem, OURS.file, TOKENS.get(OURS) ?? ''],
  context: `${OURS.file}\n// ours\n${LEAKED.file}\n`,
  kind: 'service-account-key',
  scripts: {
    ...bySelf.scripts,
    revoked: {
      exchanges: [minted(LEAKED), minted(OURS), record(OURS), disabled(OURS), minted(LEAKED, DEAD)],
    },
    // The certificate of the record says that it is this very key's.
    alreadyDead: { exchanges: byOperatorDead, saysSo: true },
    unknownToken: {
      exchanges: twice((seconds) => [
        ...[minted(LEAKED, DEAD, seconds), minted(OURS, undefined, seconds)],
        record(OURS, 403, denied),
      ]),
      endsAs: UNKNOWN,
    },
    secondCall: { exchanges: byOperatorDead },
    credentialRefused: {
      exchanges: [minted(LEAKED), minted(OURS, DEAD), record(LEAKED, 403, denied)],
    },
    forbidden: {
      exchanges: [minted(LEAKED), minted(OURS), record(OURS, 403, denied), record(LEAKED, 403, denied)],
    },
  },
};

export const API_NAME = 'projects/123456789/locations/global/keys/2c437be3-1c77-417b-8f6f-748189760227';
export const apiCall = (method: string, path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `/apikeys.googleapis.com/v2/${path}`, headers: by(OURS) },
  answer: { status, json },
});
export const PARENT = 'projects/123456789/locations/global';
export const apiRecord = (deleteTime?: string) =>
  apiCall('GET', API_NAME, 200, {
    name: API_NAME,
    uid: '2c437be3',
    createTime: '2025-01-01T00:00:00Z',
    ...(deleteTime && { deleteTime }),
  });
/** The present string of the key. */
export const keyString = (text: string) => apiCall('GET', `${API_NAME}/keyString`, 200, { keyString: text });
/** Minutes before the suite's clock begins. */
export const DELETED = '2025-12-31T23:50:00Z';

function apiKey(
  token: string,
  about: Pick<ProviderSpec<unknown>, 'config' | 'kind' | 'type'>,
): ProviderSpec<unknown> {
  const lookup = (status: number, json: unknown) =>
    apiCall('GET', `keys:lookupKey?keyString=${token}`, status, json);
  const found = lookup(200, { parent: PARENT, name: API_NAME });
  return {
    ...about,
    definition: gcp,
    token,
    credentials: byOperator.credentials ?? [],
    tokenInUrl: 'The lookup takes the key as a query parameter only.',
    scripts: {
      revoked: {
        exchanges: [
          minted(OURS),
          found,
          apiRecord(),
          keyString(token),
          apiCall('DELETE', API_NAME, 200, { name: 'operations/akmf.p7-1234', done: false }),
          minted(OURS),
          found,
          apiRecord(DELETED),
        ],
      },
      // Of a key that was purged only the project is left.
      alreadyDead: { exchanges: [minted(OURS), lookup(200, { parent: PARENT })], saysSo: true },
      unknownToken: {
        exchanges: [minted(OURS), lookup(404, { error: { code: 404, message: 'No.', status: 'NOT_FOUND' } })],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [minted(OURS, DEAD)] },
      forbidden: { exchanges: [minted(OURS), lookup(403, denied)] },
      secondCall: { exchanges: [minted(OURS), found, apiRecord(DELETED)] },
    },
  };
}

const EXPRESS_KEY = ['A', 'Q.'].join('') + 'k3y-9'.repeat(10);

export const cases: readonly ProviderSpec<unknown>[] = [
  bySelf,
  byOperator,
  apiKey(API_KEY, {
    config: () => ({ credentials: OURS.file, apiKeys: true }),
    kind: 'api-key',
    type: 'gitleaks_rule_id_gcp_api_key',
  }),
  apiKey(EXPRESS_KEY, {
    config: () => ({ credentials: OURS.file, expressKeys: true }),
    kind: 'express-key',
    type: 'gitleaks_rule_id_gcpvertexexpressmodekey',
  }),
];
