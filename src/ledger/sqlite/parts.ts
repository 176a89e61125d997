import type { DatabaseSync } from 'node:sqlite';
import type { LedgerVault } from '../vault.ts';
import { SqliteAnnouncements } from './announcements.ts';
import { SqliteEntries } from './entries.ts';
import { SqliteLanes } from './lanes.ts';
import { SqlitePlaces } from './places.ts';
import { SqliteStatements } from './statements.ts';
import { SqliteTurns } from './turns.ts';
import { SqliteValve } from './valve.ts';

/** What writes one kind of rows each. All of them work within somebody's transaction on the one connection. */
export interface SqliteParts {
  readonly db: SqliteStatements;
  readonly vault: LedgerVault;
  readonly announcements: SqliteAnnouncements;
  readonly entries: SqliteEntries;
  readonly lanes: SqliteLanes;
  readonly places: SqlitePlaces;
  readonly turns: SqliteTurns;
  readonly valve: SqliteValve;
}

export function createParts(
  connection: DatabaseSync,
  { vault, maxAnnouncements }: { readonly vault: LedgerVault; readonly maxAnnouncements: number },
): SqliteParts {
  const db = new SqliteStatements(connection);
  const announcements = new SqliteAnnouncements(db, maxAnnouncements);
  const valve = new SqliteValve(db);
  const lanes = new SqliteLanes(db, announcements, valve);
  const turns = new SqliteTurns(db);
  return {
    ...{ db, vault, announcements, valve, lanes },
    entries: new SqliteEntries(db, lanes, turns),
    places: new SqlitePlaces(db, vault),
    turns,
  };
}
