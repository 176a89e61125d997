/** What one message says, whatever carries it: counted, with the most urgent entries first, and free of secrets. */
import { createHash } from 'node:crypto';
import type { Announcement } from '../ledger/announcement.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Outcome } from '../words/outcome.ts';
import { type Subject, subjectLines, withoutMarkup } from '../words/subject.ts';
import type { AnnouncementsToDeliver } from './channel.ts';
import { NOTICE_EVENTS, type NoticeEvent, noticeEventOf } from './notice-event.ts';

export interface Notice {
  /** The same whenever the same news is sent again to the same channel. */
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly counts: readonly NoticeCount[];
  /** The first of them; `moreEntries` are not listed. */
  readonly entries: readonly NoticeEntry[];
  readonly moreEntries: number;
  readonly lanes: readonly NoticeLane[];
  /** How many earlier announcements were dropped because too many waited for this channel. */
  readonly missed: number;
  /** The dashboard, where its address is configured. */
  readonly dashboard?: string;
}

/** Entries to which the same happened. */
export interface NoticeCount {
  readonly event: NoticeEvent;
  readonly provider: string;
  readonly outcome?: NoticeOutcome;
  readonly entries: number;
}

export interface NoticeEntry {
  readonly event: NoticeEvent;
  readonly id: string;
  readonly provider: string;
  /** Absent, like its types, when the ledger keeps the entry no more. */
  readonly kind?: string;
  readonly types: readonly string[];
  readonly outcome?: NoticeOutcome;
  /** One constant sentence: what a person should do. */
  readonly advice?: string;
  /** What the vendor told of it, in words without markup: whose it is, what it reaches. */
  readonly subject?: Readonly<Record<string, string>>;
  /** Its page on the dashboard. */
  readonly url?: string;
}

export interface NoticeLane {
  readonly event: NoticeEvent;
  readonly provider: string;
  readonly reason?: string;
}

export type NoticeOutcome = Pick<Outcome, 'kind' | 'verified' | 'reason'>;

export interface NoticeOptions {
  readonly channel: string;
  readonly ledger: Pick<Ledger, 'get'>;
  /** How many entries are listed. */
  readonly listed: number;
  readonly publicUrl?: string | undefined;
}

type OfEntry = Announcement & { readonly id: string };

export async function createNotice(
  { announcements, missed, newest: newestOfAll }: AnnouncementsToDeliver,
  { channel, ledger, listed, publicUrl }: NoticeOptions,
): Promise<Notice> {
  const newest = announcements.at(-1) ?? newestOfAll;
  const ofEntries = inOrder(onePerSubject(announcements.filter(isOfEntry)));
  return {
    id: noticeId(channel, newest),
    at: newest.at,
    counts: counted(ofEntries),
    entries: await Promise.all(
      ofEntries.slice(0, listed).map((announcement) => describe(announcement, ledger, publicUrl)),
    ),
    moreEntries: Math.max(0, ofEntries.length - listed),
    lanes: inOrder(onePerSubject(stillTrue(announcements.filter(({ id }) => id === undefined)))).map(lane),
    missed,
    ...(publicUrl !== undefined && { dashboard: `${publicUrl}/` }),
  };
}

function isOfEntry(announcement: Announcement): announcement is OfEntry {
  return announcement.id !== undefined;
}

/** Of repeated events of an entry or a lane, keeps the last one. */
function onePerSubject<T extends Announcement>(announcements: readonly T[]): readonly T[] {
  const bySubject = announcements.map((each): [string, T] => [
    `${noticeEventOf(each)} ${each.id ?? each.provider}`,
    each,
  ]);
  return [...new Map(bySubject).values()];
}

/** Drops a stop that has ended, and an end after which the lane stopped again. */
function stillTrue(ofLanes: readonly Announcement[]): readonly Announcement[] {
  return [...Map.groupBy(ofLanes, ({ provider }) => provider).values()].flatMap((ofLane) => {
    const end = ofLane.findLastIndex(({ kind }) => kind === 'lane-resumed');
    return end === ofLane.length - 1 ? ofLane.slice(end) : ofLane.slice(end + 1);
  });
}

function inOrder<T extends Announcement>(announcements: readonly T[]): readonly T[] {
  const rank = (each: T) => NOTICE_EVENTS.indexOf(noticeEventOf(each) ?? 'dismissed');
  return [...announcements].sort((a, b) => rank(a) - rank(b));
}

function counted(announcements: readonly OfEntry[]): readonly NoticeCount[] {
  const counts = new Map<string, NoticeCount>();
  for (const announcement of announcements) {
    const { provider } = announcement;
    const what = { event: eventOf(announcement), provider, ...outcomeOf(announcement) };
    const key = JSON.stringify(what);
    counts.set(key, { ...what, entries: (counts.get(key)?.entries ?? 0) + 1 });
  }
  return [...counts.values()];
}

async function describe(
  announcement: OfEntry,
  ledger: Pick<Ledger, 'get'>,
  publicUrl: string | undefined,
): Promise<NoticeEntry> {
  const { id, provider, outcome } = announcement;
  const entry = await ledger.get(id);
  return {
    event: eventOf(announcement),
    ...{ id, provider, types: (entry?.types ?? []).map(harmless) },
    ...(entry && { kind: entry.kind }),
    ...outcomeOf(announcement),
    ...(outcome?.advice !== undefined && { advice: outcome.advice }),
    ...(entry?.subject && { subject: inPlainWords(entry.subject) }),
    ...(publicUrl !== undefined && { url: `${publicUrl}/revocations/${id}` }),
  };
}

function inPlainWords(subject: Subject): Readonly<Record<string, string>> {
  return Object.fromEntries(subjectLines(subject).map(([label, value]) => [label, withoutMarkup(value)]));
}

function lane(announcement: Announcement): NoticeLane {
  const { provider, reason } = announcement;
  return { event: eventOf(announcement), provider, ...(reason !== undefined && { reason }) };
}

/** Without the evidence: that is for the dashboard. */
function outcomeOf({ outcome }: Announcement): { readonly outcome?: NoticeOutcome } {
  if (!outcome) return {};
  const { kind, verified, reason } = outcome;
  return { outcome: { kind, verified, ...(reason !== undefined && { reason }) } };
}

function eventOf(announcement: Announcement): NoticeEvent {
  return noticeEventOf(announcement) ?? 'dismissed';
}

const MAX_TYPE_LENGTH = 100;

/** A type string is other people's text: nothing is left in it that any receiver could take for markup. */
function harmless(type: string): string {
  return type.replace(/[^\w .:/()+-]/g, '?').slice(0, MAX_TYPE_LENGTH);
}

/** By more than its number: another Quash, or another ledger, counts the same numbers for channels of the same names. */
function noticeId(channel: string, newest: Announcement): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([channel, newest]))
    .digest('base64url');
  return `quash_${digest.slice(0, 32)}`;
}
