import type { Phase } from '../entry.ts';
import { MAX_JOINING, RETRIED, retriedKeys, type ShareKeys } from '../shares.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** Above the groups. */
const ROOT = '';

type Level = 'group' | 'namespace' | 'project';

/** Who is next, and who of them has others beside it. */
interface Path {
  readonly names: Readonly<Record<Level, string>>;
  readonly crowded: readonly Level[];
}

/** The name of the project where an entry was found first; empty, or null, where it has none. */
const FIRST_PROJECT = `(SELECT iif(project = '', '', project || char(10) || instance) FROM entry_place
  WHERE entry = seq ORDER BY number LIMIT 1)`;

const PARENT: Readonly<Record<Level, Level | undefined>> = {
  project: 'namespace',
  namespace: 'group',
  group: undefined,
};

/**
 * The fresh entries of a lane take turns: groups, in each its namespaces, in each its projects; who was served goes
 * behind the others. Table `turn` has all that wait. Every method is part of somebody's transaction.
 */
export class SqliteTurns {
  readonly #db: SqliteStatements;

  constructor(db: SqliteStatements) {
    this.#db = db;
  }

  /** The project has a fresh entry. */
  enter(provider: string, phase: Phase, { group, namespace, project }: ShareKeys): void {
    if (!this.#add(provider, phase, project, namespace)) return;
    if (group !== RETRIED && this.#parentOf(provider, phase, namespace) === RETRIED) {
      this.#remove(provider, phase, namespace);
    }
    if (this.#add(provider, phase, namespace, group)) this.#add(provider, phase, group, ROOT);
  }

  /**
   * What is tried again takes turns, too, and what is to be asked about again, the longest due first. What somebody may still
   * have in hand goes by its time.
   */
  enterRetried(provider: string, { after, to }: { readonly after: number; readonly to: number }): void {
    const due = ([1, 0] as const).flatMap((revokes) =>
      this.#db.all(
        `SELECT seq, share, phase, ${FIRST_PROJECT} AS place FROM entry
         WHERE provider = ? AND (phase = 'revoke') = ? AND due_at > ? AND due_at <= ? AND queue IS NULL AND lease IS NULL
         ORDER BY due_at, turn LIMIT ${MAX_JOINING}`,
        ...[provider, revokes, after, to],
      ),
    );
    for (const { seq, share, phase, place } of due) {
      const keys = retriedKeys(share === null ? null : String(share), String(place ?? ''));
      this.#db.run(
        `UPDATE entry SET queue = ?1, turn = (SELECT 1 + coalesce(max(turn), 0) FROM entry
         WHERE provider = ?2 AND phase = ?3 AND queue = ?1) WHERE seq = ?4`,
        ...[keys.project, provider, String(phase), Number(seq)],
      );
      this.enter(provider, phase as Phase, keys);
    }
  }

  #add(provider: string, phase: Phase, name: string, parent: string): boolean {
    if (this.#db.find(`SELECT 1 FROM turn WHERE ${NODE}`, provider, phase, name)) return false;
    this.#db.run(
      `INSERT INTO turn SELECT ?1, ?2, ?3, ?4, coalesce(max(turn), 0) + 1 FROM turn
       WHERE provider = ?1 AND phase = ?2 AND parent = ?4`,
      ...[provider, phase, name, parent],
    );
    return true;
  }

  /** Those of them that have fresh entries, who is next first. */
  #children(provider: string, phase: Phase, parent: string, limit: number): string[] {
    const sql = `SELECT name FROM turn WHERE provider = ? AND phase = ? AND parent = ? ORDER BY turn LIMIT ?`;
    return this.#db.all(sql, provider, phase, parent, limit).map(({ name }) => String(name));
  }

  /** @param isFull whether a namespace has to wait. @returns undefined when nobody is left */
  next(provider: string, phase: Phase, isFull: (namespace: string) => boolean): Path | undefined {
    const groups = this.#children(provider, phase, ROOT, -1);
    for (const group of groups) {
      const namespaces = this.#firstFree(provider, phase, group, isFull);
      if (!namespaces) continue;
      const { namespace, isCrowded } = namespaces;
      const [project, another] = this.#children(provider, phase, namespace, 2);
      if (project === undefined) continue;
      const crowded: Level[] = [
        ...(another === undefined ? [] : (['project'] as const)),
        ...(isCrowded ? (['namespace'] as const) : []),
        ...(groups.length > 1 ? (['group'] as const) : []),
      ];
      return { names: { group, namespace, project }, crowded };
    }
    return undefined;
  }

  /** Few are full at a time, as each has a tenth. */
  #firstFree(provider: string, phase: Phase, group: string, isFull: (namespace: string) => boolean) {
    for (let limit = 2; ; limit *= 4) {
      const namespaces = this.#children(provider, phase, group, limit);
      const namespace = namespaces.find((each) => !isFull(each));
      if (namespace !== undefined) return { namespace, isCrowded: namespaces.length > 1 };
      if (namespaces.length < limit) return undefined;
    }
  }

  hasFresh(provider: string, phase: Phase): boolean {
    return this.#children(provider, phase, ROOT, 1).length > 0;
  }

  /** All namespaces that have fresh entries. */
  namespaces(provider: string, phase: Phase): string[] {
    const groups = this.#children(provider, phase, ROOT, -1);
    return groups.flatMap((group) => this.#children(provider, phase, group, -1));
  }

  /** One of its entries was taken. */
  served(provider: string, phase: Phase, { names, crowded }: Path): void {
    this.left(provider, phase, names.project);
    for (const level of crowded) {
      const parent = PARENT[level];
      this.#db.run(
        `UPDATE turn SET turn = 1 + (SELECT max(turn) FROM turn WHERE provider = ?1 AND phase = ?2 AND parent = ?4)
         WHERE ${NODE}`,
        ...[provider, phase, names[level], parent ? names[parent] : ROOT],
      );
    }
  }

  /** @param entry as it was, with its `provider`, `phase` and `queue`; it is fresh no more, if it was */
  leftBy({ provider, phase, queue }: Row): void {
    if (queue !== null) this.left(String(provider), phase as Phase, String(queue));
  }

  /** One of its entries is fresh no more: whoever has none left takes no turns. */
  left(provider: string, phase: Phase, project: string): void {
    const sql = 'SELECT 1 FROM entry WHERE provider = ? AND phase = ? AND queue = ? LIMIT 1';
    if (!this.#db.find(sql, provider, phase, project)) this.#remove(provider, phase, project);
  }

  #remove(provider: string, phase: Phase, name: string): void {
    const parent = this.#parentOf(provider, phase, name);
    this.#db.run(`DELETE FROM turn WHERE ${NODE}`, provider, phase, name);
    if (parent === undefined || parent === ROOT) return;
    if (this.#children(provider, phase, parent, 1).length === 0) this.#remove(provider, phase, parent);
  }

  #parentOf(provider: string, phase: Phase, name: string): string | undefined {
    const found = this.#db.find(`SELECT parent FROM turn WHERE ${NODE}`, provider, phase, name);
    return found && String(found.parent);
  }
}

const NODE = 'provider = ?1 AND phase = ?2 AND name = ?3';

/** The fresh entries of one phase, one after the other. */
export class FreshEntries {
  readonly #db: SqliteStatements;
  readonly #turns: SqliteTurns;
  readonly #provider: string;
  readonly #phase: Phase;
  readonly #isFull: (namespace: string) => boolean;
  /** Of a project that takes no turns with others. */
  #rows: Row[] = [];
  #path: Path | undefined;

  constructor(
    db: SqliteStatements,
    turns: SqliteTurns,
    { provider, phase, isFull }: { provider: string; phase: Phase; isFull: (namespace: string) => boolean },
  ) {
    this.#db = db;
    this.#turns = turns;
    this.#provider = provider;
    this.#phase = phase;
    this.#isFull = isFull;
  }

  /** The next one, which is to be taken before another one is asked for. */
  next(limit: number): Row | undefined {
    if (this.#path && this.#rows.length > 0 && !this.#isFull(this.#path.names.namespace)) {
      return this.#rows.shift();
    }
    this.#path = this.#turns.next(this.#provider, this.#phase, this.#isFull);
    if (!this.#path) return undefined;
    this.#rows = this.#db.all(
      'SELECT * FROM entry WHERE provider = ? AND phase = ? AND queue = ? ORDER BY turn LIMIT ?',
      ...[this.#provider, this.#phase, this.#path.names.project],
      this.#path.crowded.length === 0 ? limit : 1,
    );
    return this.#rows.shift();
  }

  /** It is claimed, and fresh no more. */
  taken(): void {
    if (this.#path && this.#rows.length === 0) {
      this.#turns.served(this.#provider, this.#phase, this.#path);
    }
  }
}
