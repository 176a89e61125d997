/** What waits for a person, and nobody has decided about for the time of retention. */
import type { Entry } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Outcome } from '../words/outcome.ts';

const PAGE = 200;

const ADVICE =
  'Nobody decided about this while it was held, for as long as ledger.retentionDays says, and after as long again it is deleted. Retry or approve it, or dismiss it.';

/**
 * Puts what is held, and was last reported before `before`, under `attention`, from where it is deleted like all else that
 * nobody minds. A flood of what waits for approval would otherwise stay for ever; a person is told before anything goes.
 * @returns how many entries
 * @throws {LedgerError}
 */
export async function setUndecidedAside(
  ledger: Pick<Ledger, 'list' | 'reopen'>,
  { now, before, signal }: { now: number; before: number; signal: AbortSignal },
): Promise<number> {
  let entries = 0;
  let cursor: string | undefined;
  do {
    const page = await ledger.list({
      ...{ state: 'held', until: before, limit: PAGE },
      ...(cursor !== undefined && { cursor }),
    });
    for (const entry of page.entries) {
      if (entry.lastReportedAt < before && (await setAside(ledger, entry, now))) entries += 1;
    }
    cursor = page.cursor;
  } while (cursor !== undefined && !signal.aborted);
  return entries;
}

function setAside(ledger: Pick<Ledger, 'reopen'>, { id, outcome: held }: Entry, now: number) {
  const outcome: Outcome = { kind: 'held', verified: false, ...held, advice: adviceFor(held) };
  return ledger.reopen(id, { now, from: 'held', outcome, event: { at: now, event: 'undecided', outcome } });
}

function adviceFor(held: Outcome | null): string {
  return held?.advice === undefined ? ADVICE : `${ADVICE} ${held.advice}`;
}
