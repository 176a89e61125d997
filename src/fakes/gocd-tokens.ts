/** What a GoCD server knows: users, access tokens, and when each token was last used. */
import { randomBytes } from 'node:crypto';

export interface FakeUser {
  readonly name: string;
  /** For HTTP Basic. */
  readonly password: string;
  readonly admin?: boolean;
  /** What it logs in with, where that is not its name: its mail address, say. */
  readonly login?: string;
}

/**
 * Of a user's authorization plugin: it fails when asked for the user's roles, which GoCD takes for a wrong token; or it
 * does not know the user any more, at which GoCD itself fails.
 */
export type PluginFault = 'roles-failing' | 'user-unknown';

export interface TokenOptions {
  readonly description?: string;
  readonly lastUsedAt?: number;
  /** As on a server that was restored from a copy of another one. */
  readonly plaintext?: string;
}

/** One row of the table of access tokens, plus the plaintext, which a real server does not keep. Times in ms. */
export interface FakeToken {
  readonly id: number;
  readonly plaintext: string;
  readonly description: string;
  readonly username: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
  readonly revokedBy: string | null;
  readonly revokeCause: string | null;
  readonly isUserDeleted: boolean;
}

type Row = { -readonly [Key in keyof FakeToken]: FakeToken[Key] };

interface Account extends FakeUser {
  enabled: boolean;
  email: string;
  emailMe: boolean;
  aliases: readonly string[];
  pluginFault?: PluginFault | undefined;
}

export class GocdTokens {
  readonly #accounts = new Map<string, Account>();
  readonly #rows: Row[] = [];
  readonly #now: () => number;
  /** Uses since the last flush: the server keeps them in memory and writes them all at once. */
  #unflushed = new Map<number, number>();

  constructor(users: readonly FakeUser[], now: () => number) {
    this.#now = now;
    for (const user of users) {
      const { name } = user;
      const profile = { email: `${name}@example.com`, emailMe: true, aliases: [`${name}@git`] };
      this.#accounts.set(name.toLowerCase(), { ...user, ...profile, enabled: true });
    }
  }

  create(username: string, options: TokenOptions): FakeToken {
    this.account(username);
    const row: Row = {
      id: this.#rows.length + 1,
      plaintext: options.plaintext ?? randomBytes(20).toString('hex'),
      description: options.description ?? '',
      username,
      createdAt: this.#now(),
      lastUsedAt: options.lastUsedAt ?? null,
      revokedAt: null,
      revokedBy: null,
      revokeCause: null,
      isUserDeleted: false,
    };
    this.#rows.push(row);
    return row;
  }

  rows(): readonly FakeToken[] {
    return this.#rows;
  }

  byId(id: number): FakeToken | undefined {
    return this.#rows.find((row) => row.id === id);
  }

  byPlaintext(plaintext: string): FakeToken | undefined {
    return this.#rows.find((row) => row.plaintext === plaintext && !row.isUserDeleted);
  }

  /** User names compare without case. */
  findAccount(name: string): Account | undefined {
    return this.#accounts.get(name.toLowerCase());
  }

  /** By what it logs in with. */
  findLogin(login: string): Account | undefined {
    return [...this.#accounts.values()].find((account) => (account.login ?? account.name) === login);
  }

  account(name: string): Account {
    const account = this.findAccount(name);
    if (!account) throw new Error(`the fake GoCD has no user ${name}`);
    return account;
  }

  /** Notes a use; the next flush makes it visible. The last use wins. */
  touch(token: FakeToken): void {
    if (token.revokedAt === null) this.#unflushed.set(token.id, this.#now());
  }

  flush(): void {
    for (const [id, usedAt] of this.#unflushed) this.#change(id, { lastUsedAt: usedAt });
    this.#unflushed.clear();
  }

  /** What a restart does to uses that were not written yet. */
  forgetUnflushed(): void {
    this.#unflushed.clear();
  }

  revoke(id: number, by: string, cause: string): void {
    this.#change(id, { revokedAt: this.#now(), revokedBy: by, revokeCause: cause });
  }

  /** Revokes all tokens of the user anew, and forgets their texts. */
  deleteUser(name: string): void {
    this.#accounts.delete(this.account(name).name.toLowerCase());
    const revocation = { revokedAt: this.#now(), revokedBy: 'GoCD', revokeCause: 'The user was deleted.' };
    for (const row of this.#of(name)) Object.assign(row, { isUserDeleted: true, ...revocation });
  }

  /** Since GoCD 20.6 the tokens that belong to it are revoked. */
  removeAuthConfig(name: string): void {
    const cause =
      "Revoked by GoCD: The authorization configuration 'file' referenced from this token is deleted.";
    for (const { id, revokedAt } of this.#of(name)) if (revokedAt === null) this.revoke(id, 'GoCD', cause);
  }

  /** Whether nobody who administers would be left. */
  isLastAdmin(without: readonly string[]): boolean {
    const names = new Set(without.map((name) => name.toLowerCase()));
    const left = [...this.#accounts.values()].filter(
      ({ name, admin, enabled }) => admin && enabled && !names.has(name.toLowerCase()),
    );
    return left.length === 0;
  }

  #of(name: string): Row[] {
    return this.#rows.filter(({ username }) => username.toLowerCase() === name.toLowerCase());
  }

  #change(id: number, change: Partial<Row>): void {
    const row = this.#rows.find((candidate) => candidate.id === id);
    if (row) Object.assign(row, change);
  }
}
