/** What the fake GitLab answers, version by version. */
import { FakeProjects } from './gitlab-projects.ts';
import { type FakeTokenSettings, FakeTokenStore } from './gitlab-token-store.ts';
import { atLeast, describePersonalToken, describeToken } from './gitlab-tokens.ts';
import {
  answerGraphql,
  type FakeVulnerability,
  type FakeVulnerabilityPlace,
} from './gitlab-vulnerabilities.ts';

/** What the instance's administrators have set. */
export interface FakeGitlabSettings extends FakeTokenSettings {
  /** Flag of `POST /admin/token` before 17.8. */
  finderFlag: boolean;
  /** Flag `api_admin_token_revoke` of `DELETE /admin/token` before 18.5. */
  revokeFlag: boolean;
  adminMode: boolean;
  impersonationDisabled: boolean;
  dpopRequired: boolean;
  /** The newest GitLab refuses to reset a runner's token after the rotation deadline. */
  runnerRotationClosed: boolean;
  /** Calls that Rack::Attack still lets through; null when it is off. */
  callsLeft: number | null;
  /** Calls in a minute, told in each answer; null where there is no limit. */
  callsPerMinute: number | null;
  retryAfterSeconds: number;
}

/** One call that reached the server, without its secrets. */
export interface FakeGitlabCall {
  readonly method: string;
  /** Below `/api/v4`, without a query; `/api/graphql` for that. */
  readonly path: string;
  readonly credential: 'none' | 'admin' | 'user' | 'unknown';
  readonly status: number;
  /** No such route: the caller asked for something that this fake does not know. */
  readonly unexpected: boolean;
}

/** An answer in place of the usual one, once. */
export interface FakeFault {
  /** Only a call whose parameters hold this text. */
  readonly about?: string;
  readonly method: string;
  readonly path: string;
  /** `drop` closes the connection without an answer. */
  readonly status: number | 'drop';
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Do the work all the same, so that only the answer is lost. */
  readonly afterWork?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly unexpected?: boolean;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly credential: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

const MINUTE_MS = 60_000;
export const GRAPHQL = '/api/graphql';
export const NO_ROUTE: Answer = { status: 404, body: { error: '404 Not Found' }, unexpected: true };
const NOT_FOUND: Answer = { status: 404, body: { message: { error: 'Not found' } } };
const FORBIDDEN: Answer = { status: 403, body: { message: '403 Forbidden' } };
const UNAUTHORIZED: Answer = { status: 401, body: { message: '401 Unauthorized' } };
const SERVER_ERROR: Answer = { status: 500, body: { message: '500 Internal Server Error' } };
/** Of the version that knows SCIM tokens and cannot reset them yet. */
const SCIM_REFUSED: Answer = {
  status: 400,
  body: { message: '400 Bad request - Revocation not supported for SCIM access tokens' },
};
const UNSUPPORTED: Answer = { status: 422, body: { message: 'Token type not supported.' } };
const DONE: Answer = { status: 204 };

export class Instance {
  readonly settings: FakeGitlabSettings;
  readonly tokens: FakeTokenStore;
  readonly vulnerabilities: FakeVulnerability[] = [];
  readonly calls: FakeGitlabCall[] = [];
  readonly faults: FakeFault[] = [];
  readonly applicationSettings: Record<string, unknown> = {};
  #minute = { at: 0, calls: 0 };
  readonly projects: FakeProjects;
  readonly #now: () => number;

  /** @param url its own */
  constructor(settings: FakeGitlabSettings, now: () => number, url: () => string) {
    this.settings = settings;
    this.#now = now;
    this.tokens = new FakeTokenStore(settings, now);
    this.projects = new FakeProjects(this.vulnerabilities, now, url);
  }

  addVulnerability(id: number, place: Partial<FakeVulnerabilityPlace> = {}): FakeVulnerability {
    const vulnerability: FakeVulnerability = {
      place: { reportType: 'SECRET_DETECTION', project: 'group/project', file: 'secret.txt', ...place },
      ...{ id, state: 'DETECTED', resolvedBy: null, notes: [], stateComments: [] },
    };
    this.vulnerabilities.push(vulnerability);
    return vulnerability;
  }

  takeFault(call: Call): FakeFault | undefined {
    const index = this.faults.findIndex(
      ({ method, path, about = '' }) =>
        method === call.method && path === call.path && JSON.stringify(call.params).includes(about),
    );
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }

  credentialClass(credential: string | undefined): FakeGitlabCall['credential'] {
    if (credential === undefined) return 'none';
    const token = this.tokens.find('personal', credential);
    if (!token) return 'unknown';
    return token.admin ? 'admin' : 'user';
  }

  answer(call: Call): Answer {
    const headers = this.#limit();
    const isOver = headers['RateLimit-Remaining'] === '-1';
    const answer = isOver ? this.#tooMany() : (this.#throttle() ?? this.#route(call));
    return { ...answer, headers: { ...headers, ...answer.headers } };
  }

  /** The headers of Rack::Attack's throttles, `lib/gitlab/rack_attack.rb`. */
  #limit(): Record<string, string> {
    const { callsPerMinute } = this.settings;
    if (callsPerMinute === null) return {};
    const minute = Math.floor(this.#now() / MINUTE_MS);
    this.#minute = this.#minute.at === minute ? this.#minute : { at: minute, calls: 0 };
    this.#minute.calls += 1;
    return {
      Date: new Date(this.#now()).toUTCString(),
      'RateLimit-Limit': String(callsPerMinute),
      'RateLimit-Remaining': String(Math.max(-1, callsPerMinute - this.#minute.calls)),
      'RateLimit-Reset': String((minute + 1) * (MINUTE_MS / 1000)),
    };
  }

  #throttle(): Answer | undefined {
    const { callsLeft } = this.settings;
    if (callsLeft === null) return undefined;
    if (callsLeft > 0) {
      this.settings.callsLeft = callsLeft - 1;
      return undefined;
    }
    return this.#tooMany();
  }

  #tooMany(): Answer {
    const headers = {
      'Retry-After': String(this.settings.retryAfterSeconds),
      'RateLimit-Name': 'throttle_authenticated_api',
      'RateLimit-Remaining': '0',
    };
    return { status: 429, body: 'Retry later\n', headers };
  }

  #route(call: Call): Answer {
    const id = /^\/personal_access_tokens\/(\d+)$/.exec(call.path)?.[1];
    switch (id ? `${call.method} /personal_access_tokens/:id` : `${call.method} ${call.path}`) {
      case 'POST /admin/token':
        return this.#tokenInfo(call);
      case 'DELETE /admin/token':
        return this.#tokenDelete(call);
      case 'GET /personal_access_tokens/self':
      case 'DELETE /personal_access_tokens/self':
        return this.#self(call);
      case 'GET /personal_access_tokens/:id':
      case 'DELETE /personal_access_tokens/:id':
        return this.#byId(call, Number(id));
      case 'POST /runners/verify':
      case 'POST /runners/reset_authentication_token':
        return this.#runner(call);
      case 'GET /version':
        return (
          this.#refuseUser(call) ?? {
            status: 200,
            body: { version: `${this.settings.version}.0-ee`, revision: 'fake' },
          }
        );
      case 'PUT /application/settings':
        return this.#storeSettings(call);
      case `POST ${GRAPHQL}`:
        return this.#graphql(call);
      default: {
        const user = /^GET \/users\/(\d+)$/.exec(`${call.method} ${call.path}`)?.[1];
        return user ? this.#user(call, Number(user)) : this.#ofProjects(call);
      }
    }
  }

  /** `lib/api/users.rb`: administrators get `Entities::UserDetailsWithAdmin`. */
  #user(call: Call, id: number): Answer {
    const refusal = this.#refuseUser(call);
    if (refusal) return refusal;
    const found = this.tokens.all.find(({ userId }) => userId === id);
    if (!found) return { status: 404, body: { message: '404 User Not Found' } };
    const { email, emailConfirmed } = found;
    const shown = { id, username: `user${id}`, name: 'A user', state: found.userState, public_email: null };
    const confirmed_at = emailConfirmed ? '2026-01-01T00:00:00.000Z' : null;
    return { status: 200, body: this.#refuseAdmin(call) ? shown : { ...shown, email, confirmed_at } };
  }

  #ofProjects(call: Call): Answer {
    const token = this.tokens.find('personal', call.credential);
    const user = token ?? { userId: 0, admin: false, scopes: ['read_api'] };
    const answer = this.projects.answer(call, user);
    // What there is is not told to everybody.
    return answer ? (this.#refuseUser(call) ?? answer) : NO_ROUTE;
  }

  #tokenInfo(call: Call): Answer {
    const { version, finderFlag } = this.settings;
    if (!atLeast(version, '17.5')) return NO_ROUTE;
    const refusal = this.#refuseAdmin(call);
    if (refusal) return refusal;
    if (!finderFlag && !atLeast(version, '17.8')) return flagDisabled('admin_agnostic_token_finder');
    const kind = this.tokens.kindOf(call.params.token);
    if (!kind) return UNSUPPORTED;
    const token = this.tokens.find(kind, call.params.token);
    const entity = token && describeToken(token, this.#now());
    return entity ? { status: 200, body: entity } : NOT_FOUND;
  }

  #tokenDelete(call: Call): Answer {
    const { version, revokeFlag } = this.settings;
    if (!atLeast(version, '17.7')) return NO_ROUTE;
    const refusal = this.#refuseAdmin(call);
    if (refusal) return refusal;
    if (!revokeFlag && !atLeast(version, '18.5')) return flagDisabled('api_admin_token_revoke');
    const kind = this.tokens.kindOf(call.params.token);
    if (!kind) return UNSUPPORTED;
    const token = this.tokens.find(kind, call.params.token);
    if (!token || !describeToken(token, this.#now())) return NOT_FOUND;
    if (!this.tokens.isRevocable(token)) return kind === 'scim' ? SCIM_REFUSED : SERVER_ERROR;
    if (token.refusal) return { status: 400, body: { message: { error: token.refusal } } };
    this.tokens.revoke(token);
    // Newer ones keep the bot user for a month: `app/services/resource_access_tokens/revoke_service.rb`.
    if (token.owner === 'project-bot' && !atLeast(version, '17.9')) this.tokens.scheduleDeletion(token);
    return DONE;
  }

  #self(call: Call): Answer {
    const refusal = this.#refuseUser(call);
    if (refusal) return refusal;
    const token = this.tokens.find('personal', call.credential);
    if (!token) return UNAUTHORIZED;
    if (call.method === 'GET') return { status: 200, body: describePersonalToken(token, this.#now()) };
    if (token.impersonation || token.refusal) return { status: 400, body: { message: '400 Bad request' } };
    this.tokens.revoke(token);
    return DONE;
  }

  #byId(call: Call, id: number): Answer {
    const refusal = this.#refuseAdmin(call);
    if (refusal) return refusal;
    const token = this.tokens.all.find((candidate) => candidate.id === id && candidate.kind === 'personal');
    if (!token || token.deleted)
      return { status: 404, body: { message: '404 Personal Access Token Not Found' } };
    if (call.method === 'GET') return { status: 200, body: describePersonalToken(token, this.#now()) };
    if (token.refusal) return { status: 400, body: { message: '400 Bad request' } };
    this.tokens.revoke(token);
    return DONE;
  }

  #runner(call: Call): Answer {
    const value = call.params.token;
    const token = this.tokens.find('runner', value) ?? this.tokens.find('legacy-runner', value);
    if (!token) return FORBIDDEN;
    if (call.path === '/runners/verify') {
      token.heartbeats++;
      return { status: 200, body: { id: token.id, token: token.value, token_expires_at: null } };
    }
    if (this.settings.runnerRotationClosed) {
      return { status: 403, body: { error: 'Token rotation deadline has passed' } };
    }
    this.tokens.revoke(token);
    return { status: 201, body: { token: token.value, token_expires_at: null } };
  }

  #storeSettings(call: Call): Answer {
    const refusal = this.#refuseAdmin(call);
    if (refusal) return refusal;
    Object.assign(this.applicationSettings, call.params);
    return { status: 200, body: { id: 1, ...this.applicationSettings } };
  }

  #graphql(call: Call): Answer {
    if (call.credential !== undefined && this.#refuseUser(call)) {
      return { status: 401, body: { errors: [{ message: 'Invalid token' }] } };
    }
    const token = this.tokens.find('personal', call.credential);
    const caller = token && { userId: token.userId, mayWrite: token.scopes.includes('api') };
    const world = {
      describe: (id: number) => this.projects.describe(id, token),
      scope: (kind: 'group' | 'project', path: string) => this.projects.scope(kind, path, token),
      deleteTrigger: (id: string) => token?.admin === true && this.tokens.deleteTrigger(id),
    };
    return { status: 200, body: answerGraphql(this.vulnerabilities, caller, call.params, world) };
  }

  #refuseUser(call: Call): Answer | undefined {
    const token = this.tokens.find('personal', call.credential);
    if (!token) return UNAUTHORIZED;
    if (token.dormant) return UNAUTHORIZED;
    if (token.revoked) return invalidToken('Token was revoked. You have to re-authorize from the user.');
    if (token.expiresAtMs !== null && token.expiresAtMs <= this.#now()) {
      return invalidToken('Token is expired. You can either do re-authorization or token refresh.');
    }
    if (token.impersonation && this.settings.impersonationDisabled) {
      return invalidToken('Token is an impersonation token but impersonation was disabled.');
    }
    if (this.settings.dpopRequired && !token.admin) {
      return { status: 401, body: { error: 'dpop_error', error_description: 'DPoP header is missing' } };
    }
    if (token.userState === 'blocked') {
      return { status: 403, body: { message: '403 Forbidden - Your account has been blocked.' } };
    }
    return undefined;
  }

  #refuseAdmin(call: Call): Answer | undefined {
    const refusal = this.#refuseUser(call);
    if (refusal) return refusal;
    const token = this.tokens.find('personal', call.credential);
    if (!token?.scopes.includes('api')) {
      const body = {
        error: 'insufficient_scope',
        error_description: 'The request requires higher privileges than provided by the access token.',
        scope: 'api',
      };
      return { status: 403, body };
    }
    if (!token.admin || (this.settings.adminMode && !token.scopes.includes('admin_mode'))) return FORBIDDEN;
    return undefined;
  }
}

function flagDisabled(flag: string): Answer {
  return { status: 404, body: { message: `'${flag}' feature flag is disabled` } };
}

function invalidToken(description: string): Answer {
  return { status: 401, body: { error: 'invalid_token', error_description: description } };
}
