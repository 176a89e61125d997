/**
 * Revoking with an operator's credential where the vendor keeps a record of each token: find the record in one of
 * several accounts, put on file which one it is, take it away, look again.
 */
import { z } from 'zod';
import type { Secret } from '../../words/secret.ts';
import {
  ConfigFault,
  type Liveness,
  type Provider,
  type ProviderLog,
  type RevokeResult,
  type Step,
} from '../provider.ts';
import { checkOf } from './credential-check.ts';
import { isSame, ownCredential } from './own-credential.ts';
import { type Filing, inPlaces, type Place } from './places.ts';
import { refused } from './results.ts';

/** One account, organisation or instance of a vendor. Its methods throw {@link Failure}. */
export interface Keeper {
  /** Unique within the provider; shown and stored, so it holds no secret. */
  readonly name: string;
  /** The operator's own credential. Should it be the leaked one, a person has to replace it. */
  readonly own?: Secret;
  /**
   * The id of the token's record, proven to be this very token's; undefined when the token is not of this account.
   * Changes nothing. The id is stored and shown: never a secret.
   */
  find(token: Secret, step: Step): Promise<string | RevokeResult | undefined>;
  /** Takes the record away. Also says `revoked` when it is gone already: {@link look} tells what that means. */
  remove(id: string, token: Secret, signal: AbortSignal): Promise<RevokeResult>;
  /** Asks whether the token of a removed record still works. */
  look(id: string, token: Secret, signal: AbortSignal): Promise<Liveness>;
  /** A cheap call that fails when {@link own} lacks what is needed. Absent where there is no such credential. */
  probe?(signal: AbortSignal): Promise<void>;
}

export interface Advice {
  /** What to do with a token that no account knows. */
  readonly unknown: string;
  /** Which rights the operator's credential needs, where there is one. */
  readonly rights?: string;
}

const FILING: Filing<string> = {
  schema: z
    .object({ keeper: z.string(), id: z.string() })
    .transform(({ keeper: place, id: found }) => ({ place, found })),
  note: (keeper, id) => ({ keeper, id }),
};

/** @throws {ConfigFault} */
export function byRecords(
  keepers: readonly Keeper[],
  advice: Advice,
  log: ProviderLog,
): Required<Pick<Provider, 'revoke' | 'verify' | 'check'>> {
  // What is on file is found again by its account's name.
  if (new Set(keepers.map(({ name }) => name)).size < keepers.length) {
    throw new ConfigFault([], 'two accounts are the same or have the same name');
  }
  const { revoke, verify } = inPlaces(keepers.map(placeOf), FILING, refused('unknown-token', advice.unknown));
  return {
    async revoke(token, step) {
      const owner = keepers.find(({ own }) => own && isSame(own, token));
      if (!owner) return revoke(token, step);
      log.warn('own-credential-leaked', { account: owner.name });
      return OWN_CREDENTIAL;
    },
    verify,
    check: (signal) =>
      Promise.all(
        keepers
          .filter(({ probe }) => probe)
          .map((keeper) =>
            checkOf(`credential of ${keeper.name}`, async () => keeper.probe?.(signal), {
              ...(advice.rights !== undefined && { refused: advice.rights, forbidden: advice.rights }),
            }),
          ),
      ),
  };
}

const OWN_CREDENTIAL = ownCredential('credential');

function placeOf(keeper: Keeper): Place<string> {
  return {
    name: keeper.name,
    async find(token, step) {
      const found = await keeper.find(token, step);
      return typeof found === 'string' ? { found } : found;
    },
    end: (id, token, { signal }) => keeper.remove(id, token, signal),
    look: (id, token, { signal }) => keeper.look(id, token, signal),
  };
}
