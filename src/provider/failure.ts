/**
 * The one way in which a provider's work fails. `whose` decides who pays: a failure of the token's own
 * revocation costs the entry an attempt; a failure of the provider pauses its lane and costs nothing.
 */
const FAILURES = {
  unreachable: { whose: 'provider', message: 'The connection to the provider broke off.' },
  'unknown-host': {
    whose: 'provider',
    message:
      "The name server does not know the provider's host: correct its url, or set upstream.proxy where only a proxy knows names.",
  },
  'connection-refused': {
    whose: 'provider',
    message: "Nothing listens at the provider's host and port: correct its url, or start it.",
  },
  'no-route': {
    whose: 'provider',
    message:
      "No route leads to the provider's host: open the network or its policy, or set upstream.proxy where calls need one.",
  },
  'untrusted-certificate': {
    whose: 'provider',
    message:
      "The provider's certificate is not trusted, is for another name or has ended: set upstream.caFile to its authority, write the url with its name, or have it renewed.",
  },
  'proxy-failed': {
    whose: 'provider',
    message:
      'The proxy could not be reached, or did not let the call through: correct upstream.proxy, have the proxy allow the host, or list the host in upstream.noProxy.',
  },
  'out-of-time': {
    whose: 'token',
    message: 'The provider answered, but the search for this token took longer than one step may take.',
  },
  timeout: {
    whose: 'provider',
    message:
      'The provider did not answer in time: it is busy, or a firewall drops the calls; upstream.proxy and upstream.timeoutMs may have to be set.',
  },
  throttled: { whose: 'provider', message: 'The provider asked for fewer requests.' },
  unavailable: { whose: 'provider', message: 'The provider said that it is not available now.' },
  'credential-refused': { whose: 'provider', message: 'The provider refused the credential of Quash.' },
  'permission-missing': {
    whose: 'provider',
    message: 'The credential of Quash lacks a right that it needs.',
  },
  misconfigured: {
    whose: 'provider',
    message:
      'The address or a setting of the provider is wrong: it may end with the root of the API, such as /api/v4, which Quash adds; or its port does not speak TLS as the url says.',
  },
  'blocked-address': {
    whose: 'provider',
    message: 'The host has a private address that upstream.allowPrivate does not allow.',
  },
  'wrong-clock': {
    whose: 'provider',
    message: 'The clock of this machine is minutes away from that of the provider: have it set by NTP.',
  },
  'upstream-error': { whose: 'token', message: 'The provider failed at this request.' },
  'unexpected-answer': { whose: 'token', message: 'The provider gave an answer that Quash does not know.' },
  suspended: {
    whose: 'token',
    message:
      'The provider refuses the token for a reason that may pass: a locked account, a disabled application or a blocked address.',
  },
  'still-active': { whose: 'token', message: 'The token still works after the revocation.' },
  internal: { whose: 'token', message: 'Quash itself failed at this request.' },
} as const satisfies Record<string, { whose: 'token' | 'provider'; message: string }>;

export type FailureCode = keyof typeof FAILURES;

export interface FailureOptions {
  /** The wait that the provider asked for. */
  readonly retryAfterMs?: number;
  /**
   * `entry`: a failure of the provider that concerns this entry alone (one of several servers is down), so the
   * entry waits and the lane goes on. Default `lane`.
   */
  readonly scope?: 'lane' | 'entry';
  /** The refused call was made by right of the leaked token, so that a limit may be of that token alone. */
  readonly byLeaked?: boolean;
  /** Origin from code or configuration (`https://gitlab.example.com`), never from a token. */
  readonly target?: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** A failure of one step. Its message is a constant sentence: no upstream text, no URL path, no token. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly whose: 'token' | 'provider';
  readonly scope: 'lane' | 'entry';
  readonly byLeaked: boolean;
  readonly retryAfterMs: number | undefined;
  readonly target: string | undefined;
  readonly status: number | undefined;

  constructor(code: FailureCode, options: FailureOptions = {}) {
    super(FAILURES[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.whose = FAILURES[code].whose;
    this.scope = options.scope ?? 'lane';
    this.byLeaked = options.byLeaked ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.target = options.target;
    this.status = options.status;
  }

  /**
   * The same failure where it concerns one entry alone, because others can be worked on all the same.
   * @param code replaces the code of this failure, where another one describes the entry's case better
   */
  ofEntry(code: FailureCode = this.code): Failure {
    return this.#but(code, { scope: 'entry', byLeaked: this.byLeaked });
  }

  /** The same failure of a call that was made by right of the leaked token. */
  ofLeaked(): Failure {
    return this.#but(this.code, { scope: this.scope, byLeaked: true });
  }

  #but(code: FailureCode, options: Pick<FailureOptions, 'scope' | 'byLeaked'>): Failure {
    return new Failure(code, {
      ...options,
      cause: this,
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
      ...(this.target !== undefined && { target: this.target }),
      ...(this.status !== undefined && { status: this.status }),
    });
  }
}
