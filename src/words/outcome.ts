/** How the work on an entry ended. `accepted`: the provider took the revocation but gives no proof of it. */
export type OutcomeKind =
  | 'revoked'
  | 'already-inactive'
  | 'accepted'
  | 'would-revoke'
  | 'expires'
  | 'refused'
  | 'exhausted';

/** Why Quash will not, or cannot, revoke a token by itself. */
export type RefusalReason =
  | 'unrecognised'
  | 'unknown-token'
  | 'ambiguous'
  | 'unsupported-kind'
  | 'not-permitted'
  | 'own-credential'
  | 'wrong-record'
  | 'needs-context'
  | 'manual';

/** Facts for the person who has to decide: ids and times, never a secret and never free text of an upstream. */
export type Evidence = Readonly<
  Record<
    string,
    string | number | boolean | null | readonly Readonly<Record<string, string | number | boolean | null>>[]
  >
>;

export interface Outcome {
  readonly kind: OutcomeKind;
  /** True only when an upstream answer said that the token no longer works. */
  readonly verified: boolean;
  /** A {@link RefusalReason} for `refused`, the last failure's code for `exhausted`. */
  readonly reason?: string;
  /** One constant sentence: what a person should do. */
  readonly advice?: string;
  readonly evidence?: Evidence;
}
