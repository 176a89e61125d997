/** Where a token was found, kept between the steps. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Possession, Step } from '../provider.ts';

interface Place {
  readonly name: string;
  /** As the kind's `places` names it. Default is the name. */
  readonly place?: string;
}

/** The account that a token was seen in, and what was found there. */
export interface Kept<Account extends Place, Found> {
  readonly account: Account;
  readonly found: Found;
}

export class OnFile<Account extends Place, Found> {
  readonly #accounts: readonly Account[];
  readonly #found: z.ZodType<Found>;
  readonly #schema: z.ZodType<{ readonly name: string; readonly found: Found }>;

  constructor(accounts: readonly Account[], found: z.ZodType<Found>) {
    this.#accounts = accounts;
    this.#found = found;
    // The other names are those of notes that version 0.1.0 wrote.
    this.#schema = z.union([
      z.object({ account: z.string(), found }).transform(({ account: name, ...rest }) => ({ name, ...rest })),
      z.object({ tenant: z.string(), found }).transform(({ tenant: name, ...rest }) => ({ name, ...rest })),
      z.object({ keeper: z.string(), id: found }).transform(({ keeper: name, id }) => ({ name, found: id })),
    ]);
  }

  read({ note }: Step): Kept<Account, Found> | undefined {
    const kept = this.#schema.safeParse(note).data;
    const account = kept && this.#accounts.find(({ name }) => name === kept.name);
    return account && { account, found: kept.found };
  }

  /** As it is read again: without fields that are undefined, or that the schema does not have. */
  isSame(found: Found, kept: Found): boolean {
    return isDeepStrictEqual(this.#found.parse(JSON.parse(JSON.stringify(found))), kept);
  }

  write(step: Step, { name, place = name }: Account, found: Found, by: Possession): void {
    step.remember({ account: name, found });
    // A record with this id does not show that the reported text works.
    if (by !== 'unproven') step.sawAlive(place);
  }
}
