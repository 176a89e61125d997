import type { Finding } from './places.ts';

/** One line for each place and form. */
export function linesOf(findings: readonly Finding[]): readonly string[] {
  const groups = Object.groupBy(findings, ({ place, form }) => `${place}, ${form}`);
  return Object.entries(groups).map(
    ([where, hits = []]) => `${where}: ${hits.map(({ mark }) => mark).join(', ')}`,
  );
}
