/**
 * What the service reports about its own work. Logs, metrics and notices listen here, so that the code that does the
 * work knows none of them. No event holds a token, a location or an upstream's text.
 */
import { LedgerError, type State } from './ledger/ledger.ts';
import type { Outcome } from './outcome.ts';

export type QuashEvent =
  | {
      readonly type: 'report-accepted';
      readonly created: number;
      readonly repeated: number;
      readonly invalid: number;
      /** Bad elements by reason. */
      readonly reasons: Readonly<Record<string, number>>;
    }
  | {
      readonly type: 'http-answered';
      readonly method: string;
      readonly route: string;
      readonly status: number;
      readonly durationMs: number;
    }
  /** A mistake in Quash itself, a provider included; only where it happened is told of the error. */
  | { readonly type: 'internal-error'; readonly error: unknown }
  /** One step of work on one entry; `result` is an outcome, `continue`, `unproven` or a failure's code. */
  | {
      readonly type: 'attempted';
      readonly provider: string;
      readonly id: string;
      readonly result: string;
      readonly message?: string;
      /** Which configured server it concerns, and its HTTP status. */
      readonly target?: string;
      readonly status?: number;
      readonly durationMs: number;
    }
  | {
      readonly type: 'settled';
      readonly provider: string;
      readonly id: string;
      readonly state: State;
      readonly outcome?: Outcome;
      /** From the first report to this end. */
      readonly sinceReportMs: number;
    }
  | {
      readonly type: 'lane-paused';
      readonly provider: string;
      readonly reason: string;
      readonly message: string;
      readonly until: number;
      readonly target?: string;
    }
  | { readonly type: 'lane-resumed'; readonly provider: string }
  | { readonly type: 'lane-parked'; readonly provider: string; readonly reason: string }
  /** Another worker took the entry over while this one worked on it; its result counts. */
  | { readonly type: 'lease-lost'; readonly provider: string; readonly id: string }
  | { readonly type: 'unseal-failed'; readonly provider: string; readonly id: string }
  | { readonly type: 'ledger-unavailable'; readonly during: string; readonly message: string }
  | { readonly type: 'purged'; readonly entries: number }
  /** What a provider found worth saying, in constant words. */
  | {
      readonly type: 'provider-note';
      readonly provider: string;
      readonly level: 'info' | 'warn';
      readonly note: string;
      readonly fields: Readonly<Record<string, string | number | boolean>>;
    }
  /** A person did something through the admin port. */
  | {
      readonly type: 'acted';
      readonly action: 'retry' | 'approve' | 'dismiss' | 'pause' | 'resume';
      readonly by: string;
      readonly id?: string;
      readonly provider?: string;
    }
  | { readonly type: 'ledger-warning'; readonly message: string }
  /** Entries wait for a provider that is not enabled. */
  | { readonly type: 'work-without-provider'; readonly provider: string; readonly entries: number }
  | { readonly type: 'listening'; readonly api: string; readonly admin: string; readonly role: string }
  | { readonly type: 'reloaded'; readonly types: number }
  /** The new configuration cannot be used; the old one stays in force. */
  | { readonly type: 'reload-failed'; readonly message: string }
  | { readonly type: 'stopping'; readonly signal: string };

export type Observe = (event: QuashEvent) => void;

/** What is to be said of an error that came while work was being done. */
export function failureEvent(during: string, error: unknown): QuashEvent {
  if (!(error instanceof LedgerError)) return { type: 'internal-error', error };
  return { type: 'ledger-unavailable', during, message: error.message };
}
