/** Asking several accounts, instances or places one after the other; one that is down keeps no other from being asked. */
import { Failure } from '../failure.ts';

/** With several accounts, the failure of one becomes the entry's own, and the lane goes on. */
export async function sparingTheLane<R>(accounts: readonly unknown[], work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure && accounts.length > 1 ? error.ofEntry() : error;
  }
}

/**
 * The first answer; undefined when every account has none.
 * @throws {Failure} of an account that could not be asked when the others have no answer: then nothing is known for sure
 */
export async function firstOf<A, T>(
  accounts: readonly A[],
  ask: (account: A) => Promise<T | undefined>,
): Promise<T | undefined> {
  let failure: Failure | undefined;
  for (const account of accounts) {
    const answer = await ask(account).catch(asFailure);
    if (answer instanceof Failure) failure ??= answer;
    else if (answer !== undefined) return answer;
  }
  if (failure) throw failure;
  return undefined;
}

/** {@link firstOf}, for whom no other step of the work spares the lane. @throws {Failure} */
export function firstSparingTheLane<A, T>(
  accounts: readonly A[],
  ask: (account: A) => Promise<T | undefined>,
): Promise<T | undefined> {
  return sparingTheLane(accounts, () => firstOf(accounts, ask));
}

/**
 * The answers of all accounts that have one.
 * @throws {Failure} when one could not be asked, but only after all others were; spares the lane
 */
export async function eachOf<A, T>(
  accounts: readonly A[],
  ask: (account: A) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  let failure: Failure | undefined;
  for (const account of accounts) {
    const answer = await ask(account).catch(asFailure);
    if (answer instanceof Failure) failure ??= answer;
    else if (answer !== undefined) answers.push(answer);
  }
  if (failure) throw accounts.length > 1 ? failure.ofEntry() : failure;
  return answers;
}

/** Rethrows everything that is no failure of a call, such as an abort. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

const OUR_FAULTS: ReadonlySet<Failure['code']> = new Set([
  'credential-refused',
  'misconfigured',
  'permission-missing',
]);

/** Of {@link asFailure}, what is wrong with our own credential: that keeps no token alive that may end itself. */
export function asOurFault(error: unknown): Failure {
  const failure = asFailure(error);
  if (!OUR_FAULTS.has(failure.code)) throw failure;
  return failure;
}
