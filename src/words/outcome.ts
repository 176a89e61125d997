/** How the work on an entry ended. `accepted`: the provider took the revocation but gives no proof of it. */
export const OUTCOME_KINDS = [
  'revoked',
  'already-inactive',
  'accepted',
  'would-revoke',
  'expires',
  'refused',
  'exhausted',
  /** The text only pointed to secrets, or was a part of one; those that were found have entries of their own. */
  'followed',
  /** The operator's configuration says that it is never to be touched. */
  'ignored',
  /** The entry has not ended: it waits for a person, and `reason` is a {@link HeldReason}. */
  'held',
] as const;

export type OutcomeKind = (typeof OUTCOME_KINDS)[number];

/**
 * Why an entry waits for a person. `unproven`: nothing shows that the secret leaked; `wider`: revoking it hits more
 * than the token; `mode`: the operator holds everything.
 */
export type HeldReason = 'unproven' | 'wider' | 'mode';

/** Why Quash will not, or cannot, revoke a token by itself. */
export type RefusalReason =
  | 'unrecognised'
  /** A scanner masked it: this is no secret. */
  | 'redacted'
  /** A part of a secret; the whole one may live. */
  | 'fragment'
  | 'unknown-token'
  | 'ambiguous'
  | 'unsupported-kind'
  | 'not-permitted'
  | 'own-credential'
  | 'wrong-record'
  | 'needs-context'
  | 'manual'
  /** What is stored of it does not belong together: something else than Quash has written to the ledger. */
  | 'altered'
  /** An earlier version closed the entry on evidence that this version does not accept. */
  | 'review';

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
  /** A {@link RefusalReason} for `refused`, a {@link HeldReason} for `held`, the last failure's code for `exhausted`. */
  readonly reason?: string;
  /** One constant sentence: what a person should do. */
  readonly advice?: string;
  readonly evidence?: Evidence;
}

/** The outcome shown for an entry that waits for a person. */
export function heldFor(reason: HeldReason, evidence?: Evidence, advice = HELD_ADVICE[reason]): Outcome {
  return { kind: 'held', verified: false, reason, advice, ...(evidence && { evidence }) };
}

const HELD_ADVICE: Readonly<Record<HeldReason, string>> = {
  unproven:
    'Nothing shows that the secret leaked: what was reported is an id, a part or a claim, which may be public. Look at the location, and approve only if the secret itself stands there.',
  wider: 'Revoking this hits more than the leaked token: approve it when you are ready for that.',
  mode: 'In mode hold everything waits for approval.',
};
