/**
 * What the service reports about its own work. Logs, metrics and notices listen here, so that the code that does the
 * work knows none of them. No event holds a token, a location or an upstream's text.
 */
import type { State } from '../ledger/entry.ts';
import type { Recovery } from '../ledger/lane-state.ts';
import { LedgerError } from '../ledger/ledger.ts';
import type { Outcome } from '../words/outcome.ts';

/** Why a well-formed event of GitLab leads to nothing. `other-place`: it names no instance of this sender. */
export type IgnoredEvent =
  | 'repeated'
  | 'other-event'
  | 'too-large'
  | 'not-a-secret'
  | 'not-open'
  | 'unsupported-type'
  | 'other-place';

export type QuashEvent =
  | {
      readonly type: 'report-accepted';
      readonly caller: string;
      readonly created: number;
      readonly repeated: number;
      readonly invalid: number;
      /** Of those that are accepted: what the configuration says is never to be touched. */
      readonly ignored: number;
      /** Bad elements by reason. */
      readonly reasons: Readonly<Record<string, number>>;
    }
  /**
   * A reported token waits for a person from the start; an entry that was known already stays as it is. With `reports`:
   * so many texts of one report make no entry of their own and count for this one.
   */
  | {
      readonly type: 'set-aside';
      readonly provider: string;
      readonly id: string;
      readonly state: State;
      readonly outcome?: Outcome;
      readonly reports?: number;
    }
  /** A vulnerability event was noted, to be read, or leads to nothing. */
  | { readonly type: 'event-noted'; readonly id: string; readonly by: string }
  | {
      readonly type: 'event-ignored';
      readonly why: IgnoredEvent;
      readonly by: string;
      /** What to do, where there is something. */
      readonly message?: string;
    }
  | {
      readonly type: 'http-answered';
      readonly method: string;
      readonly route: string;
      readonly status: number;
      readonly durationMs: number;
    }
  /**
   * A request that brought nothing, for its own fault or for a limit: GitLab logs no answer, so only this tells of it. `more`
   * as in `ledger-unavailable`.
   */
  | {
      readonly type: 'request-refused';
      readonly port: 'listen' | 'admin';
      readonly method: string;
      readonly route: string;
      readonly status: number;
      readonly message: string;
      /** Of the connection: behind a proxy that of the proxy. */
      readonly address?: string;
      readonly more?: number;
    }
  /** A mistake in Quash itself, a provider included; the event carries the place of the error and not its message. */
  | { readonly type: 'internal-error'; readonly error: unknown }
  /** One step of work on one entry; `result` is an outcome, `still-dead`, `continue`, `unproven` or a failure's code. */
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
  /** Work on an entry goes on at `dueAt`; `why` names the event in its history. */
  | {
      readonly type: 'put-off';
      readonly provider: string;
      readonly id: string;
      readonly why: string;
      readonly code?: string;
      readonly dueAt: number;
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
  /** A token that was dead was reported again: `still-dead`, `alive-again`, or why that could not be told. */
  | { readonly type: 'rechecked'; readonly provider: string; readonly id: string; readonly result: string }
  | {
      readonly type: 'lane-paused';
      readonly provider: string;
      readonly reason: string;
      readonly message: string;
      readonly until: number;
      readonly target?: string;
    }
  | { readonly type: 'lane-resumed'; readonly provider: string; readonly how: Recovery }
  /** One exchange with a provider; neither `status` nor `code` when it was given up. */
  | {
      readonly type: 'upstream-called';
      readonly provider: string;
      /** Its origin, from code or configuration. */
      readonly target: string;
      readonly status?: number;
      readonly code?: string;
      readonly durationMs: number;
    }
  | { readonly type: 'lane-parked'; readonly provider: string; readonly reason: string }
  /** The safety valve lets no further revocation through until then. */
  | {
      readonly type: 'valve-closed';
      readonly provider: string;
      readonly revokedLastHour: number;
      readonly opensAt: number;
    }
  /** A namespace has had its tenth of the safety valve's hour: what is left of it waits until then. */
  | { readonly type: 'share-used-up'; readonly provider: string; readonly opensAt: number }
  /** Another worker took the entry over while this one worked on it; its result counts. */
  | { readonly type: 'lease-lost'; readonly provider: string; readonly id: string }
  | { readonly type: 'unseal-failed'; readonly provider: string; readonly id: string }
  /** Its row does not belong to its secret: something else than Quash has written to the ledger. */
  | { readonly type: 'entry-altered'; readonly provider: string; readonly id: string }
  /** `more`: so often it failed in this way without a line in the log, since the last one that tells of it. */
  | {
      readonly type: 'ledger-unavailable';
      readonly during: string;
      readonly message: string;
      readonly more?: number;
    }
  /** Nobody has decided about what was held: it needs attention from now on. */
  | { readonly type: 'undecided'; readonly entries: number }
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
      readonly action:
        | ('retry' | 'approve' | 'dismiss' | 'pause' | 'resume')
        | ('check' | 'set-mode' | 'sweep' | 'send-again');
      readonly by: string;
      readonly id?: string;
      readonly provider?: string;
      readonly mode?: string;
    }
  /** Somebody may use the dashboard from now on. */
  | { readonly type: 'signed-in'; readonly by: string; readonly role: string }
  /** Nobody was signed in, or the issuer could not be asked again about somebody who is; `no-role`: whom it does not name. */
  | {
      readonly type: 'sign-in-failed';
      readonly why: 'unavailable' | 'misconfigured' | 'refused' | 'forged' | 'no-role';
      readonly message: string;
      readonly by?: string;
    }
  /** The session of that person was ended by somebody, or by what the issuer says now. */
  | { readonly type: 'session-ended'; readonly of: string; readonly by: string }
  /** There was none: a first start, or a wrong address. */
  | { readonly type: 'ledger-made'; readonly message: string }
  | { readonly type: 'ledger-warning'; readonly message: string }
  | { readonly type: 'config-warning'; readonly message: string }
  /** A port has a new certificate, or another authority of clients. */
  | { readonly type: 'certificate-renewed'; readonly section: 'listen' | 'admin' }
  /** Whether nothing is known that endangers what the ledger stores: at the start, and when it changes. */
  | { readonly type: 'ledger-durability'; readonly durable: boolean }
  /** A channel was told of so many announcements. */
  | { readonly type: 'notice-sent'; readonly channel: string; readonly announcements: number }
  /** A delivery failed and is tried again at `until`; everything is kept but the `missed` oldest announcements. */
  | {
      readonly type: 'notice-failed';
      readonly channel: string;
      readonly code: string;
      readonly message: string;
      readonly until: number;
      readonly missed?: number;
      readonly target?: string;
      readonly status?: number;
    }
  /** So many announcements were dropped to make room before the channel took them; reported once the channel works again. */
  | {
      readonly type: 'notices-missed';
      readonly channel: string;
      readonly announcements: number;
      readonly message: string;
    }
  /** So many mails to owners and authors were left out, as their day's number was reached. */
  | { readonly type: 'owners-left-out'; readonly channel: string; readonly mails: number }
  /**
   * A vulnerability was not told of an entry, and will not be: it is gone, or our token may not, or GitLab fails at it; or
   * it is none of a secret, or none of a place of the entry. Or an issue of its project was not written to: `public-issue`
   * where everybody could read that.
   */
  | {
      readonly type: 'write-back-refused';
      readonly target: string;
      readonly id: string;
      readonly reason: 'no-access' | 'failed' | 'no-secret' | 'other-place' | 'public-issue';
    }
  /** Entries wait for a provider that is not enabled. */
  | { readonly type: 'work-without-provider'; readonly provider: string; readonly entries: number }
  /** The collector does not accept our traces; reported once until it does again. */
  | { readonly type: 'traces-lost'; readonly spans: number }
  | { readonly type: 'listening'; readonly api: string; readonly admin: string; readonly role: string }
  /** The file of a secret is another one now, so the secrets are read again. */
  | { readonly type: 'secret-file-changed'; readonly file: string }
  | { readonly type: 'reloaded'; readonly types: number }
  /** The new configuration cannot be used; the old one stays in force. */
  | { readonly type: 'reload-failed'; readonly message: string }
  | { readonly type: 'stopping'; readonly signal: string };

export type Observe = (event: QuashEvent) => void;

/** Calls all listeners, in this order. */
export function fanOut(...listeners: readonly Observe[]): Observe {
  return (event) => {
    for (const listen of listeners) listen(event);
  };
}

/** The event for an error that was caught during work. */
export function failureEvent(during: string, error: unknown): QuashEvent {
  if (!(error instanceof LedgerError)) return { type: 'internal-error', error };
  return { type: 'ledger-unavailable', during, message: error.message };
}
