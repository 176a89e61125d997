/** A Keycloak of its own, with its realm in memory, and what its administrator does there. */
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/run-folder.ts';
import { answers, startPeer } from './server.ts';

const ADMIN = 'admin';
const PASSWORD = 'password-of-the-tests';
const REALM = 'tests';

interface Grant {
  readonly access: string;
  readonly refresh: string;
}

export interface Keycloak {
  readonly revokeUrl: string;
  readonly introspectUrl: string;
  /**
   * A confidential client, whose secret is its name.
   * @param inOwnAudience whether a mapper puts it into the audience of its tokens, without which it may introspect none
   */
  createClient(clientId: string, inOwnAudience: boolean): Promise<void>;
  createUser(user: string): Promise<void>;
  /** A new session. */
  signIn(clientId: string, user: string, scope?: string): Promise<Grant>;
  /** By the userinfo endpoint, which asks nobody's audience. */
  accessWorks(access: string): Promise<boolean>;
  /** Uses it. */
  refreshWorks(clientId: string, refresh: string): Promise<boolean>;
}

/** @param home of a JDK */
export async function startKeycloak(file: string, home: string): Promise<Keycloak> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const oidc = `${url}/realms/${REALM}/protocol/openid-connect`;
  await startPeer({
    file: 'sh',
    args: [file, 'start-dev', '--db=dev-mem', '--http-host=127.0.0.1', `--http-port=${port}`],
    cwd: newFolder('keycloak-'),
    env: {
      JAVA_HOME: home,
      KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN,
      KC_BOOTSTRAP_ADMIN_PASSWORD: PASSWORD,
    },
    ready: () => answers(`${url}/realms/master`),
  });

  const post = async (at: string, form: Readonly<Record<string, string>>) => {
    const response = await fetch(at, { method: 'POST', body: new URLSearchParams(form) });
    return { ok: response.ok, json: (await response.json()) as Readonly<Record<string, string>> };
  };
  const create = async (path: string, body: object): Promise<void> => {
    // A token of the administrator lives for a minute.
    const form = { grant_type: 'password', client_id: 'admin-cli', username: ADMIN, password: PASSWORD };
    const { json } = await post(`${url}/realms/master/protocol/openid-connect/token`, form);
    const response = await fetch(`${url}/admin/realms${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${json.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`Keycloak said of ${path}: ${await response.text()}`);
  };
  await create('', { realm: REALM, enabled: true, sslRequired: 'none' });

  return {
    revokeUrl: `${oidc}/revoke`,
    introspectUrl: `${oidc}/token/introspect`,
    createClient: (clientId, inOwnAudience) =>
      create(`/${REALM}/clients`, {
        ...{ clientId, secret: clientId, protocol: 'openid-connect' },
        ...{ directAccessGrantsEnabled: true, serviceAccountsEnabled: true, publicClient: false },
        protocolMappers: inOwnAudience ? [audienceMapper(clientId)] : [],
      }),
    createUser: (username) =>
      create(`/${REALM}/users`, {
        ...{ username, enabled: true, emailVerified: true, email: `${username}@example.com` },
        ...{ firstName: 'Test', lastName: 'User' },
        credentials: [{ type: 'password', value: PASSWORD, temporary: false }],
      }),
    async signIn(clientId, username, scope = 'openid') {
      const client = { client_id: clientId, client_secret: clientId };
      const form = { ...client, grant_type: 'password', username, password: PASSWORD, scope };
      const { ok, json } = await post(`${oidc}/token`, form);
      if (!ok) throw new Error(`Keycloak signs nobody in: ${json.error_description}`);
      return { access: json.access_token ?? '', refresh: json.refresh_token ?? '' };
    },
    async accessWorks(access) {
      const headers = { authorization: `Bearer ${access}` };
      return (await fetch(`${oidc}/userinfo`, { headers })).ok;
    },
    async refreshWorks(clientId, refresh) {
      const client = { client_id: clientId, client_secret: clientId };
      return (await post(`${oidc}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh }))
        .ok;
    },
  };
}

function audienceMapper(clientId: string) {
  return {
    ...{ name: 'own-audience', protocol: 'openid-connect', protocolMapper: 'oidc-audience-mapper' },
    config: { 'included.client.audience': clientId, 'access.token.claim': 'true' },
  };
}
