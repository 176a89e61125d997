import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { type ProviderSpec, withoutAnyCall } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { SshConfig } from './config.ts';
import { ssh } from './index.ts';
import { fingerprintOf } from './private-key.ts';
import { withPassphrase } from './test-keys.ts';

interface NewKey {
  readonly pem: string;
  readonly authorized: string;
  readonly fingerprint: string;
  readonly publicKey: KeyObject;
}

/** Made anew for each run, so none is kept in the repository. */
export function newRsaKey(modulusLength = 2048): NewKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { pem: pemOf(privateKey), publicKey, ...publicHalf(publicKey) };
}

const pemOf = (key: KeyObject) => key.export({ type: 'pkcs1', format: 'pem' }).toString().trim();

/** As `ssh-keygen -y` writes it. */
function publicHalf(key: KeyObject) {
  const { n = '', e = '' } = key.export({ format: 'jwk' });
  const numbers = [e, n].map((text) => Buffer.from(text, 'base64url'));
  const fields = [
    Buffer.from('ssh-rsa'),
    ...numbers.map((bytes) => (bytes.readUInt8() > 127 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)),
  ];
  const blob = Buffer.concat(
    fields.flatMap((field) => [Buffer.from([0, 0, field.length >> 8, field.length & 255]), field]),
  );
  return {
    authorized: `ssh-rsa ${blob.toString('base64')} someone@laptop`,
    fingerprint: fingerprintOf(blob),
  };
}

/** Short, as the suite has many a broken one of it read. */
export const KEY = newRsaKey(512);

/** A key file says the secret more than once: whoever can sign with what is left of it has it. */
function canSign(text: string): boolean {
  const message = Buffer.from('It is me.');
  try {
    const key = createPrivateKey(text.replaceAll('\\n', '\n'));
    return verify('sha256', message, KEY.publicKey, sign('sha256', message, key));
  } catch {
    return false;
  }
}
export const ADMIN = ['gl', 'pat-', 'Adm1'.repeat(5)].join('');

const headers = { 'private-token': ADMIN };
export const UNKNOWN = { message: '404 Key Not Found' };
export const UNAUTHORIZED = { message: '401 Unauthorized' };
export const FORBIDDEN = { message: '403 Forbidden' };

export const lookup = (
  status: number,
  json: unknown,
  prefix = '',
  { fingerprint }: Pick<NewKey, 'fingerprint'> = KEY,
): Exchange => ({
  expect: {
    method: 'GET',
    path: `${prefix}/api/v4/keys?fingerprint=${encodeURIComponent(fingerprint)}`,
    headers,
  },
  answer: { status, json },
});
export const keyOfUser = (prefix = '', key: Pick<NewKey, 'authorized' | 'fingerprint'> = KEY) =>
  lookup(
    200,
    { id: 5, title: 'laptop', key: key.authorized, user: { id: 25, username: 'someone' } },
    prefix,
    key,
  );
/** As GitLab shows keys of other types, such as those of a directory server; `null` where no user has it. */
export const keyOfType = (user: { id: number } | null, usage_type = 'auth') =>
  lookup(200, { id: 5, key: KEY.authorized, usage_type, user });
export const deployKey = (...projectIds: number[]) =>
  lookup(200, {
    id: 5,
    key: KEY.authorized,
    user: { id: 25 },
    deploy_keys_projects: projectIds.map((project_id) => ({ id: 1, deploy_key_id: 5, project_id })),
  });
export const unknown = (prefix = '') => lookup(404, UNKNOWN, prefix);

export const deletion = (path: string, status: number, json?: unknown): Exchange => ({
  expect: { method: 'DELETE', path, headers },
  answer: { status, ...(json !== undefined && { json }) },
});
export const ofUser = (status: number, json?: unknown) => deletion('/api/v4/users/25/keys/5', status, json);

const userKey: ProviderSpec<SshConfig> = {
  definition: ssh,
  config: (url) => ({ instances: [{ url, adminToken: ADMIN }] }),
  token: KEY.pem,
  credentials: [ADMIN],
  kind: 'private-key',
  type: 'gitleaks_rule_id_rsa_private_key',
  // A call names a key by its fingerprint.
  stillHoldsSecret: canSign,
  unknownAnswer: { status: 404, json: UNKNOWN },
  scripts: {
    revoked: { exchanges: [keyOfUser(), ofUser(204), unknown()] },
    alreadyDead: {
      exchanges: [unknown()],
      // A key that was removed is as unknown as one that was never in GitLab, and may be in use elsewhere.
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    unknownToken: { exchanges: [unknown()], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    credentialRefused: { exchanges: [lookup(401, UNAUTHORIZED)] },
    forbidden: { exchanges: [keyOfUser(), ofUser(403, FORBIDDEN)] },
    secondCall: {
      exchanges: [unknown()],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
  },
};

/** Its public half stands in the file as it is. */
const ENCRYPTED = { ...withPassphrase, authorized: `ssh-ed25519 ${openHalf(withPassphrase.pem)}` };

function openHalf(pem: string): string {
  const file = Buffer.from(pem.replace(/-----[^\n]+/g, ''), 'base64');
  const start = file.indexOf('ssh-ed25519') - 4;
  return file.subarray(start, start + 51).toString('base64');
}

const isGone = lookup(404, UNKNOWN, '', ENCRYPTED);
const NOWHERE = { exchanges: [isGone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
const encryptedKey: ProviderSpec<SshConfig> = {
  ...userKey,
  token: ENCRYPTED.pem,
  kind: 'encrypted-key',
  type: 'gitleaks_rule_id_ssh_private_key',
  scripts: {
    // A person has to decide; what follows an approval stands in the tests beside.
    revoked: { exchanges: [keyOfUser('', ENCRYPTED)], endsAs: { outcome: 'held' } },
    alreadyDead: NOWHERE,
    unknownToken: NOWHERE,
    credentialRefused: { exchanges: [lookup(401, UNAUTHORIZED, '', ENCRYPTED)] },
    forbidden: { exchanges: [lookup(403, FORBIDDEN, '', ENCRYPTED)] },
    secondCall: NOWHERE,
  },
};

const inProject = (id: number) => deletion(`/api/v4/projects/${id}/deploy_keys/5`, 204);

export const cases: readonly ProviderSpec<SshConfig>[] = [
  userKey,
  {
    ...userKey,
    // As in a JSON file.
    reported: KEY.pem.replaceAll('\n', '\\n'),
    type: 'gitleaks_rule_id_ssh_private_key',
    scripts: {
      ...userKey.scripts,
      revoked: { exchanges: [deployKey(7, 8), inProject(7), inProject(8), unknown()] },
    },
  },
  encryptedKey,
  {
    ...userKey,
    token: ['-----BEGIN', 'PGP PRIVATE KEY', 'BLOCK-----'].join(' '),
    kind: 'pgp-key',
    type: 'gitleaks_rule_id_private-key',
    scripts: withoutAnyCall({ outcome: 'refused', reason: 'unsupported-kind' }),
  },
];
