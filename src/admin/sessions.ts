/**
 * Who is signed in, on all replicas. A browser keeps a random key; the ledger has the session under a hash of it, sealed,
 * so that neither reading the ledger nor writing to it signs anybody in.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Ledger } from '../ledger/ledger.ts';
import type { StoredSession } from '../ledger/session.ts';
import type { Observe } from '../observe/events.ts';
import { Problem } from '../server/problem.ts';
import type { AdminRole, Caller } from '../words/caller.ts';
import type { Clock } from '../words/clock.ts';
import type { AdminSettings } from './access.ts';

export interface Session {
  readonly id: string;
  /** When it began, and when it ends by itself. */
  readonly since: number;
  readonly until: number;
  readonly caller: Caller<AdminRole>;
}

/** By what somebody is signed in. */
export type Right =
  /** The admin token with this id, as long as it is configured. */
  { readonly by: 'token'; readonly id: string };

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

export const SESSION_MS = 8 * 3_600_000;

const KEY_BYTES = 32;
const ID_DIGITS = 32;

export class Sessions {
  readonly #options: SessionsOptions;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** @returns the key that the browser has to keep */
  async begin(by: Right): Promise<string> {
    const { ledger, clock, observe } = this.#options;
    const key = randomBytes(KEY_BYTES).toString('base64url');
    const now = clock.now();
    const begun: Content = { since: now, until: now + SESSION_MS, right: by };
    const stored = { id: idOf(key), version: 1, until: begun.until, content: JSON.stringify(begun) };
    await ledger.saveSession(stored, now);
    const caller = this.#callerOf(begun);
    if (caller) observe({ type: 'signed-in', by: caller.name, role: caller.role });
    return key;
  }

  /** @returns undefined when nobody is signed in by this key, or no more */
  async find(key: string): Promise<Session | undefined> {
    const stored = await this.#options.ledger.session(idOf(key));
    return stored && this.#sessionOf(stored);
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

  #sessionOf({ id, content: text }: StoredSession): Session | undefined {
    const { since, until, right } = JSON.parse(text) as Content;
    const caller = this.#callerOf({ since, until, right });
    return caller && { id, since, until, caller };
  }

  #callerOf({ until, right }: Content): Caller<AdminRole> | undefined {
    const { settings, clock } = this.#options;
    if (until <= clock.now()) return undefined;
    return settings().authenticator.find(right.id);
  }
}

function idOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, ID_DIGITS);
}
