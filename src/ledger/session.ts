/** Somebody is signed in. */
export interface StoredSession {
  readonly id: string;
  /** 1 for a new one, and one more with each change. */
  readonly version: number;
  /** When it may be forgotten. */
  readonly until: number;
  /** Sealed where it is written; opaque to the ledger. */
  readonly content: string;
}
