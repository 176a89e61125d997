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
import { outcomeNames } from '../outcome-names.ts';
import { MAX_CANDIDATES } from '../paging.ts';
import { projectsOf, type Scope, type ShownPlaces, shownPlaces, storedPlace } from '../places.ts';
import {
  type ProjectOptions,
  type ProjectPage,
  parseProject,
  parseProjectCursor,
  toProject,
  toProjectCursor,
} from '../projects.ts';
import type { RepeatedReport, ReportedToken } from '../report.ts';
import type { StoredSession } from '../session.ts';
import { createShareKeys, type ShareKeys } from '../shares.ts';
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

/** What a script takes. */
export type Values = readonly (string | number)[];

/** What many reports have in common is told once, and called by its number then. */
class Routes {
  readonly #numbers = new Map<string, number>();
  readonly #values: (string | number)[] = [];

  numberOf(values: Values): number {
    const name = values.join('\0');
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(name, number);
    this.#values.push(...values);
    return number;
  }

  /** What the script takes: first their number, then the routes, then the reports. */
  with(reports: Values): Values {
    return [this.#numbers.size, ...this.#values, ...reports];
  }
}

export function reportArguments(reports: readonly ReportedToken[], vault: LedgerVault): Values {
  const keysOf = createShareKeys();
  const routes = new Routes();
  const each: (string | number)[] = [];
  let before: ReportedToken | undefined;
  let number = 0;
  for (const report of reports) {
    const { id, location, beyond } = report;
    if (!before || !isOnRouteOf(report, before)) {
      number = routes.numberOf(routeValues(report, keysOf(report.share)));
    }
    before = report;
    const place = placeArguments(vault, id, location);
    const beyondPlace = beyond ? placeArguments(vault, beyond.id, location) : ['', ''];
    each.push(number, id, ...place, report.sealed, report.finding ?? '', ...beyondPlace);
  }
  return routes.with(each);
}

export function repeatArguments(reports: readonly RepeatedReport[], vault: LedgerVault): Values {
  const routes = new Routes();
  const each: (string | number)[] = [];
  let before: RepeatedReport | undefined;
  let number = 0;
  for (const report of reports) {
    const { id, type, location, readable, finding = '', restarts, recheckEndedBefore } = report;
    const isAsBefore =
      type === before?.type &&
      restarts === before.restarts &&
      recheckEndedBefore === before.recheckEndedBefore;
    if (!isAsBefore) {
      number = routes.numberOf([type, JSON.stringify(restarts), recheckEndedBefore ?? '']);
    }
    before = report;
    // With the space that stands behind the key of a place that is read; without it, either fits.
    const place = location === '' ? '' : vault.placeKey(id, location) + (readable ? ' ' : '');
    each.push(number, id, place, finding);
  }
  return routes.with(each);
}

/** As the script of accept has it. */
const UNREADABLE = '!';

/** Name and text of a place; both are empty where there is none. */
export function placeArguments(
  vault: LedgerVault,
  id: string,
  location: string,
): [key: string, place: string] {
  if (location === '') return ['', ''];
  const { key, instance, project, sealed } = storedPlace(vault, id, location);
  return [key, [instance, project, sealed].join('\n')];
}

/**
 * @param stored texts of {@link placeArguments}, oldest first
 * @param keys of these places, each with a space behind it, and a mark before that where nothing is read
 */
export function toPlaces(
  vault: LedgerVault,
  id: string,
  stored: readonly string[],
  keys: string,
): ShownPlaces {
  const places = stored.map((place) => place.split('\n'));
  const marks = keys.split(' ');
  return shownPlaces(
    places.map(([, , sealed = ''], index) => ({
      location: vault.openPlace(id, sealed),
      readable: !marks[index]?.endsWith(UNREADABLE),
    })),
  );
}

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

/** What is told of each report by itself. */
type OwnField = 'id' | 'location' | 'sealed' | 'finding';
type RouteField = Exclude<keyof ReportedToken, OwnField>;

interface RoutePart {
  /** Lists and outcomes are told apart by their identity. */
  readonly isSame: (one: ReportedToken, other: ReportedToken) => boolean;
  /** What the script takes of it. */
  readonly values: (report: ReportedToken, keys: ShareKeys) => Values;
}

/**
 * What most reports have in common with many others, in the order of the script. Functions of their own for each field:
 * to read fields by their names takes three times as long.
 */
const ROUTE: Readonly<Record<RouteField, RoutePart>> = {
  provider: {
    isSame: (one, other) => one.provider === other.provider,
    values: ({ provider }) => [provider],
  },
  kind: {
    isSame: (one, other) => one.kind === other.kind,
    values: ({ kind }) => [kind],
  },
  type: {
    isSame: (one, other) => one.type === other.type,
    values: ({ type }) => [type],
  },
  initial: {
    isSame: (one, other) => one.initial === other.initial,
    values({ initial }) {
      const outcome = initial.state === 'queued' ? undefined : initial.outcome;
      return [initial.state, outcome ? JSON.stringify(outcome) : '', outcomeNames(outcome)];
    },
  },
  restarts: {
    isSame: (one, other) => one.restarts === other.restarts,
    values: ({ restarts }) => [JSON.stringify(restarts)],
  },
  recheckEndedBefore: {
    isSame: (one, other) => one.recheckEndedBefore === other.recheckEndedBefore,
    values: ({ recheckEndedBefore = '' }) => [recheckEndedBefore],
  },
  restartsAtNewPlace: {
    isSame: (one, other) => one.restartsAtNewPlace === other.restartsAtNewPlace,
    values: ({ restartsAtNewPlace = [] }) => [JSON.stringify(restartsAtNewPlace)],
  },
  share: {
    isSame: ({ share: one }, { share: other }) =>
      one?.project === other?.project && one?.namespace === other?.namespace && one?.group === other?.group,
    values: (_report, { group, namespace, project, limited }) => [group, namespace, project, limited ?? ''],
  },
  beyond: {
    isSame: ({ beyond: one }, { beyond: other }) => one?.id === other?.id && one?.after === other?.after,
    values: ({ beyond }) => [beyond?.id ?? '', beyond?.after ?? 0],
  },
  readable: {
    isSame: (one, other) => one.readable === other.readable,
    values: ({ readable }) => [readable ? 1 : 0],
  },
  caller: {
    isSame: (one, other) => one.caller === other.caller,
    values: ({ caller = '' }) => [caller],
  },
};
const ROUTE_PARTS = Object.values(ROUTE);

/** Most reports have their route in common with the one before. */
function isOnRouteOf(report: ReportedToken, before: ReportedToken): boolean {
  return ROUTE_PARTS.every(({ isSame }) => isSame(report, before));
}

function routeValues(report: ReportedToken, keys: ShareKeys): Values {
  return ROUTE_PARTS.flatMap(({ values }) => values(report, keys));
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
  const [provider, epoch, streak, pausedUntil, reason, parked, mode, lastDoneAt, revokedLastHour, opensAt] =
    reply;
  return {
    ...{ provider, epoch, streak, pausedUntil, revokedLastHour },
    reason: reason || null,
    parked: parked === 1,
    mode: mode ? (mode as Mode) : null,
    lastDoneAt: lastDoneAt ? Number(lastDoneAt) : null,
    valveOpensAt: opensAt === '' ? null : opensAt,
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
