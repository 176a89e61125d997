/**
 * A list that is searched for one token after the other, and that may cost many calls: all client secrets of an
 * organization, say. However many tokens somebody invents, one reading serves all that wait; it goes on from step to step,
 * and the next one begins only after the calls of the last one had their time.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../words/clock.ts';
import type { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import type { Step } from '../provider.ts';

/** A step has some seconds, and holds one of the places of its lane. */
const CALLS_A_STEP = 20;

/** However many tokens are reported, the list is read so often: its owner's systems share the vendor's limit. */
const KEPT_MS = 60_000;
const KEPT_MS_A_CALL = 750;

/** Whoever read a part goes on soon; the others are told by what that finds. */
const GO_ON_MS = 1_000;
const WAIT_MS = 10_000;

/** One that nobody has gone on with for so long is out of date. */
const ABANDONED_MS = 60 * 60 * 1000;

/** What one call of a reading brought. */
export interface ListPart<Item, Cursor> {
  /**
   * Each under the key by which it is searched for, which is never a secret itself: see {@link digestOf}. What is the same in
   * all of its fields is the same record, so an id is one of them.
   */
  readonly items: readonly (readonly [key: string, item: Item])[];
  /** From where the reading goes on; undefined at the end of the list. */
  readonly next: Cursor | undefined;
}

export interface SearchedListOptions<Item, Cursor> {
  readonly clock: Clock;
  readonly first: Cursor;
  /** So that no list, and no vendor that repeats a page, is read without end. */
  readonly maxCalls: number;
  /** Makes one call, as the cursor says. */
  read(cursor: Cursor, signal: AbortSignal): Promise<ListPart<Item, Cursor>>;
  /**
   * Whether the cursor asks for a page behind the first by its number. A record that is deleted while the list is read, by Quash
   * itself say, moves one from the beginning of such a page to the end of the page before, where nobody reads it any more. So
   * nothing is missing there before two readings in a row lack it.
   */
  isByNumber?(cursor: Cursor): boolean;
}

/** It is not known yet; what is kept of the reading goes on, or is read anew, after so long. */
export interface Later {
  readonly state: 'later';
  readonly afterMs: number;
}

/** When the token was first searched for, in ms since the epoch, beside what else is noted. */
const NOTE = z.looseObject({ since: z.number().optional().catch(undefined) }).catch({});

interface Reading<Item, Cursor> {
  readonly startedMs: number;
  readonly items: Map<string, readonly Item[]>;
  /** All of them as text: one that moves to the next page, as another is made meanwhile, is read once more. */
  readonly seen: Set<string>;
  /** Undefined at the end of the list. */
  cursor: Cursor | undefined;
  calls: number;
  lastCallMs: number;
  /** A record may have moved past it. */
  mayLack: boolean;
  /**
   * Whether the last call was answered with something else than a page: the cursor may have ended, as those of Microsoft's Graph
   * do (`Directory_ExpiredPageToken`, microsoftgraph/msgraph-sdk-java#368), or what it names be gone.
   */
  isRefused: boolean;
}

export class SearchedList<Item, Cursor> {
  readonly #options: SearchedListOptions<Item, Cursor>;
  #reading: Reading<Item, Cursor> | undefined;
  /** The whole one before, where it may lack something. */
  #before: Reading<Item, Cursor> | undefined;
  /** What a reading had that may lack others, as it was given to who searched. */
  readonly #unsure = new WeakMap<readonly Item[], Reading<Item, Cursor>>();
  #isBusy = false;

  constructor(options: SearchedListOptions<Item, Cursor>) {
    this.#options = options;
  }

  /**
   * What the list has under the key: at once where the reading has come upon it, which may be some minutes old, so look
   * again before anything changes. Nothing only by a reading that began after the token was searched for first.
   * @throws {Failure}
   */
  find(key: string, step: Step): Promise<readonly Item[] | Later | 'too-many'> {
    return this.#search(key, step, () => true);
  }

  /** All that it has under the key, however long that takes to read. @throws {Failure} */
  findAll(key: string, step: Step): Promise<readonly Item[] | Later | 'too-many'> {
    return this.#search(key, step, isOver);
  }

  /**
   * The same by a reading that began after the token was searched for first, for a key that tells only a part of it: what
   * an older one has may all be others.
   * @throws {Failure}
   */
  findAnew(key: string, step: Step): Promise<readonly Item[] | Later | 'too-many'> {
    return this.#search(key, step, () => false);
  }

  /**
   * For a key that tells only a part of the token, once all were tried and are others.
   * @param items that {@link findAnew} had: meanwhile, another search may have begun to read anew
   * @returns until when that says nothing; undefined where the token is not in the list
   */
  notAmong(items: readonly Item[]): Later | undefined {
    const reading = this.#unsure.get(items);
    return reading && later(this.#dueInMs(reading));
  }

  /** @param isEnough whether what a reading has is, be it older than the search or not at its end */
  async #search(
    key: string,
    step: Step,
    isEnough: (reading: Reading<Item, Cursor>) => boolean,
  ): Promise<readonly Item[] | Later | 'too-many'> {
    const sinceMs = this.#firstSearchOf(step);
    const hit = () => {
      const reading = this.#reading;
      const isUsable = reading && !this.#isOutOfDate(reading, sinceMs) && isEnough(reading);
      return isUsable ? reading.items.get(key) : undefined;
    };
    const isHit = () => hit() !== undefined;
    const hasRead = isHit() || (await this.#goOn(sinceMs, isHit, step.signal));
    const found = hit();
    if (found) return found;
    const reading = this.#reading;
    if (!reading) return later(WAIT_MS);
    if (!this.#isEnded(reading)) return later(hasRead ? GO_ON_MS : WAIT_MS);
    if (reading.startedMs < sinceMs) return later(this.#dueInMs(reading));
    if (!isOver(reading)) return 'too-many';
    const isSure = this.#isSure(reading, sinceMs);
    const items = reading.items.get(key) ?? [];
    if (!isSure) return items.length > 0 ? this.#asUnsure(items, reading) : later(this.#dueInMs(reading));
    // What the one before has may have moved while this one was read.
    const others = (reading.mayLack && this.#before?.items.get(key)) || [];
    const lacked = others.filter((item) => !reading.seen.has(JSON.stringify([key, item])));
    return lacked.length > 0 ? [...items, ...lacked] : items;
  }

  /** @returns whether it did: two readings at once would count twice against the limit */
  async #goOn(sinceMs: number, isHit: () => boolean, signal: AbortSignal): Promise<boolean> {
    if (this.#isBusy) return false;
    const { clock, first, read } = this.#options;
    if (this.#isToBeReadAnew(sinceMs)) {
      const now = clock.now();
      const isWhole = this.#reading?.mayLack && isOver(this.#reading) && this.#reading.startedMs <= now;
      this.#before = isWhole ? this.#reading : undefined;
      this.#reading = {
        startedMs: now,
        items: new Map(),
        seen: new Set(),
        cursor: first,
        calls: 0,
        lastCallMs: now,
        mayLack: false,
        isRefused: false,
      };
    }
    const reading = this.#reading;
    if (!reading) return false;
    this.#isBusy = true;
    try {
      for (let calls = 0; calls < CALLS_A_STEP && !isHit(); calls++) {
        if (reading.cursor === undefined || this.#isEnded(reading)) break;
        // Where a call fails, the next step makes it once more.
        const { items, next } = await read(reading.cursor, signal).catch((error: unknown) => {
          reading.isRefused = error instanceof Failure && error.code === 'unexpected-answer';
          throw error;
        });
        reading.isRefused = false;
        reading.mayLack ||= this.#options.isByNumber?.(reading.cursor) === true;
        for (const [key, item] of items) {
          const text = JSON.stringify([key, item]);
          if (!reading.seen.has(text)) reading.items.set(key, [...(reading.items.get(key) ?? []), item]);
          reading.seen.add(text);
        }
        reading.cursor = next;
        reading.calls += 1;
        reading.lastCallMs = clock.now();
      }
    } finally {
      this.#isBusy = false;
    }
    return true;
  }

  #isToBeReadAnew(sinceMs: number): boolean {
    const reading = this.#reading;
    if (!reading || this.#isOutOfDate(reading, sinceMs)) return true;
    return isOver(reading) && !this.#isSure(reading, sinceMs) && this.#dueInMs(reading) <= 0;
  }

  #isOutOfDate(reading: Reading<Item, Cursor>, sinceMs: number): boolean {
    // By a clock that was set back since, nothing tells how old it is.
    if (reading.startedMs > this.#options.clock.now()) return true;
    if (this.#isEnded(reading)) return reading.startedMs < sinceMs && this.#dueInMs(reading) <= 0;
    if (reading.isRefused && this.#dueInMs(reading) <= 0) return true;
    return this.#options.clock.now() - reading.lastCallMs >= ABANDONED_MS;
  }

  /** Whether what it lacks is not in the list either. */
  #isSure(reading: Reading<Item, Cursor>, sinceMs: number): boolean {
    return !reading.mayLack || (this.#before !== undefined && this.#before.startedMs >= sinceMs);
  }

  #asUnsure(items: readonly Item[], reading: Reading<Item, Cursor>): readonly Item[] {
    const given = [...items];
    this.#unsure.set(given, reading);
    return given;
  }

  #isEnded(reading: Reading<Item, Cursor>): boolean {
    return isOver(reading) || reading.calls >= this.#options.maxCalls;
  }

  #dueInMs({ startedMs, calls }: Reading<Item, Cursor>): number {
    return startedMs + Math.max(KEPT_MS, calls * KEPT_MS_A_CALL) - this.#options.clock.now();
  }

  #firstSearchOf(step: Step): number {
    const { since: known, ...rest } = NOTE.parse(step.note);
    const now = this.#options.clock.now();
    // One that is to come is of a clock that was ahead, be it that of another replica.
    if (known !== undefined && known <= now) return known;
    step.remember({ ...rest, since: now });
    return now;
  }
}

function isOver<Item, Cursor>({ cursor }: Reading<Item, Cursor>): boolean {
  return cursor === undefined;
}

function later(ms: number): Later {
  return { state: 'later', afterMs: Math.max(ms, GO_ON_MS) };
}

/** The key of a secret: the list is kept in memory, and no secret is. */
export function digestOf(secret: Secret | string): string {
  const text = typeof secret === 'string' ? secret : secret.reveal();
  return createHash('sha256').update(text).digest('base64');
}
