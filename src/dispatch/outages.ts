/** What of a provider fails while its other tokens come to their ends, and so holds up none of them. */
import type { Failure } from '../provider/failure.ts';
import { originOf } from '../provider/upstream.ts';

/**
 * So many entries in a row may fail by what others did without until the lane pauses all the same: an outage of the whole
 * provider costs no more calls than that, and the few that come between the turns of two other projects hold up neither.
 */
const SPARED = 8;

/** So many may fail at an origin that has just answered others: as many as are in hand at once, unless told otherwise. */
const SPARED_WHERE_ANSWERED = 4;

/** A token may name a host that nobody else does; of more places than these the oldest are forgotten, and may pause the lane anew. */
const MAX_PLACES = 1_000;

const OF_OUR_CREDENTIAL: ReadonlySet<Failure['code']> = new Set(['credential-refused', 'permission-missing']);

/**
 * A token chooses where it is looked for (its region, its kind, its server), so that anybody can have any number looked for
 * at the one place that is away, or by the one credential that is refused; and a vendor may fail at one token again and again.
 * Which place all tokens need is not declared but seen: by what answered those that came to an end.
 */
export class Outages {
  /** By what failed, and others did without since: how many more entries may fail by it before the lane pauses. */
  readonly #without = new Map<string, number>();
  /** The same by the origins that have answered others. */
  readonly #answering = new Map<string, number>();

  /** The failure; of the entry alone where others went on since. What is not known yet pauses the lane. */
  judge(failure: Failure): Failure {
    const part = partOf(failure);
    if (part === undefined) return failure;
    const without = takeOne(this.#without, part);
    // Whoever asks for a rest asks for one from all that he answers.
    const isAsked = failure.code === 'throttled' || failure.retryAfterMs !== undefined;
    const answering = !isAsked && this.#answering.has(part) && takeOne(this.#answering, part);
    return without || answering ? failure.ofEntry() : failure;
  }

  /** An entry came to its end. @param answeredBy the origins that answered its calls; without any it shows nothing */
  ended(answeredBy: ReadonlySet<string>): void {
    if (answeredBy.size === 0) return;
    for (const part of this.#without.keys()) this.#without.set(part, SPARED);
    for (const origin of answeredBy) {
      this.#without.delete(origin);
      keep(this.#answering, origin, SPARED_WHERE_ANSWERED);
    }
  }
}

/** @returns whether one was left */
function takeOne(left: Map<string, number>, part: string): boolean {
  const count = left.get(part) ?? 0;
  keep(left, part, Math.max(count - 1, 0));
  return count > 0;
}

function keep(left: Map<string, number>, part: string, count: number): void {
  // As the newest of all.
  left.delete(part);
  left.set(part, count);
  const [oldest] = left.keys();
  if (left.size > MAX_PLACES && oldest !== undefined) left.delete(oldest);
}

/**
 * The origin that failed; or our credential there, which an answer of that origin to others does not put right: they may
 * do without it, or without the right that is missing.
 */
function partOf({ code, whose, scope, byLeaked, target }: Failure): string | undefined {
  if (whose !== 'provider' || scope === 'entry' || byLeaked || target === undefined) return undefined;
  const origin = originOf(target);
  return OF_OUR_CREDENTIAL.has(code) ? `our credential at ${origin}` : origin;
}
