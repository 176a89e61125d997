/**
 * Whose a failure of GitLab is. Whoever owns a project chooses what is in it, and how much, and with that whether GitLab
 * answers in time, or at all: others must not wait for that.
 */
import { Failure, type FailureCode } from '../provider/failure.ts';

/** So GitLab fails when it is away, and when one record or list is too much for it. */
const MAY_BE_OF_ONE: ReadonlySet<FailureCode> = new Set([
  ...(['timeout', 'unreachable', 'unavailable', 'upstream-error', 'unexpected-answer'] as const),
]);

/**
 * Asks for one thing. Where that fails and GitLab answers otherwise, the failure is of that thing alone.
 * @param isThere a call that depends on nothing; its failure is that of GitLab
 * @throws {Failure}
 */
export async function ofOne<T>(ask: () => Promise<T>, isThere: () => Promise<unknown>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Failure) || !MAY_BE_OF_ONE.has(error.code) || isMaintenance(error)) throw error;
    await isThere().catch(failAsWhole);
    throw error.ofEntry();
  }
}

/** Who fails at a call that depends on nothing, whatever way, is not there for anybody. */
function failAsWhole(error: unknown): never {
  if (!(error instanceof Failure) || error.whose !== 'token') throw error;
  const { target, status } = error;
  throw new Failure('unavailable', {
    ...(target !== undefined && { target }),
    ...(status !== undefined && { status }),
  });
}

/** GitLab itself says that it takes no changes, while it tells all else; a server before it says so by 502 to 504. */
function isMaintenance({ code, status = 0 }: Failure): boolean {
  return code === 'unavailable' && status < 500;
}

/** Whether others can be read and written all the same. */
export function isOfThisAlone(error: unknown): error is Failure {
  return error instanceof Failure && (error.whose === 'token' || error.scope === 'entry');
}

/** Whether GitLab fails at what was asked, though it grants it: less of it may be told. */
export function isTooMuch(error: unknown): boolean {
  return isOfThisAlone(error) && MAY_BE_OF_ONE.has(error.code);
}

/** Asks for all, and for less where that is too much. @throws {Failure} */
export async function lessOf<Much, T>(ask: (much: Much) => Promise<T>, all: Much, less: Much): Promise<T> {
  try {
    return await ask(all);
  } catch (error) {
    if (!isTooMuch(error)) throw error;
    return ask(less);
  }
}
