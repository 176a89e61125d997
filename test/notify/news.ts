import { onTestFinished } from 'vitest';
import type { Announcement, AnnouncementKind } from '../../src/ledger/announcement.ts';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { AnnouncementsToDeliver } from '../../src/notify/channel.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import type { Subject } from '../../src/words/subject.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { sqliteFile } from '../support/sqlite-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

export const LOCATION = 'https://gitlab.example.com/group/project/-/raw/0123abcd/secret-file.txt#L1';
export const UNKNOWN: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'unknown-token',
  advice: 'Ask the owner.',
};

/** All that is in them, with nothing missing before. */
export function newsOf(announcements: readonly Announcement[]): AnnouncementsToDeliver {
  const newest = announcements.at(-1);
  if (!newest) throw new Error('No news.');
  return { announcements, missed: 0, newest };
}

/** A real ledger in which a test lets things happen, at the time of a clock that it moves. */
export function newsroom({ maxAnnouncements }: { maxAnnouncements?: number } = {}) {
  const vault = TEST_VAULT;
  const ledger: Ledger = openSqliteLedger({
    path: sqliteFile(temporaryFolder()),
    vault,
    ...(maxAnnouncements !== undefined && { maxAnnouncements }),
  });
  onTestFinished(() => ledger.close());
  const clock = new FakeClock();

  const accept = (id: string, initial: ReportedToken['initial'], changes: Partial<ReportedToken> = {}) =>
    ledger.accept(
      [
        {
          ...{ id, provider: 'acme', kind: 'api-key', type: 'acme_key', location: LOCATION, readable: true },
          ...{ sealed: `sealed ${id}`, initial, restarts: [], ...changes },
        },
      ],
      { now: clock.now(), backlog: 1_000_000 },
    );

  return {
    ledger,
    clock,
    needsPerson: (id: string, changes?: Partial<ReportedToken>, outcome = UNKNOWN) =>
      accept(id, { state: 'attention', outcome }, changes),
    held: (id: string, changes?: Partial<ReportedToken>) => accept(id, { state: 'held' }, changes),
    /** Reports it and ends the work on it. */
    async ends(
      id: string,
      outcome: Outcome,
      changes: Partial<ReportedToken> = {},
      state: 'done' | 'attention' = 'done',
      subject?: Subject,
    ) {
      await accept(id, { state: 'queued' }, changes);
      const { claims } = await ledger.claim(changes.provider ?? 'acme', {
        ...{ now: clock.now(), limit: 100, leaseMs: 1000, maxPerHour: 0 },
      });
      const claim = claims.find((each) => each.id === id);
      if (!claim) throw new Error(`${id} could not be claimed`);
      const settlement = { now: clock.now(), state, outcome, progress: NO_PROGRESS, events: [] };
      await ledger.settle(claim, { ...settlement, announce: state, ...(subject && { subject }) });
    },
    /** Ends the work on what is queued, without an announcement. */
    async settles(id: string, state: 'held' | 'attention') {
      const { claims } = await ledger.claim('acme', {
        ...{ now: clock.now(), limit: 100, leaseMs: 1000, maxPerHour: 0 },
      });
      const claim = claims.find((each) => each.id === id);
      if (!claim) throw new Error(`${id} could not be claimed`);
      const outcome = state === 'attention' ? { outcome: UNKNOWN } : {};
      await ledger.settle(claim, {
        ...{ now: clock.now(), state, ...outcome, progress: NO_PROGRESS, events: [] },
      });
    },
    /** Reports it, and puts the work on it off with an announcement. */
    async announces(id: string, announce: AnnouncementKind, changes: Partial<ReportedToken> = {}) {
      await accept(id, { state: 'queued' }, changes);
      const { claims } = await ledger.claim(changes.provider ?? 'acme', {
        ...{ now: clock.now(), limit: 100, leaseMs: 1000, maxPerHour: 0 },
      });
      const claim = claims.find((each) => each.id === id);
      if (!claim) throw new Error(`${id} could not be claimed`);
      const now = clock.now();
      await ledger.putOff(claim, { now, dueAt: now, progress: NO_PROGRESS, events: [], announce });
    },
  };
}
