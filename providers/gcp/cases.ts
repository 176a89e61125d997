import { execFileSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { gcp } from './index.ts';

export interface TestKey {
  readonly email: string;
  readonly keyId: string;
  readonly pem: string;
  readonly certificate: string;
  /** The JSON file. */
  readonly file: string;
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
  };
}

export const LEAKED = createKey('robot', 'a1b2c3d4e5'.repeat(4));
export const OURS = createKey('quash', '0f1e2d3c4b'.repeat(4));
const API_KEY = ['AI', 'za'].join('') + 'k3y9'.repeat(9).slice(0, 35);

const TOKENS: ReadonlyMap<TestKey, string> = new Map([
  [LEAKED, `access-token-of-${LEAKED.email}`],
  [OURS, `access-token-of-${OURS.email}`],
]);

function assertionOf({ email, keyId, pem }: TestKey): string {
  const encoded = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const iat = Date.UTC(2026, 0, 1) / 1000;
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

export function minted(key: TestKey, error?: readonly [code: string, description: string]): Exchange {
  const [code, error_description] = error ?? [];
  return {
    expect: {
      method: 'POST',
      path: '/oauth2.googleapis.com/token',
      form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertionOf(key) },
    },
    answer: code
      ? { status: 400, json: { error: code, error_description } }
      : { status: 200, json: { access_token: TOKENS.get(key), expires_in: 3599, token_type: 'Bearer' } },
  };
}

export const DEAD = ['invalid_grant', 'Invalid JWT Signature.'] as const;

export const denied = { error: { code: 403, message: 'Permission denied.', status: 'PERMISSION_DENIED' } };
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

const bySelf: ProviderSpec<unknown> = {
  definition: gcp,
  config: () => ({}),
  token: LEAKED.file,
  kind: 'service-account-file',
  type: 'gitleaks_rule_id_google_(gcp)_service-account',
  scripts: {
    revoked: { exchanges: [minted(LEAKED), record(LEAKED), disabled(LEAKED), minted(LEAKED, DEAD)] },
    alreadyDead: { exchanges: [minted(LEAKED, DEAD)] },
    unknownToken: { notApplicable: 'Google says the same of a key that it never had.' },
    credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
    forbidden: { exchanges: [minted(LEAKED), record(LEAKED, 403, denied)] },
    secondCall: { exchanges: [minted(LEAKED, DEAD)] },
  },
};

/** What a scanner reports: the value of `private_key`, as it stands in the file. */
export const FRAGMENT = JSON.stringify(LEAKED.pem.trimEnd()).slice(1, -1);

const byOperator: ProviderSpec<unknown> = {
  ...bySelf,
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
    credentialRefused: { exchanges: [minted(LEAKED), minted(OURS, DEAD)] },
    forbidden: {
      exchanges: [minted(LEAKED), minted(OURS), record(OURS, 403, denied), record(LEAKED, 403, denied)],
    },
  },
};

const API_NAME = 'projects/123456789/locations/global/keys/2c437be3-1c77-417b-8f6f-748189760227';
const apiCall = (method: string, path: string, status: number, json: unknown): Exchange => ({
  expect: { method, path: `/apikeys.googleapis.com/v2/${path}`, headers: by(OURS) },
  answer: { status, json },
});
const PARENT = 'projects/123456789/locations/global';
const apiRecord = (deleteTime?: string) =>
  apiCall('GET', API_NAME, 200, {
    name: API_NAME,
    uid: '2c437be3',
    createTime: '2025-01-01T00:00:00Z',
    ...(deleteTime && { deleteTime }),
  });
const DELETED = '2026-01-01T00:00:00Z';

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
          apiCall('DELETE', API_NAME, 200, { name: 'operations/akmf.p7-1234', done: false }),
          minted(OURS),
          found,
          apiRecord(DELETED),
        ],
      },
      alreadyDead: { exchanges: [minted(OURS), lookup(200, { parent: PARENT })] },
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
