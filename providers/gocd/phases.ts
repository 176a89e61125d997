/** When a burst goes on to its next phase, and when it ends; see `burst.ts`. */
import { type Burst, newestOf, type Use, usesOf } from './uses.ts';

export type Verdict =
  | 'going-on'
  | 'identified'
  | 'several-rest'
  | 'none-rests'
  | 'nobody-keeps-up'
  | 'too-long';

/** Flushes that are needed to identify the only record that keeps up, and to know that several do. */
const FLUSHES_TO_NAME = 2;
const FLUSHES_TO_DOUBT = 4;
/** Intervals between flushes that a record has to rest. */
const FLUSHES_OF_SILENCE = 2;
/** A burst ends after this many of the longest intervals between two flushes. */
const LONGEST_FLUSHES = 20;

export function fresh(list: readonly Use[], ids: readonly number[], now: number) {
  return {
    uses: usesOf(list, ids),
    newest: newestOf(list),
    flushes: 0,
    lists: 0,
    sentAt: null,
    gapMs: 0,
    gapBeforeMs: 0,
    flushSeen: null,
    listedAt: now,
    phaseAt: now,
  };
}

export function isProbing({ phase }: Burst): boolean {
  return phase === 'probing' || phase === 'confirming';
}

export function leftIn({ uses }: Burst): readonly number[] {
  return uses.map(([id]) => id);
}

/** @param flushed whether the list shows another flush than the one before */
export function concluded(
  burst: Burst,
  list: readonly Use[],
  now: number,
  limitMs: number,
  flushed: boolean,
): { readonly burst: Burst; readonly verdict: Verdict } {
  const { phase, uses, flushes } = burst;
  const ids = leftIn(burst);
  const quietMs = now - burst.phaseAt;
  const periodMs = Math.max(limitMs, burst.flushMs * 1.25);
  const moveTo = (to: Burst['phase']) => ({
    burst: { ...burst, ...fresh(list, ids, now), phase: to },
    verdict: 'going-on' as const,
  });
  if (uses.length === 0) return { burst, verdict: phase === 'silent' ? 'none-rests' : 'nobody-keeps-up' };
  if (isProbing(burst)) {
    const enough = phase === 'confirming' ? 1 : FLUSHES_TO_NAME;
    if (uses.length === 1 && flushes >= enough) return { burst, verdict: 'identified' };
    if (flushes >= FLUSHES_TO_DOUBT) return moveTo('settling');
  } else if (phase === 'settling') {
    // What we used last is written with the next flush, which nobody sees when all others rest.
    if (flushed || quietMs > periodMs) return moveTo('silent');
  } else if (isSilenceOver(burst, quietMs, periodMs, limitMs)) {
    return uses.length === 1 ? moveTo('confirming') : { burst, verdict: 'several-rest' };
  }
  const isLate = now - burst.startedAt > LONGEST_FLUSHES * limitMs;
  return { burst, verdict: isLate ? 'too-long' : 'going-on' };
}

function isSilenceOver({ flushes }: Burst, quietMs: number, periodMs: number, limitMs: number): boolean {
  if (quietMs > FLUSHES_OF_SILENCE * periodMs) return true;
  return flushes >= FLUSHES_OF_SILENCE && quietMs >= limitMs / 2;
}
