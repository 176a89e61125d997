/** For tokens that end themselves by value, at whichever of several places lets them in. */
import { z } from 'zod';
import type { Secret } from '../../words/secret.ts';
import type { Provider, Refused, RevokeResult } from '../provider.ts';
import { type Account, type AccountsOptions, byAccounts } from './accounts.ts';

/** One place, and what a token can do there for itself. Its methods throw {@link Failure}. */
export interface SelfServicePlace {
  /** As {@link Account.name}. */
  readonly name: string;
  /** Whether the token is let in. */
  works(token: Secret, signal: AbortSignal): Promise<boolean>;
  /** Its call carries the whole token. */
  revoke(token: Secret, signal: AbortSignal): Promise<RevokeResult>;
}

/** A token is its own id. */
const FOUND = z.object({});

interface SelfServiceOptions extends Pick<AccountsOptions<unknown>, 'unknown' | 'copies' | 'log'> {
  /** What a person does where a token that was let in may be refused for a time, in the words that a dead one gets. */
  readonly keptOut?: Refused;
}

/** @throws {ConfigFault} see {@link byAccounts} */
export function selfServiceAt(
  places: readonly SelfServicePlace[],
  { keptOut, ...options }: SelfServiceOptions,
): Required<Pick<Provider, 'revoke' | 'look' | 'verify'>> {
  // There is no credential of ours to be checked.
  const accounts = places.map((place) => toAccount(place, keptOut));
  const { check: _, ...methods } = byAccounts(accounts, { ...options, found: FOUND });
  return methods;
}

function toAccount(
  { name, works, revoke }: SelfServicePlace,
  keptOut: Refused | undefined,
): Account<z.output<typeof FOUND>> {
  return {
    name,
    keptOut,
    async look(token, { signal }) {
      return (await works(token, signal))
        ? { state: 'alive', found: {}, by: 'by-value' }
        : { state: 'absent' };
    },
    revoke: (_found, token, { signal }) => revoke(token, signal),
    verify: async (_found, token, { signal }) => ((await works(token, signal)) ? 'alive' : 'dead'),
  };
}
