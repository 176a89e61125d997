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
  readonly issuer: string;
  readonly revokeUrl: string;
  readonly introspectUrl: string;
  /**
   * A confidential client, whose secret is its name.
   * @param inOwnAudience whether a mapper puts it into the audience of its tokens, without which it may introspect none
   */
  createClient(clientId: string, inOwnAudience: boolean): Promise<void>;
  createUser(user: string): Promise<void>;
  /** A confidential client as for `admin.oidc`, whose secret is its name, and whose claim `groups` has paths. */
  createSignInClient(clientId: string, returnTo: string): Promise<void>;
  createGroup(name: string): Promise<void>;
  join(user: string, group: string): Promise<void>;
  leave(user: string, group: string): Promise<void>;
  disable(user: string): Promise<void>;
  /** Gives the user another name, which frees the old one. */
  rename(user: string, name: string): Promise<void>;
  /** A person with a browser, at the page that a client sends it to. @returns where it is sent back to */
  visit(url: string, user: string): Promise<string>;
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
  const administer = async (method: string, path: string, body?: object): Promise<unknown> => {
    // A token of the administrator lives for a minute.
    const form = { grant_type: 'password', client_id: 'admin-cli', username: ADMIN, password: PASSWORD };
    const { json } = await post(`${url}/realms/master/protocol/openid-connect/token`, form);
    const response = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${json.access_token}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keycloak said of ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const create = (path: string, body: object) => administer('POST', path, body).then(() => {});
  const idOf = async (path: string, isIt: (one: Readonly<Record<string, string>>) => boolean) => {
    const all = (await administer('GET', `/${REALM}/${path}`)) as Readonly<Record<string, string>>[];
    return all.find(isIt)?.id ?? '';
  };
  const userPath = async (user: string) =>
    `/${REALM}/users/${await idOf('users', ({ username }) => username === user)}`;
  const membership = async (user: string, group: string) =>
    `${await userPath(user)}/groups/${await idOf('groups', ({ name }) => name === group)}`;
  await create('', { realm: REALM, enabled: true, sslRequired: 'none', editUsernameAllowed: true });

  return {
    issuer: `${url}/realms/${REALM}`,
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
    createSignInClient: (clientId, returnTo) =>
      create(`/${REALM}/clients`, {
        ...{ clientId, secret: clientId, protocol: 'openid-connect', publicClient: false },
        ...{ standardFlowEnabled: true, redirectUris: [returnTo], protocolMappers: [groupsMapper()] },
        attributes: { 'pkce.code.challenge.method': 'S256' },
      }),
    createGroup: (name) => create(`/${REALM}/groups`, { name }),
    async join(user, group) {
      await administer('PUT', await membership(user, group));
    },
    async leave(user, group) {
      await administer('DELETE', await membership(user, group));
    },
    async disable(user) {
      await administer('PUT', await userPath(user), { enabled: false });
    },
    async rename(user, name) {
      await administer('PUT', await userPath(user), { username: name, email: `${name}@example.com` });
    },
    async visit(first, user) {
      const page = await fetch(first, { redirect: 'manual' });
      const cookie = page.headers
        .getSetCookie()
        .map((text) => text.split(';')[0])
        .join('; ');
      const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(await page.text()) ?? [];
      const sent = await fetch(action.replaceAll('&amp;', '&'), {
        ...{ method: 'POST', redirect: 'manual', headers: { cookie } },
        body: new URLSearchParams({ username: user, password: PASSWORD }),
      });
      const back = sent.headers.get('location');
      if (back === null) throw new Error(`Keycloak did not sign ${user} in: it answered ${sent.status}.`);
      return back;
    },
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

function groupsMapper() {
  return {
    ...{ name: 'groups', protocol: 'openid-connect', protocolMapper: 'oidc-group-membership-mapper' },
    config: {
      'claim.name': 'groups',
      'full.path': 'true',
      'id.token.claim': 'true',
      'userinfo.token.claim': 'true',
    },
  };
}

function audienceMapper(clientId: string) {
  return {
    ...{ name: 'own-audience', protocol: 'openid-connect', protocolMapper: 'oidc-audience-mapper' },
    config: { 'included.client.audience': clientId, 'access.token.claim': 'true' },
  };
}
