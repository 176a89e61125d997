/** In table `meta` while the ledger is the target of a copy: how far that is. */
export const COPYING = 'copying';

/** In table `meta` once the ledger was copied: the JSON of a {@link HandOver}. */
export const HANDED_OVER = 'handed-over';

/** In table `meta`: the version that brought the file to its form. */
export const WRITER = 'version';

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
  `
  CREATE TABLE finding (
    entry INTEGER NOT NULL REFERENCES entry (seq) ON DELETE CASCADE,
    finding TEXT NOT NULL,
    UNIQUE (entry, finding)
  ) STRICT;

  -- Which entries have a type, and how many do: a list by type begins with whatever is rarer. No foreign key: it would
  -- need an index by entry, and entries are deleted in one place only.
  CREATE TABLE entry_type (
    type TEXT NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (type, entry)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE type_tally (type TEXT PRIMARY KEY, entries INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  -- The types of an entry stand in one column, one a line.
  WITH RECURSIVE line (entry, type, rest) AS (
    SELECT seq, NULL, types || char(10) FROM entry
    UNION ALL
    SELECT entry, substr(rest, 1, instr(rest, char(10)) - 1), substr(rest, instr(rest, char(10)) + 1)
      FROM line WHERE rest <> ''
  )
  INSERT OR IGNORE INTO entry_type SELECT type, entry FROM line WHERE type IS NOT NULL;
  INSERT INTO type_tally SELECT type, count(*) FROM entry_type GROUP BY type;

  ALTER TABLE lane ADD COLUMN last_done_at INTEGER;
  UPDATE lane SET last_done_at =
    (SELECT max(ended_at) FROM entry WHERE entry.provider = lane.provider AND state = 'done');

  -- provider is a lane's, or '*' for all that have none of their own.
  CREATE TABLE mode (provider TEXT PRIMARY KEY, mode TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE hour (
    at INTEGER NOT NULL,
    tally TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (at, tally)
  ) STRICT, WITHOUT ROWID;

  -- AUTOINCREMENT: a number is never given twice, though the newest row may be deleted.
  CREATE TABLE announcement (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    provider TEXT NOT NULL,
    id TEXT,
    outcome TEXT,
    reason TEXT
  ) STRICT;
  CREATE TABLE channel (
    name TEXT PRIMARY KEY,
    -- The last announcement that it has confirmed.
    cursor INTEGER NOT NULL,
    lease TEXT,
    -- The last announcement that was handed out with the lease.
    batch_end INTEGER,
    -- Nobody gets anything for it before.
    free_at INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  `,
  // Writing takes most of the time, so what belongs to an entry lies in one tree, in its order, and not in two or three.
  // Entries are deleted in one place only, which needs no foreign key.
  `
  CREATE TABLE entry_location (
    entry INTEGER NOT NULL,
    number INTEGER NOT NULL,
    location TEXT NOT NULL,
    PRIMARY KEY (entry, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO entry_location
    SELECT entry, row_number() OVER (PARTITION BY entry ORDER BY rowid), location FROM location;
  DROP TABLE location;

  CREATE TABLE entry_finding (
    entry INTEGER NOT NULL,
    number INTEGER NOT NULL,
    finding TEXT NOT NULL,
    PRIMARY KEY (entry, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO entry_finding
    SELECT entry, row_number() OVER (PARTITION BY entry ORDER BY rowid), finding FROM finding;
  DROP TABLE finding;

  -- The first event of all, the report that made the entry, is not here: it follows from the entry.
  CREATE TABLE entry_event (
    entry INTEGER NOT NULL,
    number INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (entry, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO entry_event
    SELECT entry, row_number() OVER (PARTITION BY entry ORDER BY rowid), event FROM history;
  DROP TABLE history;
  ALTER TABLE entry ADD COLUMN first_outcome TEXT;
  UPDATE entry SET first_outcome = event ->> '$.outcome' FROM entry_event
    WHERE entry_event.entry = seq AND number = 1
      AND event ->> '$.event' = 'reported' AND event ->> '$.at' = first_reported_at;
  DELETE FROM entry_event WHERE number = 1 AND event ->> '$.event' = 'reported'
    AND event ->> '$.at' = (SELECT first_reported_at FROM entry WHERE seq = entry_event.entry);

  -- New entries are counted once for all of a request.
  DROP TRIGGER tally_insert;
  `,
  `
  -- What was revoked alive, by lane, five minutes and share. The valve stops revocations alone, so these have an order of their
  -- own; and it parks no lane.
  CREATE TABLE revoked (
    provider TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    -- An entry's, or empty.
    share TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (provider, bucket, share)
  ) STRICT, WITHOUT ROWID;
  UPDATE lane SET parked = 0, reason = NULL, epoch = epoch + 1 WHERE parked = 1 AND reason = 'safety-valve';
  ALTER TABLE lane DROP COLUMN valve_since;
  ALTER TABLE lane DROP COLUMN valve_begun;
  -- The limit of the last claim.
  ALTER TABLE lane ADD COLUMN valve_max INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE entry DROP COLUMN begun;
  DROP INDEX entry_due;
  CREATE INDEX entry_leased ON entry (provider, due_at) WHERE lease IS NOT NULL;

  -- The namespace that it came from: a key, which tells nothing of its name. NULL: it shares with nobody.
  ALTER TABLE entry ADD COLUMN share TEXT;
  -- The project in whose queue a fresh entry waits: one that a report has queued and nobody has claimed since. All
  -- others that are due have their time.
  ALTER TABLE entry ADD COLUMN queue TEXT;
  CREATE INDEX entry_due ON entry (provider, (phase = 'revoke'), due_at, turn)
    WHERE due_at IS NOT NULL AND queue IS NULL;
  CREATE INDEX entry_fresh ON entry (provider, phase, queue, turn) WHERE queue IS NOT NULL;
  -- Groups, namespaces and projects that have fresh entries; among those of one parent the lowest turn is next.
  CREATE TABLE turn (
    provider TEXT NOT NULL,
    phase TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Empty for a group.
    parent TEXT NOT NULL,
    turn INTEGER NOT NULL,
    PRIMARY KEY (provider, phase, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX turn_next ON turn (provider, phase, parent, turn);
  -- How many entries were made before further reports count for the one of this id: see ReportedToken.beyond.
  CREATE TABLE beyond (id TEXT PRIMARY KEY, at INTEGER NOT NULL, entries INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  -- Which of the three sources of a lane's work is next: see SqliteDue.
  ALTER TABLE lane ADD COLUMN next_source INTEGER NOT NULL DEFAULT 0;
  -- How many entries of a namespace are queued; new ones are counted once for all of a request.
  CREATE TABLE share_tally (share TEXT PRIMARY KEY, queued INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER share_queued AFTER UPDATE OF state ON entry
    WHEN new.state = 'queued' AND old.state <> 'queued' AND new.share IS NOT NULL BEGIN
    INSERT INTO share_tally VALUES (new.share, 1) ON CONFLICT DO UPDATE SET queued = queued + 1;
  END;
  CREATE TRIGGER share_ended AFTER UPDATE OF state ON entry
    WHEN old.state = 'queued' AND new.state <> 'queued' AND old.share IS NOT NULL BEGIN
    UPDATE share_tally SET queued = queued - 1 WHERE share = old.share;
    DELETE FROM share_tally WHERE share = old.share AND queued <= 0;
  END;
  `,
  // Whether GitLab itself reported the place. What was reported before there were roles was taken for that.
  `
  ALTER TABLE entry_location ADD COLUMN readable INTEGER NOT NULL DEFAULT 1;

  CREATE TABLE ended_session (id TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // The functions are those of placeFunctions in places.ts.
  `
  CREATE TABLE entry_place (
    entry INTEGER NOT NULL,
    number INTEGER NOT NULL,
    key TEXT NOT NULL,
    instance TEXT NOT NULL,
    project TEXT NOT NULL,
    sealed TEXT NOT NULL,
    readable INTEGER NOT NULL,
    PRIMARY KEY (entry, number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO entry_place
    SELECT entry, number, place_key(id, location), instance_of(location), project_of(location), place_sealed(id, location), readable
    FROM entry_location JOIN entry ON seq = entry;
  DROP TABLE entry_location;
  -- Signed by the key file. What was approved before is not.
  ALTER TABLE entry ADD COLUMN approval TEXT;
  `,
  // By what entries are listed and counted, beside provider and state: how they ended or why they wait, and where they were
  // found.
  `
  ALTER TABLE entry ADD COLUMN caller TEXT;
  ALTER TABLE entry ADD COLUMN outcome_kind TEXT GENERATED ALWAYS AS (coalesce(outcome ->> '$.kind', '')) VIRTUAL;
  ALTER TABLE entry ADD COLUMN outcome_reason TEXT GENERATED ALWAYS AS (coalesce(outcome ->> '$.reason', '')) VIRTUAL;
  DROP INDEX entry_listed;
  CREATE INDEX entry_listed ON entry (provider, state, outcome_kind, outcome_reason, seq);

  DROP TRIGGER tally_move;
  DROP TRIGGER tally_delete;
  DROP TABLE tally;
  CREATE TABLE tally (
    provider TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome_kind TEXT NOT NULL,
    outcome_reason TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (provider, state, outcome_kind, outcome_reason)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO tally SELECT provider, state, outcome_kind, outcome_reason, count(*) FROM entry GROUP BY 1, 2, 3, 4;
  CREATE TRIGGER tally_move AFTER UPDATE OF state, outcome ON entry
    WHEN old.state <> new.state OR old.outcome_kind <> new.outcome_kind OR old.outcome_reason <> new.outcome_reason BEGIN
    UPDATE tally SET entries = entries - 1 WHERE provider = old.provider AND state = old.state
      AND outcome_kind = old.outcome_kind AND outcome_reason = old.outcome_reason;
    INSERT INTO tally VALUES (new.provider, new.state, new.outcome_kind, new.outcome_reason, 1)
      ON CONFLICT DO UPDATE SET entries = entries + 1;
  END;
  CREATE TRIGGER tally_delete AFTER DELETE ON entry BEGIN
    UPDATE tally SET entries = entries - 1 WHERE provider = old.provider AND state = old.state
      AND outcome_kind = old.outcome_kind AND outcome_reason = old.outcome_reason;
  END;

  CREATE TABLE project (
    number INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    instance TEXT NOT NULL,
    UNIQUE (path, instance)
  ) STRICT;
  CREATE TABLE entry_project (
    project INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (project, entry)
  ) STRICT, WITHOUT ROWID;
  -- The names are those of ProjectTally.
  CREATE TABLE project_tally (
    project INTEGER NOT NULL,
    tally TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (project, tally)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO project (path, instance) SELECT DISTINCT project, instance FROM entry_place WHERE project <> '';
  CREATE VIEW project_of AS SELECT DISTINCT entry, named.number AS project FROM entry_place
    JOIN project AS named ON path = entry_place.project AND named.instance = entry_place.instance;
  INSERT INTO entry_project SELECT project, entry FROM project_of;
  INSERT INTO project_tally SELECT project, state, count(*) FROM entry_project JOIN entry ON seq = entry GROUP BY 1, 2;
  CREATE TRIGGER project_entered AFTER INSERT ON entry_project BEGIN
    INSERT INTO project_tally SELECT new.project, state, 1 FROM entry WHERE seq = new.entry
      ON CONFLICT DO UPDATE SET entries = entries + 1;
  END;
  CREATE TRIGGER project_left AFTER DELETE ON entry_project BEGIN
    UPDATE project_tally SET entries = entries - 1
      WHERE project = old.project AND tally = (SELECT state FROM entry WHERE seq = old.entry);
    DELETE FROM project WHERE number = old.project AND NOT EXISTS (SELECT 1 FROM entry_project WHERE project = old.project);
  END;
  CREATE TRIGGER project_deleted AFTER DELETE ON project BEGIN
    DELETE FROM project_tally WHERE project = old.number;
  END;
  CREATE TRIGGER project_move AFTER UPDATE OF state ON entry WHEN old.state <> new.state BEGIN
    UPDATE project_tally SET entries = entries - 1
      WHERE tally = old.state AND project IN (SELECT project FROM project_of WHERE entry = new.seq);
    INSERT INTO project_tally SELECT project, new.state, 1 FROM project_of WHERE entry = new.seq
      ON CONFLICT DO UPDATE SET entries = entries + 1;
  END;
  `,
  // Who is signed in, where there was a list of those who are so no more.
  `
  DROP TABLE ended_session;
  CREATE TABLE session (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    until INTEGER NOT NULL,
    sealed TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // What vendors tell of a token: sealed.
  `
  ALTER TABLE entry ADD COLUMN subject TEXT;
  `,
  // Which act an approval is for. What was approved before is asked anew.
  `
  ALTER TABLE entry ADD COLUMN act INTEGER NOT NULL DEFAULT 0;
  `,
  // What became of notices, sealed; and who was told how often today.
  `
  CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    summary TEXT NOT NULL,
    content TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX notice_listed ON notice (at, id);
  ALTER TABLE announcement ADD COLUMN channel TEXT;
  ALTER TABLE announcement ADD COLUMN notice TEXT;
  CREATE TABLE of_day (name TEXT PRIMARY KEY, day INTEGER NOT NULL, times INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // When the last purge found an entry to be reported still, and left it: the next one looks at it so much later.
  `
  ALTER TABLE entry ADD COLUMN retained_from INTEGER;
  DROP INDEX entry_ended;
  CREATE INDEX entry_retained ON entry (max(ended_at, coalesce(retained_from, 0))) WHERE ended_at IS NOT NULL;
  `,
  // What was put off until a person has mended something. Whoever reads it looks whether the entry is due then still.
  `
  CREATE TABLE waiting (
    provider TEXT NOT NULL,
    code TEXT NOT NULL,
    id TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (provider, code, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiting_until ON waiting (provider, code, due_at);
  `,
];
