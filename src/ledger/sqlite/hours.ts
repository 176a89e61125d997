import type { Hour } from '../statistics.ts';
import { hourOf, oldestDayKept, toHour } from '../tallies.ts';
import type { SqliteStatements } from './statements.ts';

/** Part of the transaction in which it happens. */
export function countInHour(db: SqliteStatements, now: number, tally: string, entries = 1): void {
  db.run(
    `INSERT INTO hour VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
    ...[hourOf(now), tally, entries],
  );
}

export function readHours(db: SqliteStatements, since: number): Hour[] {
  return db
    .all(
      'SELECT at, json_group_object(tally, entries) AS tallies FROM hour WHERE at >= ? GROUP BY at ORDER BY at',
      hourOf(since),
    )
    .map((row) => toHour(Number(row.at), JSON.parse(String(row.tallies))));
}

export function deleteOldHours(db: SqliteStatements, now: number): void {
  db.run('DELETE FROM hour WHERE at < ?', oldestDayKept(now));
}
