/** At the first start on a ledger of version 0.1.0: what it may have closed wrongly is put before a person. */
import type { Entry } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';
import type { Outcome } from '../words/outcome.ts';
import { groundForReview } from './earlier-ends.ts';

const MARK = 'reviewed-ends-of-0.1.0';
const PAGE = 200;

export interface ReviewOptions {
  readonly ledger: Pick<Ledger, 'list' | 'mark' | 'reopen' | 'setMark'>;
  readonly clock: Clock;
  readonly observe: Observe;
}

/**
 * Goes through all that was done before now, once for each ledger; a crash begins again. Several replicas at once do no
 * harm.
 * @returns how many entries were put before a person
 * @throws {LedgerError}
 */
export async function reviewEarlierEnds({ ledger, clock, observe }: ReviewOptions): Promise<number> {
  if ((await ledger.mark(MARK)) !== undefined) return 0;
  const startedAt = clock.now();
  let reopened = 0;
  let cursor: string | undefined;
  do {
    const page = await ledger.list({ state: 'done', limit: PAGE, ...(cursor !== undefined && { cursor }) });
    for (const entry of page.entries) {
      const advice = Number(entry.endedAt) < startedAt ? groundForReview(entry) : undefined;
      if (advice !== undefined && (await reopen(ledger, entry, advice, clock.now()))) reopened += 1;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  await ledger.setMark(MARK, new Date(startedAt).toISOString());
  if (reopened > 0) observe({ type: 'ledger-warning', message: warning(reopened) });
  return reopened;
}

function reopen(
  ledger: Pick<Ledger, 'reopen'>,
  { id, outcome }: Entry,
  advice: string,
  now: number,
): Promise<boolean> {
  const then = { outcomeThen: outcome?.kind ?? null, verifiedThen: outcome?.verified ?? null };
  const evidence = { ...outcome?.evidence, ...then };
  const review: Outcome = { kind: 'refused', verified: false, reason: 'review', advice, evidence };
  const event = { at: now, event: 'reviewed', outcome: review };
  return ledger.reopen(id, { now, from: 'done', outcome: review, event });
}

function warning(entries: number): string {
  return `Version 0.1.0 closed ${entries} ${entries === 1 ? 'entry' : 'entries'} on grounds that are not good enough: they need a person now, with reason "review". Each says what may be wrong and what to do.`;
}
