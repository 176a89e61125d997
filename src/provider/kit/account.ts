/** What an adapter says of one account of a vendor, for {@link byAccounts} in `accounts.ts`. */
import type { z } from 'zod';
import type { Evidence } from '../../words/outcome.ts';
import type { Secret } from '../../words/secret.ts';
import type { Liveness, Possession, ProviderLog, Refused, RevokeResult, Step } from '../provider.ts';
import type { Lag } from './on-file.ts';
import type { Later } from './searched-list.ts';

/** How the whole secret was shown to be the one that `found` names; `unproven` where only an id says so. */
type Shown =
  | { readonly by: Exclude<Possession, 'one-fits'> }
  | {
      readonly by: 'one-fits';
      /**
       * What tells the record from others: what the vendor shows of the secret's text, or of its use; `nothing` where it is
       * merely the only one, which then has to be found for as long as {@link Account.lag} says.
       */
      readonly toldBy: 'text' | 'use' | 'nothing';
    };

/** What one account answers about a token. */
export type Sight<Found> =
  | ({
      readonly state: 'alive';
      /** What identifies it there: ids, as JSON; never a secret, as it is stored and shown. */
      readonly found: Found;
      readonly evidence?: Evidence;
    } & Shown)
  /** The account says of this very token that it is revoked, expired or deleted. */
  | { readonly state: 'dead'; readonly evidence?: Evidence }
  /** No such token here, or it is not let in: it is dead, or of another account. */
  | { readonly state: 'absent' }
  /**
   * What an earlier look found is gone as a whole, and may have been moved, its secrets with it: all accounts are searched
   * anew before that counts as absent.
   */
  | { readonly state: 'lost' }
  /** The account may know it, but nothing can be done about it here. */
  | {
      readonly state: 'unable';
      readonly refusal: Refused;
      /** It may as well be of another account, so the others are asked, too. */
      readonly maybeElsewhere?: true;
    }
  /** The search goes on in a later step. */
  | Later;

export type Known<Found> = Exclude<Sight<Found>, { state: 'absent' | 'lost' }>;
export type Alive<Found> = Extract<Sight<Found>, { state: 'alive' }>;

/** One account of a vendor, and what can be done there about a token. Its methods throw {@link Failure}. */
export interface Account<Found> {
  /** Unique within the provider; shown and stored, so it holds no secret. */
  readonly name: string;
  /** The place that a refusal of this account speaks for, as the kind's `places` names it. Default is the name. */
  readonly place?: string;
  /**
   * What tells it from another account that may stand behind the same name: the id of our credential, or its
   * {@link credentialMark}; the tenant; the address. For accounts that operators name as they like, and for those whose lists
   * show less to another credential. What was seen with one is looked for anew with another, and not dead for its absence there.
   * Where the address may be another one, too, and have the same token: `placeSeenWith` of the address and the credential.
   */
  readonly seenWith?: string | undefined;
  /** What version 0.1.0 called it in what it kept, where that was another name. */
  readonly formerly?: readonly string[];
  /**
   * Whether an id in the reported text is that of a credential of Quash itself; then a person has to replace it. One that
   * is reported whole, the core spares.
   */
  isOwn?(token: Secret): boolean;
  /**
   * Finds the token, and shows whether it works. Changes nothing.
   * @param known what an earlier look found at this account, which needs no second search
   */
  look(token: Secret, step: Step, known: Found | undefined): Promise<Sight<Found>>;
  /** Revokes the token that {@link look} found in the same step. */
  revoke(found: Found, token: Secret, step: Step): Promise<RevokeResult>;
  /** Asks whether the token of a revoked record still works. Default: {@link look}. */
  verify?(found: Found, token: Secret, step: Step): Promise<Liveness>;
  /**
   * Whether what an earlier look found is still on record, for vendors that refuse a token as well while it, or its owner,
   * is only disabled. Then a refusal is no death.
   */
  isThere?(found: Found, signal: AbortSignal): Promise<boolean>;
  /**
   * What a person does, for vendors that refuse a token in the same words while its owner is disabled, and tell of no record
   * that could be asked for. Then no refusal of what an earlier look found is a death.
   */
  readonly keptOut?: Refused | undefined;
  /**
   * For vendors whose lists show nothing of a secret, so that the only record is taken for its own: that is acted on when it
   * was found for so long. Else a secret that its owner has just revoked would take another one along, be it the successor
   * or an older one. `none` where the vendor says that it refuses one at once.
   */
  readonly lag?: Lag | 'none';
  /** A cheap call that changes nothing and fails when our own credential lacks what is needed. */
  probe?(signal: AbortSignal): Promise<void>;
}

export interface AccountsOptions<Found> {
  /** The schema of {@link Sight.found}. */
  readonly found: z.core.$ZodType<Found>;
  /** What a person does with a token that no account knows. Never that it can be dismissed: it may live elsewhere. */
  readonly unknown?: string;
  /** Which rights the operator's credential needs, where there is one. */
  readonly rights?: string;
  /**
   * Users may set such a secret to what they like, so that another account may have the same: all are asked before
   * anything is done, and one that has it ends no search.
   */
  readonly chosen?: boolean;
  /**
   * Accounts may be servers of the operator, of which one was restored from a copy of another, with the tokens it had: what
   * has ended at one is looked for at the others before it counts as dead.
   */
  readonly copies?: boolean;
  /** After how long the vendor surely knows a new secret, where it does not at once: see `new-keys.ts`. */
  readonly knownAfterMs?: number;
  readonly log: ProviderLog;
}
