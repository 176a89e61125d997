/**
 * For a token that its vendor lets in, while the account that it is of has no record of it. That passes: the record was
 * deleted a moment ago, and the token is let in for a while more; or it was made a moment ago, and is not listed yet. What a
 * person would be told until then is wrong soon after.
 */
import { z } from 'zod';
import type { Clock } from '../../words/clock.ts';
import type { Refused, RevokeResult, Step } from '../provider.ts';
import { foundSince, lagLeft, UNDOCUMENTED_LAG_MS } from './on-file.ts';

const NOTE = z.looseObject({ unlistedSince: z.number() });
const OTHER_NOTE = z.record(z.string(), z.unknown()).catch({});

/** Most lists are behind by seconds, and what is listed late lives on until then. */
const SOON_MS = 60_000;

type Waiting = Extract<RevokeResult, { outcome: 'continue' }>;

/** Since when it is so, as an earlier step found, in ms since the epoch. */
export function unlistedSince({ note }: Step): number | undefined {
  return NOTE.safeParse(note).data?.unlistedSince;
}

/**
 * Asks for another step until that must have passed.
 * @param refusal what a person is told then
 * @param since has to be read before a search that leaves a note of its own
 * @param ms how long the vendor lets a token in that has ended, where that is known
 */
export function unlisted(
  step: Step,
  clock: Clock,
  refusal: Refused,
  since = unlistedSince(step) ?? clock.now(),
  ms = UNDOCUMENTED_LAG_MS,
): Refused | Waiting {
  const sinceMs = foundSince({ clock }, since);
  const leftMs = lagLeft({ ms, clock }, sinceMs);
  const { unlistedSince: waited, ...noted } = OTHER_NOTE.parse(step.note);
  if (leftMs <= 0) {
    // Whoever has it tried again, maybe days later, may have deleted the token a moment ago.
    if (waited !== undefined) step.remember(noted);
    return refusal;
  }
  // Lists that are kept for a while are to be read anew by then, so when they were searched first is forgotten.
  const { since: _, ...rest } = noted;
  step.remember({ ...rest, unlistedSince: sinceMs });
  return { outcome: 'continue', afterMs: sinceMs === clock.now() ? SOON_MS : leftMs };
}

/**
 * The same as the sight of an account, see `account.ts`.
 * @param place of the account, at which the token works: that it does not any more shows that it is dead
 */
export function unlistedSight(step: Step, clock: Clock, refusal: Refused, place: string) {
  step.sawAlive(place);
  const result = unlisted(step, clock, refusal);
  if (result.outcome === 'continue') return { state: 'later', afterMs: result.afterMs } as const;
  return { state: 'unable', refusal: result } as const;
}
