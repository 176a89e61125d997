/**
 * A GoCD server for tests and for the demo: the part of its API that has to do with access tokens, with the status
 * codes, messages and side effects of the real one (https://api.gocd.org/current/#access-tokens). Listens on loopback.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Clock, systemClock } from '../words/clock.ts';
import { type FakeToken, type FakeUser, GocdTokens } from './gocd-tokens.ts';

export interface FakeGocdOptions {
  readonly users: readonly FakeUser[];
  /** How often uses of tokens are written; a real server takes 60 s. */
  readonly flushMs: number;
  readonly clock?: Clock;
  /** How far the server's clock is ahead. */
  readonly skewMs?: number;
  /** Whose clock the `Date` header shows: GoCD's own, that of a reverse proxy with the right time, or none. */
  readonly date?: 'server' | 'proxy' | 'none';
}

/** `backup` refuses every call, `maintenance` only those that change something. */
type FakeGocdMode = 'normal' | 'backup' | 'maintenance' | 'security-off';

interface FakeGocdCall {
  readonly method: string;
  /** Path and query, without the context path `/go`. */
  readonly path: string;
  readonly auth: 'none' | 'basic' | 'bearer' | 'session';
  readonly cookie: string | undefined;
  readonly body: string;
  readonly status: number;
}

export interface FakeGocd {
  /** With the context path `/go`. */
  readonly url: string;
  readonly calls: readonly FakeGocdCall[];
  /** Calls to paths that this fake does not know. */
  readonly unexpected: readonly FakeGocdCall[];
  createToken(username: string, options?: { description?: string; lastUsedAt?: number }): FakeToken;
  token(id: number): FakeToken | undefined;
  tokens(): readonly FakeToken[];
  /** Somebody else uses the token once. */
  useToken(plaintext: string): void;
  /** Somebody else uses it again and again. @returns what stops that */
  startUsing(plaintext: string, everyMs: number): () => void;
  /** The owner or an administrator revokes it by hand. */
  revokeByHand(id: number): void;
  setEnabled(username: string, enabled: boolean): void;
  isEnabled(username: string): boolean;
  removeAuthConfig(username: string): void;
  deleteUser(username: string): void;
  setMode(mode: FakeGocdMode): void;
  /** Writes the uses of tokens now. */
  flush(): void;
  /** Loses sessions and what was not flushed; connections stay. */
  restart(): void;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: FakeGocdCall['auth'];
  readonly unexpected?: boolean;
}

interface Exchange {
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

export async function startFakeGocd(options: FakeGocdOptions): Promise<FakeGocd> {
  const clock = options.clock ?? systemClock;
  const serverNow = () => clock.now() + (options.skewMs ?? 0);
  const tokens = new GocdTokens(options.users, serverNow);
  const desk = new FrontDesk(tokens);
  const calls: FakeGocdCall[] = [];
  const unexpected: FakeGocdCall[] = [];
  const stopped = new AbortController();

  const server = createServer(async (request, response) => {
    const exchange = await readExchange(request);
    const reply = desk.answer(exchange, request.headers.authorization, request.headers.cookie);
    const call: FakeGocdCall = {
      method: exchange.method,
      path: (request.url ?? '').replace(/^\/go/, ''),
      auth: reply.auth ?? 'none',
      cookie: request.headers.cookie,
      body: exchange.body,
      status: reply.status,
    };
    calls.push(call);
    if (reply.unexpected) unexpected.push(call);
    send(response, reply, dateHeader(options.date ?? 'server', serverNow(), clock.now()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  void repeat(clock, options.flushMs, stopped.signal, () => tokens.flush());

  const use = (plaintext: string): void => {
    const token = tokens.byPlaintext(plaintext);
    if (token) tokens.touch(token);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/go`,
    calls,
    unexpected,
    createToken: (username, tokenOptions = {}) => tokens.create(username, tokenOptions),
    token: (id) => tokens.byId(id),
    tokens: () => tokens.rows(),
    useToken: use,
    startUsing(plaintext, everyMs) {
      const user = new AbortController();
      use(plaintext);
      void repeat(clock, everyMs, AbortSignal.any([user.signal, stopped.signal]), () => use(plaintext));
      return () => user.abort();
    },
    revokeByHand: (id) => tokens.revoke(id, 'by hand', ''),
    setEnabled: (username, enabled) => {
      tokens.account(username).enabled = enabled;
    },
    isEnabled: (username) => tokens.account(username).enabled,
    removeAuthConfig: (username) => {
      tokens.account(username).authConfig = false;
    },
    deleteUser: (username) => tokens.deleteUser(username),
    setMode: (mode) => {
      desk.mode = mode;
    },
    flush: () => tokens.flush(),
    restart() {
      tokens.forgetUnflushed();
      desk.forgetSessions();
    },
    async close() {
      stopped.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function repeat(clock: Clock, everyMs: number, signal: AbortSignal, work: () => void): Promise<void> {
  for (;;) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    work();
  }
}

async function readExchange(request: IncomingMessage): Promise<Exchange> {
  const url = new URL(request.url ?? '/', 'http://gocd.invalid');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    accept: request.headers.accept ?? '',
    body: await text(request),
  };
}

function dateHeader(
  whose: 'server' | 'proxy' | 'none',
  serverMs: number,
  trueMs: number,
): string | undefined {
  if (whose === 'none') return undefined;
  return new Date(whose === 'server' ? serverMs : trueMs).toUTCString();
}

function send(response: ServerResponse, reply: Reply, date: string | undefined): void {
  response.sendDate = false;
  if (date !== undefined) response.setHeader('date', date);
  response.writeHead(reply.status, reply.headers).end(reply.body);
}

/** Who is calling, may they, and what do they get: in the order of the real server's filters. */
class FrontDesk {
  mode: FakeGocdMode = 'normal';
  readonly #tokens: GocdTokens;
  readonly #sessions = new Map<string, string>();

  constructor(tokens: GocdTokens) {
    this.#tokens = tokens;
  }

  forgetSessions(): void {
    this.#sessions.clear();
  }

  answer(exchange: Exchange, authorization: string | undefined, cookie: string | undefined): Reply {
    if (this.mode === 'backup') return message(503, 'Server is under maintenance mode, please try later.');
    const caller = this.#identify(authorization, cookie);
    if ('status' in caller) return caller;
    if (this.mode === 'maintenance' && exchange.method !== 'GET') {
      return message(503, 'Server is in maintenance mode, please try later.');
    }
    const reply = this.#route(exchange, caller);
    const session = caller.cookie && { 'set-cookie': `JSESSIONID=${caller.cookie};Path=/go;HttpOnly` };
    return { ...reply, auth: caller.auth, headers: { ...reply.headers, ...(session || {}) } };
  }

  #identify(authorization: string | undefined, cookie: string | undefined): Caller | Reply {
    // A known session is believed without another look at its token, even after the token was revoked.
    const session = this.#sessions.get(/JSESSIONID=(\w+)/.exec(cookie ?? '')?.[1] ?? '');
    if (session !== undefined) return this.#ifEnabled({ username: session, auth: 'session' });
    const [, scheme, credential = ''] = /^(\w+) (.*)$/.exec(authorization ?? '') ?? [];
    if (scheme?.toLowerCase() === 'bearer') return this.#identifyToken(credential);
    if (scheme?.toLowerCase() === 'basic') return this.#identifyPassword(credential);
    return message(401, 'You are not authenticated!');
  }

  #identifyToken(plaintext: string): Caller | Reply {
    const refuse = (words: string): Reply => ({ ...message(401, words), auth: 'bearer' });
    const token = this.#tokens.byPlaintext(plaintext);
    if (!token) return refuse('Invalid Personal Access Token.');
    if (token.revokedAt !== null) {
      const when = new Date(token.revokedAt).toISOString().replace('T', ' ').replace('Z', '');
      return refuse(`Invalid Personal Access Token. Access token was revoked at: ${when}`);
    }
    if (this.mode === 'security-off') {
      return refuse(
        'Bearer authentication credentials are not required, since security has been disabled on this server.',
      );
    }
    this.#tokens.touch(token);
    if (!this.#tokens.account(token.username).authConfig) {
      return refuse(
        'Can not find authorization configuration "file" to which the requested personal access token belongs. Authorization Configuration "file" might have been renamed or deleted. Please revoke the existing token and create a new one for the same.',
      );
    }
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
    const [name = '', ...rest] = Buffer.from(credential, 'base64').toString().split(':');
    const account = this.#tokens.findAccount(name);
    if (account?.password === rest.join(':')) {
      return this.#ifEnabled({ username: account.name, auth: 'basic' });
    }
    const headers = { 'www-authenticate': 'Basic realm="GoCD"' };
    return { ...message(401, BAD_CREDENTIALS), headers, auth: 'basic' };
  }

  #route(exchange: Exchange, caller: Caller): Reply {
    const { method, path } = exchange;
    const revoke = /^\/go\/api\/admin\/access_tokens\/(\d+)\/revoke$/.exec(path);
    const user = /^\/go\/api\/users\/([^/]+)$/.exec(path);
    if (method === 'GET' && path === '/go/api/current_user') {
      return accepting(exchange, ACCEPT_V1, () => this.#userJson(caller.username));
    }
    if (method === 'GET' && path === '/go/api/admin/access_tokens') {
      return accepting(exchange, ACCEPT_V1, () => this.#asTokenAdmin(caller, () => this.#list(exchange)));
    }
    if (method === 'POST' && revoke) {
      const id = Number(revoke[1]);
      const work = () => this.#revoke(id, caller, exchange);
      return accepting(exchange, ACCEPT_V1, () => this.#asTokenAdmin(caller, work));
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
    if (this.mode === 'security-off')
      return message(422, 'Security must be enabled for this feature to work!');
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
    return this.#userJson(account.name);
  }

  #userJson(name: string): Reply {
    const account = this.#tokens.account(name);
    return json(200, {
      _links: {},
      login_name: account.name,
      display_name: account.name,
      enabled: account.enabled,
      email: '',
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
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
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
  return {
    _links: {},
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
