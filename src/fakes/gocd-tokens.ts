/** What a GoCD server knows: users, access tokens, and when each token was last used. */
import { randomBytes } from 'node:crypto';

export interface FakeUser {
  readonly name: string;
  /** For HTTP Basic. */
  readonly password: string;
  readonly admin?: boolean;
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
  authConfig: boolean;
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
      this.#accounts.set(user.name.toLowerCase(), { ...user, enabled: true, authConfig: true });
    }
  }

  create(username: string, options: { description?: string; lastUsedAt?: number }): FakeToken {
    this.account(username);
    const row: Row = {
      id: this.#rows.length + 1,
      plaintext: randomBytes(20).toString('hex'),
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

  /** Revokes all tokens of the user, and forgets their texts. */
  deleteUser(name: string): void {
    this.#accounts.delete(this.account(name).name.toLowerCase());
    for (const row of this.#rows) {
      if (row.username.toLowerCase() !== name.toLowerCase()) continue;
      Object.assign(row, { isUserDeleted: true, revokedAt: row.revokedAt ?? this.#now() });
    }
  }

  #change(id: number, change: Partial<Row>): void {
    const row = this.#rows.find((candidate) => candidate.id === id);
    if (row) Object.assign(row, change);
  }
}
