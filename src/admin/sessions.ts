/**
 * Who is signed in, on all replicas. A browser keeps a random key; the ledger has the session under a hash of it, sealed,
 * so that neither reading the ledger nor writing to it signs anybody in.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Ledger } from '../ledger/ledger.ts';
import type { StoredSession } from '../ledger/session.ts';
import type { Observe } from '../observe/events.ts';
import { SignInFault } from '../openid/fault.ts';
import type { Grant, Person } from '../openid/openid.ts';
import { Problem } from '../server/problem.ts';
import type { AdminRole, Caller } from '../words/caller.ts';
import type { Clock } from '../words/clock.ts';
import { Secret } from '../words/secret.ts';
import { type AdminSettings, personCaller } from './access.ts';

export interface Session {
  readonly id: string;
  /** When it began, and when it ends by itself. */
  readonly since: number;
  readonly until: number;
  readonly caller: Caller<AdminRole>;
}

/** By what somebody is signed in. */
type Right = TokenRight | PersonRight;

/** The admin token with this id, as long as it is configured. */
interface TokenRight {
  readonly by: 'token';
  readonly id: string;
}

interface PersonRight {
  readonly by: 'person';
  readonly person: Person;
  /** See {@link Grant.keys}. */
  readonly keys: string;
  /** When the issuer last said who the person is, and when it is asked again. */
  readonly readAt: number;
  readonly askAt: number;
}

/** What the ledger keeps, sealed. */
interface Content {
  readonly since: number;
  readonly until: number;
  readonly right: Right;
}

interface SessionsOptions {
  readonly settings: () => AdminSettings;
  readonly ledger: Pick<Ledger, 'saveSession' | 'session' | 'sessions' | 'endSession'>;
  readonly clock: Clock;
  readonly observe: Observe;
}

const MINUTE_MS = 60_000;

export const SESSION_MS = 8 * 60 * MINUTE_MS;

/** Groups and roles are read again after so long, sooner than they may be needed: the issuer may be away then. */
const ASK_AFTER_MS = 10 * MINUTE_MS;
/** After a question without an answer, and while another replica asks. */
const ASK_AGAIN_AFTER_MS = MINUTE_MS;
/** What the issuer said counts for so long. */
const ANSWER_COUNTS_MS = 60 * MINUTE_MS;

/** By which the clocks of two replicas may differ. */
const SKEW_MS = 5 * MINUTE_MS;

const KEY_BYTES = 32;
const ID_DIGITS = 32;

export class Sessions {
  readonly #options: SessionsOptions;
  /** Questions that are under way, by the id of the session. */
  readonly #asking = new Map<string, Promise<StoredSession | undefined>>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** @returns the key that the browser has to keep */
  beginByToken(token: Caller<AdminRole>): Promise<string> {
    return this.#begin({ by: 'token', id: token.id }, token);
  }

  /** @param caller who the person is here */
  beginByPerson({ person, keys }: Grant, caller: Caller<AdminRole>): Promise<string> {
    const now = this.#options.clock.now();
    const asked = { readAt: now, askAt: now + ASK_AFTER_MS };
    return this.#begin({ by: 'person', person, keys: keys.reveal(), ...asked }, caller);
  }

  /** @returns undefined when nobody is signed in by this key, or no more */
  async find(key: string): Promise<Session | undefined> {
    const stored = await this.#options.ledger.session(idOf(key));
    const current = stored && (await this.#withRoles(stored));
    return current && this.#sessionOf(current);
  }

  /** Those that the caller may end, newest first: all for an operator, else its own. */
  async list(caller: Caller<AdminRole>): Promise<readonly Session[]> {
    const stored = await this.#options.ledger.sessions();
    return stored
      .flatMap((one) => this.#sessionOf(one) ?? [])
      .filter((one) => caller.role === 'operator' || one.caller.id === caller.id)
      .sort((a, b) => b.since - a.since);
  }

  /** Whoever kept the browser's key can do nothing with it from now on. @throws {Problem} 404 */
  async end(id: string, caller: Caller<AdminRole>): Promise<void> {
    const found = (await this.list(caller)).find((one) => one.id === id);
    if (!found) throw new Problem(404, 'No such session');
    await this.#options.ledger.endSession(id);
    this.#options.observe({ type: 'session-ended', of: found.caller.name, by: caller.name });
  }

  async #begin(right: Right, { name, role }: Caller<AdminRole>): Promise<string> {
    const { ledger, clock, observe } = this.#options;
    const key = randomBytes(KEY_BYTES).toString('base64url');
    const since = clock.now();
    const begun: Content = { since, until: since + SESSION_MS, right };
    const stored = { id: idOf(key), version: 1, until: begun.until, content: JSON.stringify(begun) };
    await ledger.saveSession(stored, since);
    observe({ type: 'signed-in', by: name, role });
    return key;
  }

  #sessionOf(stored: StoredSession): Session | undefined {
    const { since, until, right } = contentOf(stored);
    const caller = this.#callerOf(right);
    const now = this.#options.clock.now();
    // What begins in the future was begun by a clock that was wrong, and would last until that time.
    const lasts = now < until && now > since - SKEW_MS;
    return caller && lasts ? { id: stored.id, since, until, caller } : undefined;
  }

  #callerOf(right: Right): Caller<AdminRole> | undefined {
    const settings = this.#options.settings();
    if (right.by === 'token') return settings.authenticator.find(right.id);
    return personCaller(settings.openid, right.person);
  }

  /** The session with roles that are an hour old at the most. */
  async #withRoles(stored: StoredSession): Promise<StoredSession | undefined> {
    const { right } = contentOf(stored);
    if (right.by === 'token' || !this.#sessionOf(stored)) return stored;
    const now = () => this.#options.clock.now();
    const isFresh = now() < right.askAt && right.readAt < now() + SKEW_MS;
    const current = isFresh ? stored : await this.#askOnce(stored, right);
    const answered = current && contentOf(current).right;
    const counts = answered?.by === 'person' && Math.abs(now() - answered.readAt) < ANSWER_COUNTS_MS;
    return counts ? current : undefined;
  }

  /** Of several requests at once, one asks. */
  #askOnce(stored: StoredSession, right: PersonRight): Promise<StoredSession | undefined> {
    const underWay = this.#asking.get(stored.id);
    if (underWay) return underWay;
    const asking = this.#ask(stored, right).finally(() => this.#asking.delete(stored.id));
    this.#asking.set(stored.id, asking);
    return asking;
  }

  /** @returns undefined when the session is over */
  async #ask(stored: StoredSession, right: PersonRight): Promise<StoredSession | undefined> {
    const { settings, ledger, clock, observe } = this.#options;
    const { id } = stored;
    const now = clock.now();
    const of = this.#sessionOf(stored)?.caller.name ?? '';
    // A refresh token may be good for once: only the replica that gets this in uses it.
    const claimed = changed(stored, { ...right, askAt: now + ASK_AGAIN_AFTER_MS });
    if (!(await ledger.saveSession(claimed, now))) return ledger.session(id);
    try {
      const grant = await settings().openid?.again({ person: right.person, keys: new Secret(right.keys) });
      if (!grant) return claimed;
      if (personCaller(settings().openid, grant.person)) {
        const { person, keys } = grant;
        const asked = { readAt: now, askAt: now + ASK_AFTER_MS };
        const next = changed(claimed, { by: 'person', person, keys: keys.reveal(), ...asked });
        return (await ledger.saveSession(next, now)) ? next : ledger.session(id);
      }
    } catch (error) {
      if (!(error instanceof SignInFault)) throw error;
      observe({ type: 'sign-in-failed', by: of, why: error.code, message: error.detail });
      if (!error.isFinal) return claimed;
    }
    await ledger.endSession(id);
    observe({ type: 'session-ended', of, by: right.person.issuer });
    return undefined;
  }
}

function contentOf({ content }: StoredSession): Content {
  return JSON.parse(content) as Content;
}

function changed(stored: StoredSession, right: PersonRight): StoredSession {
  const content = JSON.stringify({ ...contentOf(stored), right });
  return { ...stored, version: stored.version + 1, content };
}

function idOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, ID_DIGITS);
}
