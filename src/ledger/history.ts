import type { Outcome } from '../words/outcome.ts';
import { type Entry, type HistoryEvent, MAX_EVENTS } from './entry.ts';

/**
 * An entry's history as it is shown. Its first event of all, the report that made the entry, is not stored: most entries
 * never have another one before they are worked on, and that one follows from the entry.
 * @param firstOutcome the outcome with which it began, as JSON; empty or null when it had none
 * @param events the others in their order, as JSON
 */
export function historyOf(
  { firstReportedAt }: Entry,
  firstOutcome: string | null | undefined,
  events: readonly string[],
): HistoryEvent[] {
  const outcome = firstOutcome ? { outcome: JSON.parse(firstOutcome) as Outcome } : {};
  const first: HistoryEvent = { at: firstReportedAt, event: 'reported', ...outcome };
  return newestOf([first, ...events.map((event) => JSON.parse(event) as HistoryEvent)]);
}

/** However often something is put off, who has decided what about it stays known. */
export function newestOf(events: readonly HistoryEvent[]): HistoryEvent[] {
  const byNobody = events.filter(({ by }) => by === undefined);
  const kept = new Set(byNobody.slice(-MAX_EVENTS));
  return events.filter((event) => event.by !== undefined || kept.has(event));
}
