/** Whether what was measured again and again became more. */

/** What is there at rest, by name: bytes or a count. */
export type Figures = Readonly<Record<string, number>>;

export interface Compared {
  readonly name: string;
  /** The medians of the first and the last third, so that no single figure decides. */
  readonly from: number;
  readonly to: number;
  readonly grew: boolean;
}

/** What may differ by chance: a share of what was there, and so much more. The first name that fits is it. */
const TOLERANCES: readonly (readonly [name: RegExp, share: number, more: number])[] = [
  [/^heap$/, 0.05, 1_000_000],
  [/^external$/, 0.1, 4_000_000],
  // The allocator gives back what it likes.
  [/^rss$/, 0.2, 24_000_000],
  [/bytes$|^redis memory$/, 0.1, 1_000_000],
  // Calls of the moment, and connections that wait to be used again.
  [/^(descriptors|resource )/, 0, 8],
  [/^fields that no lane has$/, 0, 0],
  // One for each provider or type and way in which its entries end: a dozen in all, of which rare ones come late.
  [/^rows tally$/, 1, 0],
  [/^rows type_tally$/, 0, 4],
  // Of the last minute, or of the last day.
  [/^keys that end/, 0, 50],
  [/^./, 0.02, 2],
];

/** @param samples at rest, oldest first, once everything has warmed up; six at least */
export function compare(samples: readonly Figures[]): readonly Compared[] {
  const third = Math.floor(samples.length / 3);
  if (third < 2) throw new RangeError('Growth is seen in six samples or more.');
  const names = [...new Set(samples.flatMap((figures) => Object.keys(figures)))].toSorted();
  return names.map((name) => {
    const values = samples.map((figures) => figures[name] ?? 0);
    const [from, to] = [median(values.slice(0, third)), median(values.slice(-third))];
    const [, share, more] = TOLERANCES.find(([names]) => names.test(name)) ?? ['', 0, 0];
    return { name, from, to, grew: to > from * (1 + share) + more };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
