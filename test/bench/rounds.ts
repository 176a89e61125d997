/** The candidates run in turn, A, B, C, A, B, C, so that other load on the machine hits all of them alike. */

export interface Contestant<Name extends string> {
  readonly name: Name;
  /** One round. @returns the figure */
  run(): Promise<number>;
}

export type Rounds<Name extends string> = ReadonlyMap<Name, readonly number[]>;

/** A first round, which warms all up, does not count, unless there is no other: `rounds` is 0. */
export async function inTurn<Name extends string>(
  contestants: readonly Contestant<Name>[],
  rounds: number,
): Promise<Rounds<Name>> {
  const figures = new Map<Name, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of contestants) {
      const figure = await run();
      if (round > 0 || rounds === 0) figures.get(name)?.push(figure);
    }
  }
  return figures;
}

export function median(values: Iterable<number>): number {
  return quantile(values, 0.5);
}

/** @param share in [0, 1] */
export function quantile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** How often `b` goes into `a`: compared round by round, as the machine is not the same in each. */
export function ratio(a: readonly number[] = [], b: readonly number[] = []): number {
  return median(a.map((value, round) => value / (b[round] ?? Number.NaN)));
}
