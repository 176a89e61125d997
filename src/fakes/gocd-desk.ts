/** Who is calling a fake GoCD server, may they, and what do they get: in the order of the real server's filters. */
import { randomBytes } from 'node:crypto';
import type { FakeToken, GocdTokens } from './gocd-tokens.ts';

/** `backup` and `starting` refuse every call, `maintenance` only those that change something. */
export type FakeGocdMode = 'normal' | 'backup' | 'starting' | 'maintenance' | 'security-off';

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: 'none' | 'basic' | 'bearer' | 'session';
  readonly unexpected?: boolean;
}

export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly body: string;
}

interface Caller {
  readonly username: string;
  readonly auth: 'basic' | 'bearer' | 'session';
  /** A session that a Bearer call began. */
  readonly cookie?: string;
}

const ACCEPT_V1 = ['application/vnd.go.cd.v1+json', 'application/vnd.go.cd+json'];
const ACCEPT_V3 = ['application/vnd.go.cd.v3+json', 'application/vnd.go.cd+json'];
const BAD_CREDENTIALS =
  'Invalid credentials. Either your username and password are incorrect, or there is a problem with your browser cookies. Please check with your administrator.';

export class FrontDesk {
  mode: FakeGocdMode = 'normal';
  /** The user whose password a proxy sends in place of any token. */
  everybody: string | undefined;
  readonly #tokens: GocdTokens;
  readonly #sessions = new Map<string, string>();

  readonly #zoneMs: number;

  /** @param zoneMinutes how far the server's local time is ahead of UTC */
  constructor(tokens: GocdTokens, zoneMinutes = 0) {
    this.#tokens = tokens;
    this.#zoneMs = zoneMinutes * 60_000;
  }

  forgetSessions(): void {
    this.#sessions.clear();
  }

  answer(exchange: Exchange, authorization: string | undefined, cookie: string | undefined): Reply {
    if (this.mode === 'starting') return message(503, 'GoCD server is starting');
    if (this.mode === 'backup') return message(503, 'Server is under maintenance mode, please try later.');
    if (this.mode === 'maintenance' && !['GET', 'HEAD'].includes(exchange.method)) {
      return message(503, 'Server is in maintenance mode, please try later.');
    }
    const caller = this.#identify(authorization, cookie);
    if ('status' in caller) return caller;
    const reply = this.#route(exchange, caller);
    const session = caller.cookie && { 'set-cookie': `JSESSIONID=${caller.cookie};Path=/go;HttpOnly` };
    return { ...reply, auth: caller.auth, headers: { ...reply.headers, ...(session || {}) } };
  }

  #identify(authorization: string | undefined, cookie: string | undefined): Caller | Reply {
    // A known session is believed without another look at its token, even after the token was revoked.
    const session = this.#sessions.get(/JSESSIONID=(\w+)/.exec(cookie ?? '')?.[1] ?? '');
    if (session !== undefined) return this.#ifEnabled({ username: session, auth: 'session' });
    const [, scheme, credential = ''] = /^(\w+) (.*)$/.exec(authorization ?? '') ?? [];
    if (scheme?.toLowerCase() === 'bearer') {
      if (this.everybody === undefined) return this.#identifyToken(credential);
      return this.#ifEnabled({ username: this.everybody, auth: 'bearer' });
    }
    if (scheme?.toLowerCase() === 'basic') return this.#identifyPassword(credential);
    return message(401, 'You are not authenticated!');
  }

  #identifyToken(plaintext: string): Caller | Reply {
    const refuse = (words: string): Reply => ({ ...message(401, words), auth: 'bearer' });
    const token = this.#tokens.byPlaintext(plaintext);
    if (!token) return refuse('Invalid Personal Access Token.');
    if (token.revokedAt !== null) {
      const when = new Date(token.revokedAt + this.#zoneMs).toISOString().replace('T', ' ').replace('Z', '');
      return refuse(`Invalid Personal Access Token. Access token was revoked at: ${when}`);
    }
    if (this.mode === 'security-off') {
      return refuse(
        'Bearer authentication credentials are not required, since security has been disabled on this server.',
      );
    }
    // Noted before the plugin is asked.
    this.#tokens.touch(token);
    const { pluginFault } = this.#tokens.account(token.username);
    if (pluginFault === 'user-unknown') return { status: 500, body: '', auth: 'bearer' };
    if (pluginFault === 'roles-failing') return refuse('Invalid Personal Access Token.');
    const cookie = `node0${randomBytes(12).toString('hex')}`;
    const caller = this.#ifEnabled({ username: token.username, auth: 'bearer', cookie });
    if (!('status' in caller)) this.#sessions.set(cookie, token.username);
    return caller;
  }

  #ifEnabled(caller: Caller): Caller | Reply {
    if (this.#tokens.findAccount(caller.username)?.enabled) return caller;
    return { ...message(401, 'Your account has been disabled by the administrator'), auth: caller.auth };
  }

  #identifyPassword(credential: string): Caller | Reply {
    if (this.mode === 'security-off') {
      const words =
        'Basic authentication credentials are not required, since security has been disabled on this server.';
      return { ...message(401, words), auth: 'basic' };
    }
    const [name = '', ...rest] = Buffer.from(credential, 'base64').toString().split(':');
    const account = this.#tokens.findLogin(name);
    if (account?.password === rest.join(':')) {
      return this.#ifEnabled({ username: account.name, auth: 'basic' });
    }
    const headers = { 'www-authenticate': 'Basic realm="GoCD"' };
    return { ...message(401, BAD_CREDENTIALS), headers, auth: 'basic' };
  }

  #route(exchange: Exchange, caller: Caller): Reply {
    const { method, path } = exchange;
    const one = /^\/go\/api\/admin\/access_tokens\/(\d+)$/.exec(path);
    const revoke = /^\/go\/api\/admin\/access_tokens\/(\d+)\/revoke$/.exec(path);
    const user = /^\/go\/api\/users\/([^/]+)$/.exec(path);
    if (method === 'GET' && path === '/go/api/current_user') {
      return accepting(exchange, ACCEPT_V1, () => this.#userJson(caller.username));
    }
    if (method === 'GET' && path === '/go/api/admin/access_tokens') {
      return accepting(exchange, ACCEPT_V1, () => this.#asTokenAdmin(caller, () => this.#list(exchange)));
    }
    if (method === 'GET' && one) {
      const work = () => this.#show(Number(one[1]));
      return accepting(exchange, ACCEPT_V1, () => this.#asTokenAdmin(caller, work));
    }
    if (method === 'POST' && revoke) {
      const id = Number(revoke[1]);
      const work = () => this.#revoke(id, caller, exchange);
      return accepting(exchange, ACCEPT_V1, () => this.#asTokenAdmin(caller, work));
    }
    if (method === 'PATCH' && path === '/go/api/users/operations/state') {
      return accepting(exchange, ACCEPT_V3, () => this.#asAdmin(caller, () => this.#setState(exchange)));
    }
    if (method === 'PATCH' && user) {
      const name = decodeURIComponent(user[1] ?? '');
      return accepting(exchange, ACCEPT_V3, () => this.#asAdmin(caller, () => this.#patch(name, exchange)));
    }
    return { ...wrongUrl(), unexpected: true };
  }

  #asAdmin(caller: Caller, work: () => Reply): Reply {
    if (this.#tokens.account(caller.username).admin) return work();
    return message(403, 'You are not authorized to access this resource!');
  }

  #asTokenAdmin(caller: Caller, work: () => Reply): Reply {
    if (caller.auth === 'basic') return this.#asAdmin(caller, work);
    return message(403, 'Unsupported operation: Accessing this API using access token is forbidden.');
  }

  #list(exchange: Exchange): Reply {
    const filter = exchange.query.get('filter') || 'active';
    if (!['active', 'all', 'revoked'].includes(filter)) {
      return message(
        400,
        `Value \`${filter}\` is not allowed for query parameter named \`filter\`. Valid values are active, all, revoked.`,
      );
    }
    const wanted = (token: FakeToken) =>
      filter === 'all' || (filter === 'revoked') === (token.revokedAt !== null);
    const found = this.#tokens.rows().filter(wanted).map(tokenJson);
    return json(200, { _links: {}, _embedded: { access_tokens: found } });
  }

  #show(id: number): Reply {
    const token = this.#tokens.byId(id);
    return token ? json(200, tokenJson(token)) : message(404, `Access token with id '${id}' was not found!`);
  }

  #revoke(id: number, caller: Caller, exchange: Exchange): Reply {
    const body = parsed(exchange.body);
    if (body === undefined) return json(400, { error: 'Payload data is not valid JSON' });
    const token = this.#tokens.byId(id);
    if (!token) return message(404, `Access token with id '${id}' was not found!`);
    if (token.revokedAt !== null) return message(409, 'Access token has already been revoked!');
    this.#tokens.revoke(id, caller.username, String(body.revoke_cause ?? ''));
    return json(200, tokenJson(token));
  }

  #patch(name: string, exchange: Exchange): Reply {
    const account = this.#tokens.findAccount(name);
    if (!account) return message(404, `User '${name}' was not found!`);
    const body = parsed(exchange.body);
    if (body === undefined) return json(400, { error: 'Payload data is not valid JSON' });
    if (typeof body.enabled === 'boolean') account.enabled = body.enabled;
    // What the body does not hold is cleared, as by the real one.
    account.email = typeof body.email === 'string' ? body.email : '';
    account.emailMe = body.email_me === true;
    account.aliases = Array.isArray(body.checkin_aliases) ? body.checkin_aliases.map(String) : [];
    return this.#userJson(account.name);
  }

  #setState(exchange: Exchange): Reply {
    const body = parsed(exchange.body);
    const { users, operations } = body ?? {};
    if (!Array.isArray(users) || typeof operations !== 'object' || operations === null) {
      return json(400, { error: 'Payload data is not valid JSON' });
    }
    const names = users.map(String);
    const enabled = 'enable' in operations && operations.enable === true;
    if (names.some((name) => !this.#tokens.findAccount(name))) {
      return message(422, 'Some or all of the users do not exist.');
    }
    if (!enabled && this.#tokens.isLastAdmin(names)) {
      return message(400, 'There must be at least one admin user enabled!');
    }
    for (const name of names) this.#tokens.account(name).enabled = enabled;
    return message(200, `Users '${names.join(', ')}' were ${enabled ? 'enabled' : 'disabled'} successfully.`);
  }

  #userJson(name: string): Reply {
    const account = this.#tokens.account(name);
    return json(200, {
      _links: {},
      login_name: account.name,
      display_name: account.name,
      enabled: account.enabled,
      email: account.email,
      email_me: account.emailMe,
      checkin_aliases: account.aliases,
    });
  }
}

function accepting(exchange: Exchange, versions: readonly string[], work: () => Reply): Reply {
  return versions.includes(exchange.accept) ? work() : wrongUrl();
}

function wrongUrl(): Reply {
  const headers = { 'content-type': 'text/plain' };
  return { status: 404, body: 'The url you are trying to reach appears to be incorrect.', headers };
}

function message(status: number, words: string): Reply {
  return json(status, { message: words });
}

function json(status: number, body: unknown): Reply {
  return {
    status,
    body: JSON.stringify(body, undefined, 2),
    headers: { 'content-type': 'application/json' },
  };
}

/** The body's JSON object; an empty body is an empty object; undefined when it is neither. */
function parsed(body: string): Record<string, unknown> | undefined {
  if (body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** No salt, no hash, no plaintext: nothing links a record to the token but the time of its last use. */
function tokenJson(token: FakeToken): unknown {
  const path = 'http://gocd.invalid/go/api/admin/access_tokens';
  return {
    _links: {
      self: { href: `${path}/${token.id}` },
      doc: { href: 'https://api.gocd.org/26.2.0/#access-tokens' },
      find: { href: `${path}/:id` },
    },
    id: token.id,
    description: token.description,
    username: token.username,
    revoked: token.revokedAt !== null,
    revoke_cause: token.revokeCause,
    revoked_by: token.revokedBy,
    revoked_at: timestamp(token.revokedAt),
    created_at: timestamp(token.createdAt),
    last_used_at: timestamp(token.lastUsedAt),
    revoked_because_user_deleted: token.isUserDeleted,
  };
}

/** Whole seconds, cut. */
function timestamp(ms: number | null): string | null {
  return ms === null ? null : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
