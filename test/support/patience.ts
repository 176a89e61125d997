/**
 * How long tests wait until they give up. No test shows anything by these bounds: they only end what hangs, and are
 * so generous that a busy machine keeps them. `QUASH_TEST_PATIENCE` multiplies them all.
 */
const VARIABLE = 'QUASH_TEST_PATIENCE';
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** @throws {Error} when it is no factor */
export function factorOf(text: string | undefined): number {
  if (text === undefined || text === '') return 1;
  const factor = Number(text);
  if (factor > 0 && Number.isFinite(factor)) return factor;
  throw new Error(`${VARIABLE} must be a number above 0, such as 3.`);
}

const FACTOR = factorOf(process.env[VARIABLE]);

/** For one thing to happen, such as a process that starts. */
export const PATIENCE_MS = 2 * MINUTE_MS * FACTOR;

/** For a whole test, in which several such things happen. */
export const TEST_PATIENCE_MS = 5 * MINUTE_MS * FACTOR;

/** For tests that work for minutes on an idle machine. */
export const LONG_TEST_PATIENCE_MS = 4 * TEST_PATIENCE_MS;

/** A limit of the tested code that no test waits out, because the code would do something else after it. */
export const NEVER_MS = 2_000_000_000;

/**
 * The failure of a test whose patience is over. It says that it was slow and nothing worse, since nothing else is known.
 * @param what came too late, as a sentence without its end: `Quash did not log 'listening'`
 */
export function tooSlow(what: string, detail = '', cause?: unknown): Error {
  const seconds = Math.round(PATIENCE_MS / SECOND_MS);
  const advice = `a busy machine? Set ${VARIABLE}=${Math.ceil(FACTOR * 3)}.`;
  return new Error(`Too slow: ${what} within ${seconds} s; ${advice}${detail && ` ${detail}`}`, { cause });
}

/** @throws {Error} {@link tooSlow} when nothing has come of it within {@link PATIENCE_MS} */
export async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(tooSlow(what)), PATIENCE_MS);
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
