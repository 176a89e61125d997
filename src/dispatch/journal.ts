import type { Claim, HistoryEvent, Ledger, Postponement, Progress, Settlement } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
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
export type End = Pick<Settlement, 'state' | 'outcome' | 'dueAt' | 'note' | 'announce'> &
  Partial<Pick<Settlement, 'progress'>> & { readonly event?: HistoryEvent };

/** Writes the results of one provider's claims into the ledger, and emits an event for each. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #writing = new Set<Promise<void>>();

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** @param remembered what the provider wants to be kept; undefined for nothing. @returns when it is durable; never rejects */
  conclude(claim: Claim, decision: Decision, remembered: unknown): Promise<void> {
    const written = this.#write(claim, decision, remembered)
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
      observe({ type: 'put-off', ...entry, why: event, ...(code !== undefined && { code }), dueAt });
    }
    onDue(dueAt);
  }

  /** @throws {LedgerError} */
  async settle(claim: Claim, end: End): Promise<void> {
    const { provider, ledger, clock, observe } = this.#options;
    const { state, outcome, dueAt, progress = progressOf(claim), note, event } = end;
    const now = clock.now();
    const ended = outcome ? { outcome } : {};
    // A case for a person is announced once, and not again by each daily retry with the same end.
    const isNews = state !== claim.state && (state !== 'done' || outcome !== undefined);
    const announce = isNews ? state : end.announce;
    const kept = await ledger.settle(claim, {
      ...{ now, state, ...ended, progress },
      ...(dueAt !== undefined && { dueAt }),
      ...(note !== undefined && { note }),
      ...(announce && { announce }),
      events: [event ?? { at: now, event: state === 'held' ? 'held' : 'settled', ...ended }],
    });
    const entry = { provider, id: claim.id };
    if (!kept) observe({ type: 'lease-lost', ...entry });
    else if (outcome || state !== 'done')
      observe({ type: 'settled', ...entry, state, ...ended, sinceReportMs: now - claim.firstReportedAt });
  }

  async #write(claim: Claim, decision: Decision, remembered: unknown): Promise<void> {
    const now = this.#options.clock.now();
    const note = remembered === undefined ? {} : { note: this.#options.vault.sealNote(claim.id, remembered) };
    switch (decision.action) {
      case 'settle':
        return this.settle(claim, { ...decision, ...note });
      case 'put-off':
        return this.putOff(claim, {
          now,
          dueAt: decision.dueAt,
          progress: decision.progress,
          events: [decision.event],
          ...(decision.announce && { announce: decision.announce }),
          ...(decision.endsApproval && { endsApproval: true }),
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
