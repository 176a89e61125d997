/** What of a provider fails while its other tokens come to their ends, and so holds up none of them. */
import type { Failure } from '../provider/failure.ts';
import { originOf } from '../provider/upstream.ts';

/**
 * So many entries in a row may fail for the same reason until the lane pauses all the same: an outage of the whole provider
 * costs no more calls than that, and the few that come between the turns of two other projects hold up neither.
 */
const SPARED = 8;

const OF_OUR_CREDENTIAL: ReadonlySet<Failure['code']> = new Set(['credential-refused', 'permission-missing']);

/**
 * A token chooses where it is looked for (its region, its kind, its server), so that anybody can have any number looked for
 * at the one place that is away, or by the one credential that is refused. Which of them all tokens need is not declared
 * but seen: by what answered those that came to an end since.
 */
export class Outages {
  /** By what failed: how many more entries may fail by it before the lane pauses. */
  readonly #left = new Map<string, number>();

  /** The failure, of the entry alone where others went on since. The first one pauses the lane, which tells the operator. */
  judge(failure: Failure): Failure {
    const part = partOf(failure);
    if (part === undefined) return failure;
    const left = this.#left.get(part) ?? 0;
    this.#left.set(part, Math.max(left - 1, 0));
    return left > 0 ? failure.ofEntry() : failure;
  }

  /** An entry came to its end. @param answeredBy the origins that answered its calls; without any it shows nothing */
  ended(answeredBy: ReadonlySet<string>): void {
    if (answeredBy.size === 0) return;
    for (const part of this.#left.keys()) {
      if (answeredBy.has(part)) this.#left.delete(part);
      else this.#left.set(part, SPARED);
    }
  }
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
