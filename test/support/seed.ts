/**
 * The short form of a random test takes the same in each run, so that a change answers for itself alone; its long form
 * takes something new each time.
 * @param variable of the environment that repeats another run
 */
export function shortSeed(variable: `QUASH_${string}_SEED`): number {
  return Number(process.env[variable] ?? 1);
}
