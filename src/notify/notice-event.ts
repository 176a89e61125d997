/** The kinds of news that a channel of `notify` can ask for. */
import type { Announcement } from '../ledger/announcement.ts';

/** From the most to the least urgent; messages keep this order. */
export const NOTICE_EVENTS = [
  'wrong-record',
  'alive-again',
  'attention',
  'held',
  'lane-parked',
  'lane-paused',
  'lane-resumed',
  'done',
  'dismissed',
] as const;

export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** What somebody has to act on, and the end of it where it ends by itself. */
export const DEFAULT_NOTICE_EVENTS: readonly NoticeEvent[] = [
  'attention',
  'held',
  'lane-paused',
  'lane-parked',
  'lane-resumed',
  'wrong-record',
  'alive-again',
];

/** What concerns those whose secret it was. */
export const OWNER_EVENTS = [
  'alive-again',
  'attention',
  'held',
  'done',
] as const satisfies readonly NoticeEvent[];

/** Undefined for what is no news: of an entry that only led to others, those are told. */
export function noticeEventOf({ kind, outcome }: Announcement): NoticeEvent | undefined {
  if (kind === 'finding' || kind === 'send-again' || outcome?.kind === 'followed') return undefined;
  return kind === 'attention' && outcome?.reason === 'wrong-record' ? 'wrong-record' : kind;
}

/** A channel that wants `attention` also gets the most urgent kinds of it. */
export function isWanted(announcement: Announcement, wanted: readonly NoticeEvent[]): boolean {
  const event = noticeEventOf(announcement);
  if (event === undefined) return false;
  return wanted.includes(event) || (event === 'wrong-record' && wanted.includes('attention'));
}
