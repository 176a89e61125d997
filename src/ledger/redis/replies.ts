/** Between what the port speaks of and what the scripts take and answer. */
import type { Mode } from '../../words/mode.ts';
import type { Outcome } from '../../words/outcome.ts';
import type { Announcement, AnnouncementKind } from '../announcement.ts';
import type { Claim } from '../claim.ts';
import {
  type Cause,
  type Entry,
  type EntryFilter,
  NO_PROGRESS,
  type Phase,
  type Progress,
  type State,
} from '../entry.ts';
import type { LaneState } from '../lane-state.ts';
import { MAX_CANDIDATES } from '../paging.ts';
import { projectsOf, type Scope } from '../places.ts';
import {
  type ProjectOptions,
  type ProjectPage,
  parseProject,
  parseProjectCursor,
  toProject,
  toProjectCursor,
} from '../projects.ts';
import type { StoredSession } from '../session.ts';
import type { Hour, ProviderDay } from '../statistics.ts';
import { HOUR_MS, OF_PROVIDER, toHour, toProviderDays } from '../tallies.ts';
import type { LedgerVault } from '../vault.ts';
import type { LaneLook, ValveUsage } from './lane-look.ts';
import type {
  AnnouncementReply,
  ClaimReply,
  Fields,
  LaneReply,
  LookReply,
  Replies,
  UsageReply,
  Values,
} from './scripts.ts';

/** The fields of an entry's hash that {@link toEntry} reads, in its order. */
export const ENTRY_FIELDS = [
  ...['number', 'provider', 'kind', 'types', 'state', 'outcome', 'approved', 'repeats'],
  ...['first_reported', 'last_reported', 'due', 'ended'],
  ...['caller', 'phase', 'attempts', 'verifications', 'deferrals'],
] as const;

/** In the hash of an entry that began with an outcome, the same as JSON; its first event tells it. */
export const FIRST_OUTCOME = 'first_outcome';

/** In the hash of an entry: what the vendor told of it, sealed. */
export const SUBJECT = 'subject';

/** In the hash of an entry: which act an approval is for; absent for the first. */
export const ACT = 'act';

/** In the hash of an entry: how many of its locations made room. */
export const LEFT_OUT = 'left_out';

/** As the scripts name a project: the path comes first, so that names sort by it. */
function scopeNamed(name: string): Scope {
  const [project = '', instance = ''] = name.split('\n');
  return { instance, project };
}

export function listArguments(filter: Omit<EntryFilter, 'since' | 'until'>): readonly string[] {
  const { provider = '', state = '', type = '', outcome = '', reason = '', caller = '', id = '' } = filter;
  const { instance, path } = parseProject(filter.project ?? '');
  const byProject = filter.project === undefined ? '' : '1';
  return [provider, state, type, outcome, reason, caller, id, byProject, instance, path];
}

export function projectsArguments({ project = '', cursor, limit }: ProjectOptions): Values {
  const { instance, path } = parseProject(project);
  const behind = parseProjectCursor(cursor);
  const last = Buffer.from(`${behind.project}\n${behind.instance}`);
  const ranges =
    path === ''
      ? [['', '\u{10FFFF}']]
      : [
          [`${path}\n`, `${path}\v`],
          [`${path}/`, `${path}0`],
        ];
  // Not in the script: there texts compare as the server's locale has it.
  const bounds = ranges.flatMap(([from = '', to = '']) => [
    cursor !== undefined && Buffer.compare(last, Buffer.from(from)) > 0 ? `(${last}` : `[${from}`,
    `(${to}`,
  ]);
  return [limit, instance === '' ? limit + 1 : MAX_CANDIDATES, instance, ...bounds];
}

export function toProjectPage([last, ...found]: Replies['projects']): ProjectPage {
  const projects = found.map(([name, namesAndValues]) => {
    const tallies: Record<string, number> = {};
    for (let index = 0; index < namesAndValues.length; index += 2) {
      tallies[namesAndValues[index] ?? ''] = Number(namesAndValues[index + 1]);
    }
    return toProject(scopeNamed(name), tallies);
  });
  return { projects, ...(last !== '' && { cursor: toProjectCursor(scopeNamed(last)) }) };
}

/** @param reply provider, state and names of the outcome, one a line, then the number of entries, and so on */
export function toCauses(reply: Replies['causes']): Cause[] {
  const causes: Cause[] = [];
  for (let at = 0; at < reply.length; at += 2) {
    const [provider = '', state, why = '[]'] = String(reply[at]).split('\n');
    const [outcome = '', reason = ''] = JSON.parse(why) as string[];
    causes.push({ provider, state: state as State, outcome, reason, entries: Number(reply[at + 1]) });
  }
  return causes;
}

export function progressArguments({
  phase,
  attempts,
  verifications,
  deferrals,
}: Progress): (string | number)[] {
  return [phase, attempts, verifications, deferrals];
}

function toProgress([phase, attempts, verifications, deferrals]: Fields): Progress {
  return {
    phase: (phase ?? NO_PROGRESS.phase) as Phase,
    attempts: Number(attempts),
    verifications: Number(verifications),
    deferrals: Number(deferrals),
  };
}

export function toClaim(vault: LedgerVault, provider: string, reply: ClaimReply): Claim {
  const [id, lease, sealed, approval, act, kind, note, approved, state, firstReportedAt, ...progress] = reply;
  const unproven = approved === '2';
  const of = { unproven, act: Number(act) };
  const isApproved = Number(approved) > 0 && vault.isApproval(id, of, approval ?? '');
  return {
    ...toProgress(progress),
    // Without a text, which Redis may have evicted, nothing can be opened.
    ...{ id, lease, provider, kind, sealed: sealed ?? '', note },
    approved: isApproved,
    approvedUnproven: isApproved && unproven,
    state: state === 'attention' ? 'attention' : 'queued',
    firstReportedAt: Number(firstReportedAt),
  };
}

/** @param projects as the scripts name them */
export function toEntry(id: string, fields: Fields, projects: readonly string[]): Entry {
  const [, provider, kind, types, state, outcome, approved, repeats, ...times] = fields;
  const [firstReportedAt, lastReportedAt, dueAt, endedAt, caller, ...progress] = times;
  return {
    ...toProgress(progress),
    id,
    provider: String(provider),
    kind: String(kind),
    types: JSON.parse(types ?? '[]'),
    state: state as State,
    outcome: outcome ? JSON.parse(outcome) : null,
    approved: Number(approved) > 0,
    reports: 1 + Number(repeats),
    firstReportedAt: Number(firstReportedAt),
    lastReportedAt: Number(lastReportedAt ?? firstReportedAt),
    dueAt: dueAt ? Number(dueAt) : null,
    endedAt: endedAt ? Number(endedAt) : null,
    projects: projectsOf(projects.map(scopeNamed)),
    caller: caller ?? null,
  };
}

export function toLane(reply: LaneReply): LaneState {
  const [provider, epoch, streak, pausedUntil, reason, parked, mode, lastDoneAt, ...valve] = reply;
  const [revokedLastHour, opensAt, shareOpensAt] = valve;
  return {
    ...{ provider, epoch, streak, pausedUntil, revokedLastHour },
    reason: reason || null,
    parked: parked === 1,
    mode: mode ? (mode as Mode) : null,
    lastDoneAt: lastDoneAt ? Number(lastDoneAt) : null,
    valveOpensAt: opensAt === '' ? null : opensAt,
    shareOpensAt: shareOpensAt === '' ? null : shareOpensAt,
  };
}

export function toLook([lane, valveMax, probeEnd, probeEpoch, usage]: LookReply): LaneLook {
  return { lane: toLane(lane), valveMax, probeEnd, probeEpoch, usage: toUsage(usage) };
}

export function toUsage([revoked, hand]: UsageReply): ValveUsage {
  return {
    revoked: pairsOf(revoked).map(([field, entries]) => {
      const [bucket, share = ''] = field.split(':');
      return { bucket: Number(bucket), share, entries: Number(entries) };
    }),
    hand: pairsOf(hand).map(([until, share]) => ({ until: Number(until), share })),
  };
}

/** @param list names and values */
export function toRecord(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairsOf(list));
}

export function pairsOf(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, index) => [
    list[2 * index] ?? '',
    list[2 * index + 1] ?? '',
  ]);
}

export function toHours(days: Replies['hours']): Hour[] {
  return talliesOf(days, (name) => !name.startsWith(OF_PROVIDER)).map(([at, tallies]) => toHour(at, tallies));
}

export function toDays(days: Replies['hours']): ProviderDay[] {
  const found = talliesOf(days, (name) => name.startsWith(OF_PROVIDER));
  return found.flatMap(([at, tallies]) => toProviderDays(at, tallies));
}

/** @param days of each, the number of an hour and the name of a tally, its value, and so on */
function talliesOf(
  days: Replies['hours'],
  isMeant: (name: string) => boolean,
): [at: number, tallies: Record<string, number>][] {
  const hours = new Map<number, Record<string, number>>();
  for (const [field, entries] of days.flatMap(pairsOf)) {
    const colon = field.indexOf(':');
    const [at, name] = [Number(field.slice(0, colon)) * HOUR_MS, field.slice(colon + 1)];
    if (!isMeant(name)) continue;
    const tallies = hours.get(at) ?? {};
    tallies[name] = Number(entries);
    hours.set(at, tallies);
  }
  return [...hours].sort(([a], [b]) => a - b);
}

export function toAnnouncement([id, namesAndValues]: AnnouncementReply): Announcement {
  const fields = toRecord(namesAndValues);
  return {
    seq: id.replace('-0', ''),
    at: Number(fields.at),
    kind: fields.kind as AnnouncementKind,
    provider: String(fields.provider),
    ...(fields.id !== undefined && { id: fields.id }),
    ...(fields.outcome !== undefined && { outcome: JSON.parse(fields.outcome) as Outcome }),
    ...(fields.reason !== undefined && { reason: fields.reason }),
    ...(fields.channel !== undefined && { channel: fields.channel }),
    ...(fields.notice !== undefined && { notice: fields.notice }),
  };
}

/** @returns undefined when it cannot be opened */
export function toSession(vault: LedgerVault, id: string, stored: string): StoredSession | undefined {
  const [version, until, sealed = ''] = stored.split(' ');
  const content = vault.openSession(id, sealed);
  return content === undefined ? undefined : { id, version: Number(version), until: Number(until), content };
}
