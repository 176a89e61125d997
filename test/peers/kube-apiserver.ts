/** An API server of Kubernetes with an etcd, and nobody else: no controller, so tokens are put into Secrets by hand. */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/run-folder.ts';
import { createTestCertificate } from '../support/tls.ts';
import { answers, startPeer } from './server.ts';

const ADMIN = 'admin-of-the-tests';
const ISSUER = 'https://kubernetes.default.svc';

interface Account {
  readonly namespace: string;
  readonly account: string;
}

interface InSecret extends Account {
  readonly secret: string;
}

export interface KubeApiServer {
  readonly url: string;
  /** The variables of a Quash that trusts it. */
  readonly env: Readonly<Record<string, string>>;
  /** A credential with these rights on all namespaces. */
  readonly operators: Readonly<Record<OperatorName, string>>;
  /** A file with which commands act as administrator. */
  readonly kubeconfig: string;
  /** One call as administrator. A `PATCH` merges. @throws {Error} with the server's words */
  request(method: string, path: string, body?: object): Promise<unknown>;
  createNamespace(name: string): Promise<void>;
  createAccount(at: Account): Promise<void>;
  deleteAccount(at: Account): Promise<void>;
  /** @returns the token of a new Secret */
  createSecret(at: InSecret): Promise<string>;
  deleteSecret(at: InSecret): Promise<void>;
  hasSecret(at: InSecret): Promise<boolean>;
  /** @returns a token that is bound to nothing but its account */
  requestToken(at: Account, seconds: number): Promise<string>;
  /** Whether the token is let in, by what it may do itself. The server keeps an answer for ten seconds. */
  works(token: string): Promise<boolean>;
}

const RULES = {
  reviews: { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  secrets: { apiGroups: [''], resources: ['secrets'], verbs: ['delete'] },
};
const OPERATORS = {
  whole: [RULES.reviews, RULES.secrets],
  withoutReviews: [RULES.secrets],
  withoutSecrets: [RULES.reviews],
};
type OperatorName = keyof typeof OPERATORS;

export async function startKubeApiServer(file: string, etcd: string): Promise<KubeApiServer> {
  const cwd = newFolder('kube-');
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = createTestCertificate('IP:127.0.0.1');
  const written = (name: string, content: string): string => {
    writeFileSync(join(cwd, name), content);
    return join(cwd, name);
  };
  const names = Object.keys(OPERATORS) as OperatorName[];
  const operators = Object.fromEntries(names.map((name) => [name, `token-of-${name}`]));
  const users = names.map((name) => `${operators[name]},${name},${name}`);
  const port = await freePort();
  const caFile = written('tls.crt', certificate.cert);
  const url = `https://127.0.0.1:${port}`;
  await startPeer({
    file,
    args: [
      `--etcd-servers=${await startEtcd(etcd)}`,
      ...['--bind-address=127.0.0.1', `--secure-port=${port}`, '--service-cluster-ip-range=10.0.0.0/24'],
      ...[`--tls-cert-file=${caFile}`, `--tls-private-key-file=${written('tls.key', certificate.key)}`],
      `--service-account-issuer=${ISSUER}`,
      `--service-account-key-file=${written('accounts.pub', keys.publicKey)}`,
      `--service-account-signing-key-file=${written('accounts.key', keys.privateKey)}`,
      `--token-auth-file=${written('users.csv', [`${ADMIN},admin,admin,system:masters`, ...users].join('\n'))}`,
      '--authorization-mode=RBAC',
    ],
    cwd,
    ready: async () => (await call('GET', '/readyz')).status === 200,
  });

  interface Call {
    readonly token?: string;
    readonly body?: object;
  }
  function call(method: string, path: string, { token = ADMIN, body }: Call = {}) {
    return new Promise<{ readonly status: number; readonly json: Answer }>((resolve, reject) => {
      const type = method === 'PATCH' ? 'merge-patch+json' : 'json';
      const headers = { authorization: `Bearer ${token}`, 'content-type': `application/${type}` };
      const outgoing = request(`${url}${path}`, { method, headers, ca: certificate.cert, agent: false });
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => {
        const status = incoming.statusCode ?? 0;
        readText(incoming).then((text) => {
          resolve({ status, json: text.startsWith('{') ? JSON.parse(text) : {} });
        }, reject);
      });
      outgoing.end(body && JSON.stringify(body));
    });
  }
  const done = async (method: string, path: string, body?: object): Promise<Answer> => {
    const { status, json } = await call(method, path, body && { body });
    if (status >= 300) throw new Error(`Kubernetes said of ${path}: ${status} ${json.message}`);
    return json;
  };
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const grant = async (name: string, rules: readonly object[], subject: string): Promise<void> => {
    await done('POST', `${rbac}/clusterroles`, { metadata: { name }, rules });
    await done('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: subject }],
    });
  };
  for (const name of names) await grant(`quash-${name.toLowerCase()}`, OPERATORS[name], name);

  const accounts = ({ namespace }: Account) => `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const secrets = ({ namespace }: Account) => `/api/v1/namespaces/${namespace}/secrets`;
  return {
    url,
    env: { QUASH_UPSTREAM__CAFILE: caFile },
    operators: operators as Record<OperatorName, string>,
    kubeconfig: written('kubeconfig', kubeconfig(url, caFile)),
    request: done,
    createNamespace: async (name) => void (await done('POST', '/api/v1/namespaces', { metadata: { name } })),
    createAccount: async (at) => void (await done('POST', accounts(at), { metadata: { name: at.account } })),
    deleteAccount: async (at) => void (await done('DELETE', `${accounts(at)}/${at.account}`)),
    async createSecret(at) {
      const { metadata } = await done('GET', `${accounts(at)}/${at.account}`);
      const token = legacyToken(at, metadata?.uid ?? '', keys.privateKey);
      await done('POST', secrets(at), {
        metadata: {
          name: at.secret,
          annotations: {
            'kubernetes.io/service-account.name': at.account,
            'kubernetes.io/service-account.uid': metadata?.uid,
          },
        },
        type: 'kubernetes.io/service-account-token',
        data: { token: Buffer.from(token).toString('base64') },
      });
      return token;
    },
    deleteSecret: async (at) => void (await done('DELETE', `${secrets(at)}/${at.secret}`)),
    hasSecret: async (at) => (await call('GET', `${secrets(at)}/${at.secret}`)).status === 200,
    async requestToken(at, expirationSeconds) {
      const spec = { expirationSeconds };
      return (await done('POST', `${accounts(at)}/${at.account}/token`, { spec })).status?.token ?? '';
    },
    works: async (token) => (await call('GET', '/apis/authentication.k8s.io/v1', { token })).status === 200,
  };
}

interface Answer {
  readonly message?: string;
  readonly metadata?: { readonly uid: string };
  readonly status?: { readonly token: string };
}

/** JSON is YAML. */
function kubeconfig(server: string, caFile: string): string {
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'it' },
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'admin' } }],
    clusters: [{ name: 'it', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'admin', user: { token: ADMIN } }],
  });
}

async function startEtcd(file: string): Promise<string> {
  const [client, between] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  await startPeer({
    file,
    args: [
      ...['--data-dir', 'data', '--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', between, '--initial-advertise-peer-urls', between],
      ...['--initial-cluster', `default=${between}`],
    ],
    cwd: newFolder('etcd-'),
    ready: () => answers(`${client}/health`),
  });
  return client;
}

/** As the controller puts it into a Secret. */
function legacyToken({ namespace, account, secret }: InSecret, uid: string, key: string): string {
  const name = 'kubernetes.io/serviceaccount';
  return signed(key, {
    iss: 'kubernetes/serviceaccount',
    sub: `system:serviceaccount:${namespace}:${account}`,
    [`${name}/namespace`]: namespace,
    [`${name}/secret.name`]: secret,
    [`${name}/service-account.name`]: account,
    [`${name}/service-account.uid`]: uid,
    // Two Secrets of one name would have the same token.
    jti: randomUUID(),
  });
}

function signed(key: string, claims: object): string {
  const [head, body] = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url');
  return `${head}.${body}.${signature}`;
}
