import type { DatabaseSync } from 'node:sqlite';
import { type EntryDetails, FIRST_LOCATIONS, MAX_LOCATIONS } from '../entry.ts';
import { type Place, projectsOf, type ShownPlaces, scopeOf, shownPlaces, storedPlace } from '../places.ts';
import type { LedgerVault } from '../vault.ts';
import { enterProject, leaveProject } from './projects.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** What the migration calls that seals the places of earlier versions. */
export function definePlaceFunctions(db: DatabaseSync, vault: LedgerVault): void {
  const define = (name: string, of: (...texts: string[]) => string) =>
    db.function(name, { varargs: true }, (...values) => of(...values.map(String)));
  define('place_key', (id = '', location = '') => vault.placeKey(id, location));
  define('place_sealed', (id = '', location = '') => vault.sealPlace(id, location));
  define('instance_of', (location = '') => scopeOf(location).instance);
  define('project_of', (location = '') => scopeOf(location).project);
}

/** The number of the place before which there are so many. */
function numberAt(offset: number): string {
  return `(SELECT number FROM entry_place WHERE entry = ?1 ORDER BY number LIMIT 1 OFFSET ${offset})`;
}

/** Where the tokens of entries were found. Every method is part of somebody's transaction. */
export class SqlitePlaces {
  readonly #db: SqliteStatements;
  readonly #vault: LedgerVault;

  constructor(db: SqliteStatements, vault: LedgerVault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** The oldest behind the first ones makes room. @returns whether it was not there yet, or can be read only now */
  add(seq: number, id: string, { location, readable }: Place): boolean {
    if (location === '') return false;
    const { key, instance, project, sealed } = storedPlace(this.#vault, id, location);
    const added = this.#db.run(
      `INSERT INTO entry_place
       SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM entry_place WHERE entry = ?1
       HAVING total(key = ?2) = 0`,
      ...[seq, key, instance, project, sealed, Number(readable)],
    );
    if (added === 0) return readable && this.#makeReadable(seq, key);
    enterProject(this.#db, seq, { instance, project });
    this.#makeRoom(seq);
    return true;
  }

  #makeRoom(seq: number): void {
    const dropped = this.#db.all(
      `DELETE FROM entry_place WHERE entry = ?1 AND ${numberAt(MAX_LOCATIONS)} IS NOT NULL
       AND number = ${numberAt(FIRST_LOCATIONS)} RETURNING instance, project`,
      seq,
    );
    for (const { instance, project } of dropped) {
      leaveProject(this.#db, seq, { instance: String(instance), project: String(project) });
    }
  }

  /** The only one of an entry that is being made. */
  begin(seq: number, id: string, { location, readable }: Place): void {
    if (location === '') return;
    const { key, instance, project, sealed } = storedPlace(this.#vault, id, location);
    const sql = 'INSERT INTO entry_place VALUES (?, 1, ?, ?, ?, ?, ?)';
    this.#db.run(sql, seq, key, instance, project, sealed, Number(readable));
    enterProject(this.#db, seq, { instance, project });
  }

  /** @returns whether it was not */
  #makeReadable(seq: number, key: string): boolean {
    const sql = 'UPDATE entry_place SET readable = 1 WHERE entry = ? AND key = ? AND readable = 0';
    return this.#db.run(sql, seq, key) > 0;
  }
}

/** Places are numbered from 1, without gaps but for those that made room. @param places all of an entry, in their order */
export function leftOutOf(places: readonly Row[]): number {
  return Number(places.at(-1)?.number ?? 0) - places.length;
}

/** As a person sees them. */
export function readPlaces(
  db: SqliteStatements,
  vault: LedgerVault,
  { seq, id }: { readonly seq: number; readonly id: string },
): ShownPlaces & Pick<EntryDetails, 'locationsLeftOut'> {
  const places = db.all('SELECT * FROM entry_place WHERE entry = ? ORDER BY number', seq);
  return {
    ...shownPlaces(
      places.map(({ sealed, readable }) => ({
        location: vault.openPlace(id, String(sealed)),
        readable: readable === 1,
      })),
    ),
    locationsLeftOut: leftOutOf(places),
  };
}

/** See {@link Entry.projects}. */
export function readEntryProjects(db: SqliteStatements, seq: number): readonly string[] {
  const places = db.all('SELECT instance, project FROM entry_place WHERE entry = ? ORDER BY number', seq);
  return projectsOf(
    places.map(({ instance, project }) => ({ instance: String(instance), project: String(project) })),
  );
}
