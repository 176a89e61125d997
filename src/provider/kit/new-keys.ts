/**
 * For vendors that do not know a new key at once, anywhere: whoever reports it as soon as it was made would be told that it is
 * unknown, or dead.
 */
import { z } from 'zod';
import type { RevokeResult, Step } from '../provider.ts';

const NOTE = z.looseObject({ wasUnknown: z.boolean().default(false) }).catch({ wasUnknown: false });

type Waiting = Extract<RevokeResult, { outcome: 'continue' }>;

/** Whether no place knew it, as an earlier step found. */
export function wasUnknown({ note }: Step): boolean {
  return NOTE.parse(note).wasUnknown;
}

/**
 * Has a token that no place knows, and that was never seen to work, asked about once more.
 * @param ms after which its vendor knows a new one
 * @param isAgain has to be read before a search that leaves a note of its own
 */
export function unlessNew<Result extends { readonly outcome: string }>(
  result: Result,
  step: Step,
  ms: number,
  isAgain = wasUnknown(step),
): Result | Waiting {
  const mayBeNew = result.outcome === 'unknown' && step.seenAlive.length === 0;
  return mayBeNew ? onceMore(result, step, ms, isAgain) : result;
}

/** The same for one that was seen to work a moment ago, at a vendor of whom one server knows a new one before the next does. */
export function onceMore<Result>(
  result: Result,
  step: Step,
  ms: number,
  isAgain = wasUnknown(step),
): Result | Waiting {
  // Whoever tries it again, maybe days later, may have made it a moment ago.
  step.remember({ ...NOTE.parse(step.note), wasUnknown: !isAgain });
  return isAgain ? result : { outcome: 'continue', afterMs: ms };
}
