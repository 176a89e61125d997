import type { Hour, ProviderDay } from '../statistics.ts';
import {
  dayAt,
  hourOf,
  OF_PROVIDER,
  oldestDayKept,
  providerTally,
  toHour,
  toProviderDays,
} from '../tallies.ts';
import type { Row, SqliteStatements } from './statements.ts';

/** Part of the transaction in which it happens. */
export function countInHour(
  db: SqliteStatements,
  { now, provider, tally, entries = 1 }: { now: number; provider: string; tally: string; entries?: number },
): void {
  const count = (at: number, name: string) =>
    db.run(
      `INSERT INTO hour VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
      ...[at, name, entries],
    );
  count(hourOf(now), tally);
  count(dayAt(now), providerTally(provider, tally));
}

export function readHours(db: SqliteStatements, since: number): Hour[] {
  return readTallies(db, hourOf(since), 'NOT GLOB').map(([at, tallies]) => toHour(at, tallies));
}

export function readDays(db: SqliteStatements, since: number): ProviderDay[] {
  return readTallies(db, dayAt(since), 'GLOB').flatMap(([at, tallies]) => toProviderDays(at, tallies));
}

function readTallies(
  db: SqliteStatements,
  since: number,
  ofProvider: 'GLOB' | 'NOT GLOB',
): [at: number, tallies: Record<string, number>][] {
  const sql = `SELECT at, json_group_object(tally, entries) AS tallies FROM hour
    WHERE at >= ? AND tally ${ofProvider} '${OF_PROVIDER}*' GROUP BY at ORDER BY at`;
  return db.all(sql, since).map(({ at, tallies }: Row) => [Number(at), JSON.parse(String(tallies))]);
}

export function deleteOldHours(db: SqliteStatements, now: number): void {
  db.run('DELETE FROM hour WHERE at < ?', oldestDayKept(now));
}
