/** The kinds of news that a channel of `notify` can ask for. */
import type { Announcement } from '../ledger/ledger.ts';

/** From the most to the least urgent; messages keep this order. */
export const HAPPENINGS = [
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

export type Happening = (typeof HAPPENINGS)[number];

/** What somebody has to act on, and the end of it where it ends by itself. */
export const DEFAULT_HAPPENINGS: readonly Happening[] = [
  'attention',
  'held',
  'lane-paused',
  'lane-parked',
  'lane-resumed',
  'wrong-record',
  'alive-again',
];

/** Undefined for what is no news to a person. */
export function happeningOf({ kind, outcome }: Announcement): Happening | undefined {
  if (kind === 'finding') return undefined;
  return kind === 'attention' && outcome?.reason === 'wrong-record' ? 'wrong-record' : kind;
}

/** Whoever wants to hear of what needs attention wants to hear of the worst of it, too. */
export function isWanted(announcement: Announcement, wanted: readonly Happening[]): boolean {
  const happening = happeningOf(announcement);
  if (happening === undefined) return false;
  return wanted.includes(happening) || (happening === 'wrong-record' && wanted.includes('attention'));
}
