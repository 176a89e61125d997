import type { Outcome } from '../words/outcome.ts';

/** In JSON, what `ReportedToken.restarts` may name; apart from the outcome, whose other text a script cannot always read. */
export function outcomeNames(outcome: Outcome | undefined): string {
  return JSON.stringify([outcome?.kind, outcome?.reason].filter((name) => name !== undefined));
}
