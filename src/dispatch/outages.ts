/** What of a provider fails while its other tokens come to their ends, and so holds up none of them. */
import type { Failure } from '../provider/failure.ts';
import { originOf } from '../provider/upstream.ts';
import type { Clock } from '../words/clock.ts';
import { isOfOurCredential } from './policy.ts';

/**
 * So many entries in a row may fail by what others did without until the lane pauses all the same: an outage of the whole
 * provider costs no more calls than that, and the few that come between the turns of two other projects hold up neither.
 */
const SPARED = 8;

/** So many may fail at an origin that has just answered others: as many as are in hand at once, unless told otherwise. */
const SPARED_WHERE_ANSWERED = 4;

/** A token may name a host that nobody else does; of more places than these the oldest are forgotten, and may pause the lane anew. */
const MAX_PLACES = 1_000;

/** A vendor may lock an account whose credential is refused time and again: so often, at most, are {@link SPARED} more spared. */
const CREDENTIAL_EVERY_MS = 60_000;

/**
 * A token chooses where it is looked for (its region, its kind, its server), so that anybody can have any number looked for
 * at the one place that is away, or by the one credential that is refused; and a vendor may fail at one token again and again.
 * Which place all tokens need is not declared but seen: by what answered those that came to an end.
 */
export class Outages {
  readonly #clock: Clock;
  /** By what failed, and others did without since. */
  readonly #without = new Map<string, Spared>();
  /** By the origins that have answered others. */
  readonly #answering = new Map<string, Spared>();

  /** By the origins that refuse our credential: when that was tried because others could use one there. */
  readonly #refusing = new Map<string, { readonly tries: number; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The failure; of the entry alone where others went on since. What is not known yet pauses the lane.
   * @param together how those of the same call were judged: however many entries it had, it is one failure
   */
  judge(failure: Failure, together: Map<string, boolean> = new Map()): Failure {
    const part = partOf(failure);
    if (part === undefined) return failure;
    if (failure.code === 'credential-refused') this.#noteRefusal(part.slice(OUR_CREDENTIAL.length));
    const isSpared = together.get(part) ?? this.#isSpared(failure, part);
    together.set(part, isSpared);
    return isSpared ? failure.ofEntry() : failure;
  }

  #noteRefusal(origin: string): void {
    keep(this.#refusing, origin, this.#refusing.get(origin) ?? { tries: 0, at: Number.NEGATIVE_INFINITY });
  }

  /**
   * An entry came to its end by a call with a credential of ours: where one was refused, it may be let in again. Of several
   * accounts there each has its own, so that one that stays refused is tried ever less often.
   * @returns whether one of the entries that wait for it should try
   */
  mayBeMended(answeredToUs: ReadonlySet<string>): boolean {
    const now = this.#clock.now();
    let isMended = false;
    for (const origin of answeredToUs) {
      const refusal = this.#refusing.get(origin);
      if (!refusal) continue;
      const { tries, at } = refusal;
      const pauseMs = CREDENTIAL_EVERY_MS * 2 ** Math.min(tries, 5);
      if (now >= at && now < at + pauseMs) continue;
      this.#refusing.set(origin, { tries: tries + 1, at: now });
      isMended = true;
    }
    return isMended;
  }

  /** Whether one that has refused a credential of ours took one; any, where none is known to have refused one. */
  isTakenAgain(answeredToUs: ReadonlySet<string>): boolean {
    if (this.#refusing.size === 0) return answeredToUs.size > 0;
    return [...answeredToUs].some((origin) => this.#refusing.has(origin));
  }

  /** What had waited for it could use our credential there. */
  mended(answeredToUs: ReadonlySet<string>): void {
    for (const origin of answeredToUs) this.#refusing.delete(origin);
  }

  #isSpared(failure: Failure, part: string): boolean {
    const without = takeOne(this.#without, part);
    // Whoever asks for a rest asks for one from all that he answers.
    const isAsked = failure.code === 'throttled' || failure.retryAfterMs !== undefined;
    const answering = !isAsked && this.#answering.has(part) && takeOne(this.#answering, part);
    return without || answering;
  }

  /** An entry came to its end. @param answeredBy the origins that answered its calls; without any it shows nothing */
  ended(answeredBy: ReadonlySet<string>): void {
    if (answeredBy.size === 0) return;
    const now = this.#clock.now();
    for (const [part, { since }] of this.#without) {
      const isTooSoon = part.startsWith(OUR_CREDENTIAL) && now >= since && now < since + CREDENTIAL_EVERY_MS;
      if (!isTooSoon) this.#without.set(part, { left: SPARED, since: now });
    }
    for (const origin of answeredBy) {
      this.#without.delete(origin);
      keep(this.#answering, origin, { left: SPARED_WHERE_ANSWERED, since: now });
    }
  }
}

interface Spared {
  /** How many more entries may fail by it before the lane pauses. */
  readonly left: number;
  /** When that many were given, in ms since the epoch. */
  readonly since: number;
}

/** @returns whether one was left */
function takeOne(spared: Map<string, Spared>, part: string): boolean {
  const { left, since } = spared.get(part) ?? { left: 0, since: Number.NEGATIVE_INFINITY };
  keep(spared, part, { left: Math.max(left - 1, 0), since });
  return left > 0;
}

/** As the newest of all. */
function keep<Kept>(spared: Map<string, Kept>, part: string, as: Kept): void {
  spared.delete(part);
  spared.set(part, as);
  const [oldest] = spared.keys();
  if (spared.size > MAX_PLACES && oldest !== undefined) spared.delete(oldest);
}

const OUR_CREDENTIAL = 'our credential at ';

/**
 * The origin that failed; or our credential there, which an answer of that origin to others does not put right: they may
 * do without it, or without the right that is missing.
 */
function partOf({ code, whose, scope, byLeaked, target }: Failure): string | undefined {
  if (whose !== 'provider' || scope === 'entry' || byLeaked || target === undefined) return undefined;
  const origin = originOf(target);
  return isOfOurCredential(code) ? `${OUR_CREDENTIAL}${origin}` : origin;
}
