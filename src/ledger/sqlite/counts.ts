import type { Cause, Count, State } from '../entry.ts';
import type { Row, SqliteStatements } from './statements.ts';

export function readCounts(db: SqliteStatements): readonly Count[] {
  const sql = `SELECT provider, state, sum(entries) AS entries FROM tally WHERE entries > 0
    GROUP BY provider, state ORDER BY provider, state`;
  return db.all(sql).map(toCount);
}

export function readCauses(db: SqliteStatements): readonly Cause[] {
  const sql = "SELECT * FROM tally WHERE entries > 0 AND outcome_kind <> ''";
  return db.all(sql).map((row) => ({
    ...toCount(row),
    outcome: String(row.outcome_kind),
    reason: String(row.outcome_reason),
  }));
}

function toCount(row: Row): Count {
  return { provider: String(row.provider), state: row.state as State, entries: Number(row.entries) };
}

export function readOldestQueuedAt(db: SqliteStatements, apartFrom: string): number | undefined {
  const oldest = db.find(
    `SELECT first_reported_at AS at FROM tally JOIN entry
     ON seq = (SELECT min(seq) FROM entry WHERE provider = tally.provider AND state = 'queued'
       AND outcome_kind = tally.outcome_kind AND outcome_reason = tally.outcome_reason)
     WHERE tally.state = 'queued' AND tally.provider <> ? ORDER BY seq LIMIT 1`,
    apartFrom,
  );
  return oldest && Number(oldest.at);
}
