/** From rows to what the port speaks of. */
import type { Mode } from '../../words/mode.ts';
import type { Outcome } from '../../words/outcome.ts';
import type { Announcement, AnnouncementKind } from '../announcement.ts';
import type { Claim } from '../claim.ts';
import { type Entry, type Phase, type Progress, STATES } from '../entry.ts';
import type { LaneState } from '../lane-state.ts';
import { shareOpensAt, sumOf, type ValveBucket, valveOpensAt } from '../valve.ts';
import type { LedgerVault } from '../vault.ts';
import type { Row } from './statements.ts';

export function toProgress(row: Row): Progress {
  return {
    phase: row.phase as Phase,
    attempts: Number(row.attempts),
    verifications: Number(row.verifications),
    deferrals: Number(row.deferrals),
  };
}

export function toTypes(row: Row): string[] {
  return String(row.types).split('\n');
}

export function toOutcome(row: Row): Outcome | null {
  return row.outcome === null ? null : (JSON.parse(String(row.outcome)) as Outcome);
}

/** What a person's approval of the entry is stored as: 2 where nothing proves that its secret leaked. */
export function approvalOf(row: Row): 1 | 2 {
  return toOutcome(row)?.reason === 'unproven' ? 2 : 1;
}

/** What a person has approved, and signed by the key file. */
export function approvalIn(
  vault: LedgerVault,
  { id, approved, act, approval }: Row,
): Pick<Claim, 'approved' | 'approvedUnproven'> {
  const unproven = approved === 2;
  const of = { unproven, act: Number(act) };
  const isApproved = approved !== 0 && vault.isApproval(String(id), of, String(approval));
  return { approved: isApproved, approvedUnproven: isApproved && unproven };
}

export function toEntry(row: Row, projects: Entry['projects']): Entry {
  return {
    ...toProgress(row),
    id: String(row.id),
    provider: String(row.provider),
    kind: String(row.kind),
    types: toTypes(row),
    state: STATES.find((state) => state === row.state) ?? 'attention',
    outcome: toOutcome(row),
    approved: row.approved !== 0,
    reports: Number(row.reports),
    firstReportedAt: Number(row.first_reported_at),
    lastReportedAt: Number(row.last_reported_at),
    dueAt: row.due_at === null ? null : Number(row.due_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
    projects,
    caller: row.caller === null ? null : String(row.caller),
  };
}

/**
 * @param row of a lane, with the mode that is in place for it
 * @param revoked in the hour that ends now, the oldest first
 * @param full the same of each namespace that has had its share of the hour
 */
export function toLane(
  row: Row,
  revoked: readonly ValveBucket[],
  full: Iterable<readonly ValveBucket[]>,
): LaneState {
  const max = Number(row.valve_max);
  return {
    provider: String(row.provider),
    epoch: Number(row.epoch),
    streak: Number(row.streak),
    pausedUntil: Number(row.paused_until),
    reason: row.reason === null ? null : String(row.reason),
    parked: row.parked === 1,
    mode: row.mode === null ? null : (row.mode as Mode),
    lastDoneAt: row.last_done_at === null ? null : Number(row.last_done_at),
    revokedLastHour: sumOf(revoked),
    valveOpensAt: valveOpensAt(revoked, max),
    shareOpensAt: shareOpensAt(full, max),
  };
}

export function toAnnouncement(row: Row): Announcement {
  const outcome = toOutcome(row);
  return {
    seq: String(row.seq),
    at: Number(row.at),
    kind: row.kind as AnnouncementKind,
    provider: String(row.provider),
    ...(row.id !== null && { id: String(row.id) }),
    ...(outcome && { outcome }),
    ...(row.reason !== null && { reason: String(row.reason) }),
    ...(row.channel !== null && { channel: String(row.channel) }),
    ...(row.notice !== null && { notice: String(row.notice) }),
  };
}
