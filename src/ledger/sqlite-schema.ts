/** The tables, one step per version of `PRAGMA user_version`; a step that was released is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- seq orders by first report and is what pages are cut by: about now * 1000, and unique.
  CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    types TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    approved INTEGER NOT NULL DEFAULT 0,
    begun INTEGER NOT NULL DEFAULT 0,
    sealed TEXT,
    note TEXT,
    lease TEXT,
    due_at INTEGER,
    -- Who comes first among those due at the same time; a released entry goes behind.
    turn INTEGER NOT NULL,
    phase TEXT NOT NULL DEFAULT 'revoke',
    attempts INTEGER NOT NULL DEFAULT 0,
    verifications INTEGER NOT NULL DEFAULT 0,
    deferrals INTEGER NOT NULL DEFAULT 0,
    reports INTEGER NOT NULL DEFAULT 1,
    first_reported_at INTEGER NOT NULL,
    last_reported_at INTEGER NOT NULL,
    ended_at INTEGER
  ) STRICT;
  CREATE INDEX entry_due ON entry (provider, due_at, turn) WHERE due_at IS NOT NULL;
  CREATE INDEX entry_listed ON entry (provider, state, seq);
  CREATE INDEX entry_ended ON entry (ended_at) WHERE ended_at IS NOT NULL;

  CREATE TABLE location (
    entry INTEGER NOT NULL REFERENCES entry (seq) ON DELETE CASCADE,
    location TEXT NOT NULL,
    UNIQUE (entry, location)
  ) STRICT;

  CREATE TABLE history (
    entry INTEGER NOT NULL REFERENCES entry (seq) ON DELETE CASCADE,
    event TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_of ON history (entry);

  CREATE TABLE lane (
    provider TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL DEFAULT 0,
    streak INTEGER NOT NULL DEFAULT 0,
    paused_until INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    parked INTEGER NOT NULL DEFAULT 0,
    probe_lease TEXT,
    probe_until INTEGER NOT NULL DEFAULT 0,
    valve_since INTEGER NOT NULL DEFAULT 0,
    valve_begun INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  -- Counting a million rows takes too long for a page or a scrape, so the counts are kept.
  CREATE TABLE tally (
    provider TEXT NOT NULL,
    state TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (provider, state)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER tally_insert AFTER INSERT ON entry BEGIN
    INSERT INTO tally VALUES (new.provider, new.state, 1)
      ON CONFLICT DO UPDATE SET entries = entries + 1;
  END;
  CREATE TRIGGER tally_move AFTER UPDATE OF state ON entry WHEN old.state <> new.state BEGIN
    UPDATE tally SET entries = entries - 1 WHERE provider = old.provider AND state = old.state;
    INSERT INTO tally VALUES (new.provider, new.state, 1)
      ON CONFLICT DO UPDATE SET entries = entries + 1;
  END;
  CREATE TRIGGER tally_delete AFTER DELETE ON entry BEGIN
    UPDATE tally SET entries = entries - 1 WHERE provider = old.provider AND state = old.state;
  END;
  `,
];
