import { STATES } from '../entry.ts';
import type { Scope } from '../places.ts';
import {
  deadTally,
  type Project,
  type ProjectFilter,
  type ProjectOptions,
  type ProjectPage,
  parseProject,
  parseProjectCursor,
  toProject,
  toProjectCursor,
} from '../projects.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** Part of somebody's transaction, as are the functions below; does nothing where the location names no project. */
export function enterProject(db: SqliteStatements, seq: number, { instance, project }: Scope): void {
  if (project === '') return;
  const enter = () =>
    db.run(
      `INSERT INTO entry_project SELECT number, ? FROM project WHERE path = ? AND instance = ?
       ON CONFLICT DO NOTHING`,
      ...[seq, project, instance],
    );
  if (enter() > 0) return;
  const isNew = db.run(
    'INSERT INTO project (path, instance) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ...[project, instance],
  );
  if (isNew) enter();
}

/** Unless another place of the entry is in it. */
export function leaveProject(db: SqliteStatements, seq: number, { instance, project }: Scope): void {
  db.run(
    `DELETE FROM entry_project WHERE entry = ?1
     AND project = (SELECT number FROM project WHERE path = ?2 AND instance = ?3)
     AND NOT EXISTS (SELECT 1 FROM entry_place WHERE entry = ?1 AND project = ?2 AND instance = ?3)`,
    ...[seq, project, instance],
  );
}

/** While the entry and its places are there still. */
export function leaveProjects(db: SqliteStatements, seq: number): void {
  const ofEntry = 'SELECT project FROM project_of WHERE entry = ?1';
  db.run(`DELETE FROM entry_project WHERE entry = ?1 AND project IN (${ofEntry})`, seq);
}

/** @param bucket of the time that it took */
export function countDeath(db: SqliteStatements, seq: number, bucket: number): void {
  db.run(
    `INSERT INTO project_tally SELECT project, ?2, 1 FROM project_of WHERE entry = ?1
     ON CONFLICT DO UPDATE SET entries = entries + 1`,
    ...[seq, deadTally(bucket)],
  );
}

/** @returns numbers of projects that fit, at most so many */
export function projectNumbers(
  db: SqliteStatements,
  { instance, path }: ProjectFilter,
  limit: number,
): readonly number[] {
  const found = pathRanges(path).flatMap(([from, to]) =>
    db.all(
      "SELECT number FROM project WHERE path >= ?1 AND path < ?2 AND ?3 IN ('', instance) LIMIT ?4",
      ...[from, to, instance, limit],
    ),
  );
  return found.slice(0, limit).map(({ number }) => Number(number));
}

/** The paths that fit, in their order: from the first text on to the second one, without it. */
function pathRanges(path: string): readonly (readonly [from: string, to: string])[] {
  if (path === '') return [['', '\u{10FFFF}']];
  // Nothing stands between a path and itself with a line feed, and 0 is the next character after the slash.
  return [
    [path, `${path}\n`],
    [`${path}/`, `${path}0`],
  ];
}

export function sizeOfProjects(db: SqliteStatements, numbers: readonly number[]): number {
  const states = STATES.map((state) => `'${state}'`).join();
  const sql = `SELECT sum(entries) AS n FROM project_tally WHERE project = ? AND tally IN (${states})`;
  return numbers.reduce((sum, number) => sum + Number(db.row(sql, number).n ?? 0), 0);
}

/** Whether one of the entry's places is in such a project. */
export function isInProject(db: SqliteStatements, seq: number, { instance, path }: ProjectFilter): boolean {
  const places = db.all('SELECT instance, project FROM entry_place WHERE entry = ?', seq).map(toScope);
  return places.some(
    (place) =>
      place.project !== '' &&
      (instance === '' || place.instance === instance) &&
      (path === '' || `${place.project}/`.startsWith(`${path}/`)),
  );
}

export function listProjects(
  db: SqliteStatements,
  { project = '', cursor, limit }: ProjectOptions,
): ProjectPage {
  const { instance, path } = parseProject(project);
  const behind = parseProjectCursor(cursor);
  const rows = pathRanges(path).flatMap(([from, to]) =>
    db.all(
      `SELECT number, path AS project, instance FROM project
       WHERE path >= ?1 AND path < ?2 AND (path, instance) > (?3, ?4) AND ?5 IN ('', instance)
       ORDER BY path, instance LIMIT ?6`,
      ...[from, to, behind.project, behind.instance, instance, limit + 1],
    ),
  );
  const projects = rows.slice(0, limit).map((row) => readProject(db, row));
  const last = rows.length > limit ? projects.at(-1) : undefined;
  return { projects, ...(last && { cursor: toProjectCursor(last) }) };
}

function readProject(db: SqliteStatements, row: Row): Project {
  const tallies = db.all('SELECT tally, entries FROM project_tally WHERE project = ?', Number(row.number));
  return toProject(
    toScope(row),
    Object.fromEntries(tallies.map(({ tally, entries }) => [String(tally), Number(entries)])),
  );
}

function toScope({ instance, project }: Row): Scope {
  return { instance: String(instance), project: String(project) };
}
