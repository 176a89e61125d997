/** Where a token was found, kept between the steps. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../../words/clock.ts';
import { placeSeenWith } from '../place.ts';
import type { Possession, Step } from '../provider.ts';

/** How long a secret may still be let in that was revoked, out of the vendor's caches. */
export interface Lag {
  readonly ms: number;
  readonly clock: Clock;
}

/** Where the vendor does not say how soon one that was revoked is refused. */
export const UNDOCUMENTED_LAG_MS = 10 * 60_000;

/** What is asked of an account here; see `account.ts`. */
interface Place {
  readonly name: string;
  readonly place?: string;
  readonly seenWith?: string | undefined;
  readonly formerly?: readonly string[];
  readonly lag?: Lag | 'none';
}

/** Under what an account is on file: one that took the name of another is not that. */
export function keyOf({ name, seenWith }: Pick<Place, 'name' | 'seenWith'>): string {
  return seenWith === undefined ? name : placeSeenWith(name, seenWith);
}

/** What a sighting at an account, and a refusal by it, speak for. */
export function placeOf({ name, place = name, seenWith }: Pick<Place, 'name' | 'place' | 'seenWith'>) {
  return keyOf({ name: place, seenWith });
}

/** The account that a token was seen in, and what was found there. */
export interface Kept<Account extends Place, Found> {
  readonly account: Account;
  readonly found: Found;
  /** Since when the same is found, in ms since the epoch, where the account has a lag. */
  readonly since?: number | undefined;
  /** Accounts where we have revoked it, and are not done, as others may have copies; see {@link keyOf}. */
  readonly revokedAt: readonly string[];
}

interface Remembered<Found> {
  /** See {@link keyOf}; of an earlier version, the name alone. */
  readonly key: string;
  readonly found: Found;
  readonly since?: number | undefined;
  readonly revokedAt?: readonly string[] | undefined;
}

/** How long it has to be found still before the only record that fits may be acted on, in ms. */
export function lagLeft(lag: Lag | undefined, since?: number): number {
  if (!lag) return 0;
  return since === undefined ? lag.ms : foundSince(lag, since) + lag.ms - lag.clock.now();
}

/** @param since by what is on file. Of a clock that was ahead, be it that of another replica, it is now */
export function foundSince({ clock }: Pick<Lag, 'clock'>, since: number | undefined): number {
  return Math.min(since ?? Number.POSITIVE_INFINITY, clock.now());
}

// To make a schema takes longer than to use one. The other names are those of notes that version 0.1.0 wrote.
const NOTE = z.union([
  z
    .object({
      account: z.string(),
      found: z.unknown(),
      since: z.number().optional(),
      revokedAt: z.array(z.string()).optional(),
    })
    .transform(({ account: key, ...rest }) => ({ key, ...rest })),
  z
    .object({ tenant: z.string(), found: z.unknown() })
    .transform(({ tenant: key, found }) => ({ key, found })),
  z.object({ keeper: z.string(), id: z.unknown() }).transform(({ keeper: key, id }) => ({ key, found: id })),
]) satisfies z.core.$ZodType<Remembered<unknown>>;

export class OnFile<Account extends Place, Found> {
  readonly #accounts: readonly Account[];
  readonly #found: z.core.$ZodType<Found>;

  constructor(accounts: readonly Account[], found: z.core.$ZodType<Found>) {
    this.#accounts = accounts;
    this.#found = found;
  }

  read(step: Step): Kept<Account, Found> | undefined {
    return this.#read(step, (account) => [keyOf(account)]);
  }

  /**
   * Of a token whose revocation was taken, so that only the proof is missing. An earlier version kept the name alone, which is
   * enough for that; else what it had just revoked would never be shown to be dead.
   */
  readTaken(step: Step): Kept<Account, Found> | undefined {
    return this.read(step) ?? this.#read(step, ({ name, formerly = [] }) => [name, ...formerly]);
  }

  #read({ note }: Step, of: (account: Account) => readonly string[]): Kept<Account, Found> | undefined {
    const kept: Remembered<unknown> | undefined = note === undefined ? note : NOTE.safeParse(note).data;
    const account = kept && this.#accounts.find((each) => of(each).includes(kept.key));
    if (!account) return undefined;
    const found = z.safeParse(this.#found, kept.found);
    return found.success
      ? { account, found: found.data, since: kept.since, revokedAt: kept.revokedAt ?? [] }
      : undefined;
  }

  /** As it is read again: without fields that are undefined, or that the schema does not have. */
  isSame(found: Found, kept: Found): boolean {
    return isDeepStrictEqual(z.parse(this.#found, JSON.parse(JSON.stringify(found))), kept);
  }

  write(step: Step, account: Account, found: Found, by: Possession): void {
    const { lag } = account;
    const kept = this.read(step);
    const isSame = kept?.account === account && this.isSame(found, kept.found);
    const before = isSame ? kept.since : undefined;
    const since = lag && lag !== 'none' ? foundSince(lag, before) : before;
    this.#remember(step, keyOf(account), { found, since, revokedAt: kept?.revokedAt });
    // A record with this id does not show that the reported text works.
    if (by !== 'unproven') step.sawAlive(placeOf(account));
  }

  /** What {@link write} has put on file was revoked there. */
  writeRevoked(step: Step, account: Account, found: Found): void {
    const { since, revokedAt = [] } = this.read(step) ?? {};
    const key = keyOf(account);
    this.#remember(step, key, { found, since, revokedAt: [...new Set([...revokedAt, key])] });
  }

  /** A revocation of before was not the end, so that nothing counts as revoked. */
  writeAlive(step: Step, account: Account, found: Found, by: Possession): void {
    this.#remember(step, keyOf(account), { found });
    this.write(step, account, found, by);
  }

  /** A look found something else meanwhile, so that the same has to be found for as long once more. */
  startAnew(step: Step): void {
    const kept = this.read(step);
    if (kept?.since !== undefined) this.#remember(step, keyOf(kept.account), { ...kept, since: undefined });
  }

  /**
   * A search is over: a later one is not answered by what this one has noted. What is on file of an account that is not in
   * the configuration stays, for it may be so again, or at another replica.
   */
  forgetSearch(step: Step): void {
    if (step.note === undefined || this.read(step)) return;
    const kept: Remembered<unknown> | undefined = NOTE.safeParse(step.note).data;
    if (kept) this.#remember(step, kept.key, { ...kept, since: undefined });
    else step.remember({});
  }

  #remember(
    step: Step,
    account: string,
    { found, since, revokedAt = [] }: Omit<Remembered<unknown>, 'key'>,
  ): void {
    step.remember({
      ...{ account, found },
      ...(since !== undefined && { since }),
      ...(revokedAt.length > 0 && { revokedAt }),
    });
  }
}
