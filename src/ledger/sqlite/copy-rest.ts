/** What a copy takes of a SQLite ledger beside its entries. */
import type { Mode } from '../../words/mode.ts';
import type { StoredAnnouncement, StoredRest } from '../copy.ts';
import { COUNTS_KEPT_MS } from '../report.ts';
import { HOUR_MS } from '../tallies.ts';
import type { Row, SqliteStatements } from './statements.ts';

const MARK = 'mark:';

/** Of a lane: the name in the Redis ledger, and the column. */
const LANE_FIELDS: readonly (readonly [field: string, column: string])[] = [
  ...(['epoch', 'streak', 'paused_until', 'reason', 'parked', 'valve_max'] as const).map(
    (name): [string, string] => [name, name],
  ),
  ['last_done', 'last_done_at'],
];

const TEXTS = ['kind', 'provider', 'id', 'outcome', 'reason', 'channel', 'notice'];

export function readRest(db: SqliteStatements): StoredRest {
  const channels = db.all('SELECT name, cursor FROM channel');
  return {
    lanes: db.all('SELECT * FROM lane').map((row) => ({
      provider: String(row.provider),
      fields: textsOf(LANE_FIELDS.map(([field, column]) => [field, row[column]])),
    })),
    revoked: db.all('SELECT * FROM revoked').map((row) => ({
      ...{ provider: String(row.provider), share: String(row.share) },
      ...{ bucket: Number(row.bucket), entries: Number(row.entries) },
    })),
    modes: Object.fromEntries(
      db.all('SELECT provider, mode FROM mode').map(({ provider, mode }) => [String(provider), mode as Mode]),
    ),
    marks: Object.fromEntries(
      db
        .all('SELECT key, value FROM meta WHERE substr(key, 1, ?) = ?', MARK.length, MARK)
        .map(({ key, value }) => [String(key).slice(MARK.length), String(value)]),
    ),
    hours: db.all('SELECT at, tally, entries FROM hour').map((row) => ({
      ...{ hour: Number(row.at) / HOUR_MS, tally: String(row.tally), entries: Number(row.entries) },
    })),
    sessions: db.all('SELECT * FROM session').map((row) => ({
      ...{ id: String(row.id), version: Number(row.version) },
      ...{ until: Number(row.until), sealed: String(row.sealed) },
    })),
    deaths: db
      .all(
        `SELECT path, instance, tally, entries FROM project_tally JOIN project ON number = project
         WHERE tally LIKE 'dead:%' AND entries > 0`,
      )
      .map((row) => ({
        scope: { project: String(row.path), instance: String(row.instance) },
        ...{ tally: String(row.tally), entries: Number(row.entries) },
      })),
    beyond: db.all('SELECT id, at, entries FROM beyond').map((row) => ({
      ...{ id: String(row.id), entries: Number(row.entries), until: Number(row.at) + COUNTS_KEPT_MS },
    })),
    channels: channels.map(({ name }) => String(name)),
    announcements: db
      .all('SELECT * FROM announcement ORDER BY seq')
      .map((row) => toAnnouncement(row, channels)),
    notices: db.all('SELECT * FROM notice').map((row) => ({
      ...{ id: String(row.id), at: Number(row.at) },
      ...{ summary: String(row.summary), content: String(row.content) },
    })),
    ofDay: db.all('SELECT * FROM of_day').map((row) => ({
      ...{ name: String(row.name), day: Number(row.day), times: Number(row.times) },
    })),
  };
}

function toAnnouncement(row: Row, channels: readonly Row[]): StoredAnnouncement {
  const pending = channels.filter(({ cursor }) => Number(cursor) < Number(row.seq));
  return {
    fields: textsOf(['at', ...TEXTS].map((name) => [name, row[name]])),
    pending: pending.map(({ name }) => String(name)),
  };
}

function textsOf(values: readonly (readonly [name: string, value: unknown])[]): Record<string, string> {
  const known = values.filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}

const REPLACED = [
  ...(['lane', 'revoked', 'mode', 'hour', 'session', 'beyond', 'channel', 'announcement'] as const),
  ...(['notice', 'of_day'] as const),
];

/** What is there already of it is replaced; part of a transaction. */
export function writeRest(db: SqliteStatements, rest: StoredRest): void {
  for (const table of REPLACED) {
    db.run(`DELETE FROM ${table}`);
  }
  for (const { provider, fields } of rest.lanes) {
    const number = (name: string) => Number(fields[name] ?? 0);
    db.run(
      `INSERT INTO lane (provider, epoch, streak, paused_until, reason, parked, valve_max, last_done_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[provider, number('epoch'), number('streak'), number('paused_until'), fields.reason || null],
      ...[number('parked'), number('valve_max'), fields.last_done ? number('last_done') : null],
    );
  }
  for (const { provider, bucket, share, entries } of rest.revoked) {
    db.run(
      `INSERT INTO revoked VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
      ...[provider, bucket, share, entries],
    );
  }
  for (const [provider, mode] of Object.entries(rest.modes)) {
    db.run('INSERT INTO mode VALUES (?, ?)', provider, mode);
  }
  for (const [name, value] of Object.entries(rest.marks)) {
    db.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', MARK + name, value);
  }
  for (const { hour, tally, entries } of rest.hours) {
    db.run(
      'INSERT INTO hour VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries',
      ...[hour * HOUR_MS, tally, entries],
    );
  }
  for (const { id, version, until, sealed } of rest.sessions) {
    db.run('INSERT INTO session VALUES (?, ?, ?, ?)', id, version, until, sealed);
  }
  db.run("DELETE FROM project_tally WHERE tally LIKE 'dead:%'");
  for (const { scope, tally, entries } of rest.deaths) {
    db.run(
      `INSERT INTO project_tally SELECT number, ?, ? FROM project WHERE path = ? AND instance = ?
       ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
      ...[tally, entries, scope.project, scope.instance],
    );
  }
  for (const { id, entries, until } of rest.beyond) {
    db.run('INSERT OR REPLACE INTO beyond VALUES (?, ?, ?)', id, until - COUNTS_KEPT_MS, entries);
  }
  for (const { id, at, summary, content } of rest.notices) {
    db.run('INSERT INTO notice VALUES (?, ?, ?, ?)', id, at, summary, content);
  }
  for (const { name, day, times } of rest.ofDay)
    db.run('INSERT INTO of_day VALUES (?, ?, ?)', name, day, times);
  writeAnnouncements(db, rest);
}

/** A channel goes on before the first that it has not confirmed. */
function writeAnnouncements(db: SqliteStatements, { channels, announcements }: StoredRest): void {
  const before = Number(db.find("SELECT seq FROM sqlite_sequence WHERE name = 'announcement'")?.seq ?? 0);
  const names = ['at', ...TEXTS];
  for (const { fields } of announcements) {
    db.run(
      `INSERT INTO announcement (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      ...names.map((name) => (name === 'at' ? Number(fields.at) : (fields[name] ?? null))),
    );
  }
  for (const channel of channels) {
    const first = announcements.findIndex(({ pending }) => pending.includes(channel));
    const confirmed = before + (first < 0 ? announcements.length : first);
    db.run('INSERT INTO channel (name, cursor) VALUES (?, ?)', channel, confirmed);
  }
}
