/**
 * For vendors that do not know a new key at once, anywhere: whoever reports it as soon as it was made would be told that it is
 * unknown, or dead.
 */
import { z } from 'zod';
import type { RevokeResult, Step } from '../provider.ts';

const NOTE = z.looseObject({ wasUnknown: z.boolean().default(false) }).catch({ wasUnknown: false });

type Waiting = Extract<RevokeResult, { outcome: 'continue' }>;

/**
 * Has a token that no place knows, and that was never seen to work, asked about once more.
 * @param ms after which its vendor knows a new one
 * @param isUnknown somewhere, whatever other places say
 */
export function unlessNew<Result extends { readonly outcome: string }>(
  result: Result,
  step: Step,
  ms: number,
  isUnknown = result.outcome === 'unknown',
): Result | Waiting {
  if (!isUnknown || step.seenAlive.length > 0) return result;
  const note = NOTE.parse(step.note);
  // Whoever tries it again, maybe days later, may have made it a moment ago.
  step.remember({ ...note, wasUnknown: !note.wasUnknown });
  return note.wasUnknown ? result : { outcome: 'continue', afterMs: ms };
}
