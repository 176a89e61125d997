/** A development server of OpenBao, and what its operator does there. */
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/run-folder.ts';
import { answers, startPeer } from './server.ts';

const ROOT_TOKEN = 'root-of-the-tests';
/** Without policies a token would have those of the root token. */
const USUAL = { ttl: '10m', policies: ['default'] };

export interface OpenBao {
  readonly url: string;
  /** @returns the new token. @param namespace undefined: the root namespace */
  createToken(settings?: object, namespace?: string): Promise<string>;
  createNamespace(name: string): Promise<void>;
  revoke(token: string): Promise<void>;
  /** Of a user, who is an entity. */
  createUserToken(name: string): Promise<{ readonly token: string; setDisabled(is: boolean): Promise<void> }>;
  /** As its own operator sees it. */
  isAlive(token: string, namespace?: string): Promise<boolean>;
}

export async function startOpenBao(file: string): Promise<OpenBao> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const address = ['-dev-listen-address', `127.0.0.1:${port}`];
  await startPeer({
    file,
    args: ['server', '-dev', '-dev-no-store-token', '-dev-root-token-id', ROOT_TOKEN, ...address],
    cwd: newFolder('openbao-'),
    ready: () => answers(`${url}/v1/sys/health`),
  });
  const call = async (path: string, body: object | undefined, namespace = '') => {
    const response = await fetch(`${url}/v1/${path}`, {
      method: 'POST',
      headers: { 'x-vault-token': ROOT_TOKEN, 'x-vault-namespace': namespace },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { ok: response.ok, text };
  };
  const done = async (path: string, body?: object, namespace?: string) => {
    const { ok, text } = await call(path, body, namespace);
    if (!ok) throw new Error(`OpenBao said of ${path}: ${text}`);
    return text;
  };
  return {
    url,
    createToken: async (settings = {}, namespace) =>
      JSON.parse(await done('auth/token/create', { ...USUAL, ...settings }, namespace)).auth.client_token,
    createNamespace: async (name) => void (await done(`sys/namespaces/${name}`)),
    async createUserToken(name) {
      const path = `userpass-${name}`;
      const password = { password: 'a-password-of-the-tests' };
      await done(`sys/auth/${path}`, { type: 'userpass' });
      await done(`auth/${path}/users/${name}`, { ...password, policies: 'default' });
      const { auth } = JSON.parse(await done(`auth/${path}/login/${name}`, password));
      const entity = `identity/entity/id/${auth.entity_id}`;
      return {
        token: auth.client_token,
        setDisabled: async (disabled) => void (await done(entity, { disabled })),
      };
    },
    revoke: async (token) => void (await done('auth/token/revoke', { token })),
    isAlive: async (token, namespace) => (await call('auth/token/lookup', { token }, namespace)).ok,
  };
}
