import { type Claim, type Postponement, type Settlement, shownDueAt } from '../ledger/claim.ts';
import type { HistoryEvent, Progress } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import type { Outcome } from '../words/outcome.ts';
import type { Subject } from '../words/subject.ts';
import type { Decision } from './decide.ts';

export interface JournalOptions {
  readonly provider: string;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Told when an entry was put off to that time. */
  readonly onDue: (dueAt: number) => void;
}

/** How the work on an entry ends; progress and history have defaults. */
export type End = Pick<
  Settlement,
  'state' | 'outcome' | 'dueAt' | 'note' | 'subject' | 'announce' | 'ofReports'
> &
  Partial<Pick<Settlement, 'progress'>> & { readonly event?: HistoryEvent };

/** What a step comes to. */
export interface Conclusion {
  readonly decision: Decision;
  /** What the provider wants to be kept; undefined for nothing. */
  readonly remembered: unknown;
  /** What the vendor told of it; undefined for nothing. */
  readonly subject: Subject | undefined;
  /** How many reports there were when their places were read; undefined when they were not. */
  readonly ofReports: number | undefined;
}

/** A flood of reports puts off an end, at no more cost than that of a step each time. */
const READ_AGAIN_MS = 5_000;

/** Another place may bring what was missing, or what it leads to. */
function dependsOnPlaces(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'followed' || outcome?.kind === 'refused' || outcome?.reason === 'unproven';
}

/** Writes the results of one provider's claims into the ledger, and emits an event for each. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #writing = new Set<Promise<void>>();

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** @returns when it is durable; never rejects */
  conclude(claim: Claim, conclusion: Conclusion): Promise<void> {
    const written = this.#write(claim, conclusion)
      // The leases end by themselves and the work is done again; every provider is idempotent.
      .catch((error) => this.#options.observe(failureEvent('settle', error)))
      .finally(() => this.#writing.delete(written));
    this.#writing.add(written);
    return written;
  }

  /** Resolves once nothing of {@link conclude} is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /** @throws {LedgerError} */
  async release(claim: Claim): Promise<void> {
    await this.#options.ledger.release(claim, this.#options.clock.now());
  }

  /** @throws {LedgerError} */
  async putOff(claim: Claim, postponement: Postponement): Promise<void> {
    const { provider, ledger, observe, onDue } = this.#options;
    const kept = await ledger.putOff(claim, postponement);
    const entry = { provider, id: claim.id };
    const [why] = postponement.events;
    const { dueAt } = postponement;
    if (!kept) observe({ type: 'lease-lost', ...entry });
    // The event of the recheck has been emitted already.
    else if (why && claim.phase !== 'recheck') {
      const { event, code } = why;
      const shown = shownDueAt(dueAt, postponement.now);
      observe({ type: 'put-off', ...entry, why: event, ...(code !== undefined && { code }), dueAt: shown });
    }
    onDue(dueAt);
  }

  /** @throws {LedgerError} */
  async settle(claim: Claim, end: End): Promise<void> {
    const { provider, ledger, clock, observe } = this.#options;
    const { state, outcome, dueAt, progress = progressOf(claim), note, subject, event, ofReports } = end;
    const now = clock.now();
    const ended = outcome ? { outcome } : {};
    // A case for a person is announced once, and not again by each daily retry with the same end.
    const isNews = state !== claim.state && (state !== 'done' || outcome !== undefined);
    const announce = isNews ? state : end.announce;
    const kept = await ledger.settle(claim, {
      ...{ now, state, ...ended, progress },
      ...(dueAt !== undefined && { dueAt }),
      ...(note !== undefined && { note }),
      ...(subject && { subject }),
      ...(announce && { announce }),
      ...(ofReports !== undefined && { ofReports }),
      events: [event ?? { at: now, event: state === 'held' ? 'held' : 'settled', ...ended }],
    });
    const entry = { provider, id: claim.id };
    if (!kept && ofReports !== undefined) await this.#readAgain(claim, now);
    else if (!kept) observe({ type: 'lease-lost', ...entry });
    else if (outcome || state !== 'done')
      observe({ type: 'settled', ...entry, state, ...ended, sinceReportMs: now - claim.firstReportedAt });
  }

  /** What stands at the places of the reports that came meanwhile is not known yet. */
  async #readAgain(claim: Claim, now: number): Promise<void> {
    const dueAt = now + READ_AGAIN_MS;
    const events = [{ at: now, event: 'reported-meanwhile', dueAt }];
    await this.putOff(claim, { now, dueAt, progress: progressOf(claim), events });
  }

  async #write(claim: Claim, { decision, remembered, subject, ofReports }: Conclusion): Promise<void> {
    const now = this.#options.clock.now();
    const note = remembered === undefined ? {} : { note: this.#options.vault.sealNote(claim.id, remembered) };
    switch (decision.action) {
      case 'settle':
        return this.settle(claim, {
          ...decision,
          ...note,
          ...(subject && { subject }),
          ...(ofReports !== undefined && dependsOnPlaces(decision.outcome) && { ofReports }),
        });
      case 'put-off':
        return this.putOff(claim, {
          now,
          dueAt: decision.dueAt,
          progress: decision.progress,
          events: [decision.event],
          ...(decision.announce && { announce: decision.announce }),
          ...(decision.endsApproval && { endsApproval: true }),
          ...(decision.waitsFor !== undefined && { waitsFor: decision.waitsFor }),
          ...note,
        });
      case 'release':
        if (note.note === undefined) return this.release(claim);
        return this.putOff(claim, { now, dueAt: now, progress: progressOf(claim), events: [], ...note });
    }
  }
}

export function progressOf({ phase, attempts, verifications, deferrals }: Claim): Progress {
  return { phase, attempts, verifications, deferrals };
}
