/**
 * For vendors of whom a customer has several accounts, instances or tenants, here called places, where a token does
 * not say of which one it is. One that is down, or refuses us, must not stop the work at the others.
 */
import type { z } from 'zod';
import type { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import type { Liveness, Provider, RevokeResult, Step } from '../provider.ts';

/** With several places, the failure of one becomes the entry's own, and the lane goes on. */
export async function sparingTheLane<R>(places: readonly unknown[], work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure && places.length > 1 ? error.ofEntry() : error;
  }
}

/**
 * The first answer; undefined when every place has none.
 * @throws {Failure} of a place that could not be asked when the others have no answer: then nothing is known for sure
 */
export async function firstOf<P, T>(
  places: readonly P[],
  ask: (place: P) => Promise<T | undefined>,
): Promise<T | undefined> {
  let failure: Failure | undefined;
  for (const place of places) {
    const answer = await ask(place).catch(asFailure);
    if (answer instanceof Failure) failure ??= answer;
    else if (answer !== undefined) return answer;
  }
  if (failure) throw failure;
  return undefined;
}

/**
 * The answers of all places that have one.
 * @throws {Failure} when a place could not be asked, but only after all others were; spares the lane
 */
export async function eachOf<P, T>(
  places: readonly P[],
  ask: (place: P) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  let failure: Failure | undefined;
  for (const place of places) {
    const answer = await ask(place).catch(asFailure);
    if (answer instanceof Failure) failure ??= answer;
    else if (answer !== undefined) answers.push(answer);
  }
  if (failure) throw places.length > 1 ? failure.ofEntry() : failure;
  return answers;
}

/** What is no failure of a call, such as an abort, goes on up. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** One place, and what can be done there about a token. */
export interface Place<Found> {
  /** Unique within the provider; stored, so it holds no secret. */
  readonly name: string;
  /** Undefined when the token is not known to be of this place. Changes nothing. */
  find(token: Secret, step: Step): Promise<{ readonly found: Found } | RevokeResult | undefined>;
  /** Makes the token dead that was found here in an earlier step. */
  end(found: Found, token: Secret, step: Step): Promise<RevokeResult>;
  look(found: Found, token: Secret, step: Step): Promise<Liveness>;
}

/** How it is put on file what was found, and where. */
export interface Filing<Found> {
  readonly schema: z.ZodType<{ readonly place: string; readonly found: Found }>;
  note(place: string, found: Found): unknown;
}

/**
 * Finds the token's place, puts it on file, and works there alone from then on. A step of its own comes between: a
 * token that is gone looks like one of somebody else's place, so only what was on file before proves, after a crash
 * too, that it is dead.
 */
export function inPlaces<Found>(
  places: readonly Place<Found>[],
  filing: Filing<Found>,
  unknown: RevokeResult,
): Required<Pick<Provider, 'revoke' | 'verify'>> {
  const onFile = ({ note }: Step) => {
    const { place: name, found } = filing.schema.safeParse(note).data ?? {};
    const place = places.find((each) => each.name === name);
    return place && found !== undefined ? { place, found } : undefined;
  };
  const search = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const first = await firstOf(places, async (place) => {
      const sight = await place.find(token, step);
      return sight && { place, sight };
    });
    if (!first) return unknown;
    const { place, sight } = first;
    if ('outcome' in sight) return sight;
    step.remember(filing.note(place.name, sight.found));
    return { outcome: 'continue', afterMs: 0 };
  };
  return {
    revoke: (token, step) =>
      sparingTheLane(places, () => {
        const seen = onFile(step);
        return seen ? seen.place.end(seen.found, token, step) : search(token, step);
      }),
    verify: (token, step) =>
      sparingTheLane(places, async () => {
        const seen = onFile(step);
        return seen ? seen.place.look(seen.found, token, step) : 'unknown';
      }),
  };
}
