/**
 * The contract between Quash and what revokes a kind of secret. An adapter is one folder in `providers/` that
 * exports a {@link ProviderDefinition} and one line in `providers/index.ts`.
 */
import type { z } from 'zod';
import type { Clock } from '../words/clock.ts';
import type { Evidence, RefusalReason } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import type { Upstream } from './upstream.ts';

/** `stable`: held against the vendor's documentation and in use; `experimental`: off unless turned on. */
export type Stability = 'stable' | 'beta' | 'experimental';

export interface ProviderDefinition<Config = unknown> {
  /** Lower case, `[a-z0-9-]+`; its folder's name and its key in the configuration. */
  readonly id: string;
  readonly title: string;
  /** The vendor's documentation of the calls that are made. */
  readonly docs: string;
  readonly stability: Stability;
  /** One sentence for the operator: the credential or setting that it needs, or `nothing`. */
  readonly needs: string;
  /** For the table of providers, one short phrase each: how it knows that it hits the leaked credential alone, */
  readonly exactness: string;
  /** which answer shows that the token is dead (`none` where no answer can), */
  readonly proof: string;
  /** and what else is hit (`the token only`). */
  readonly effect: string;
  /** Every type string that it can take when fully configured; scanner aliases are added by the registry. */
  readonly types: readonly string[];
  /** Its own keys below `providers.<id>`; a strict object. The keys that all providers have are added by the registry. */
  readonly config: z.ZodType<Config>;
  /** Entries worked on at once, over which the operator's `concurrency` wins. Default 4. */
  readonly concurrency?: number;
  /** At most so many steps (a batch is one) in a window of `perMs`, counted over all replicas. */
  readonly rate?: Rate;
  /** Must not call anything upstream. May throw {@link ConfigFault} for what the schema cannot say. */
  create(config: Config, tools: Tools): Provider;
}

export interface Rate {
  readonly steps: number;
  readonly perMs: number;
}

/** A ready adapter. It keeps no state about tokens; what must survive goes through {@link Step.remember}. */
export interface Provider {
  /** What it can act on with this configuration; empty when it cannot act. Tried in order, the first match wins. */
  readonly kinds: readonly TokenKind[];
  /**
   * Makes the token dead. Idempotent: a crash may repeat it.
   * @throws {Failure}
   */
  revoke(token: Secret, step: Step): Promise<RevokeResult>;
  /**
   * Asks upstream whether the token still works; called after `revoked` and `accepted` that are not `proven`.
   * `unknown` when the answer does not say.
   * @throws {Failure}
   */
  verify?(token: Secret, step: Step): Promise<Liveness>;
  /** Revokes up to `batch.size` tokens with as few calls as upstream allows; results in the order given. */
  readonly batch?: {
    readonly size: number;
    revoke(items: readonly BatchItem[], signal: AbortSignal): Promise<readonly (RevokeResult | Error)[]>;
  };
  /** Asks upstream whether our own credentials work and have the rights they need. Never throws. */
  check?(signal: AbortSignal): Promise<readonly CredentialCheck[]>;
}

/** One kind of token of a provider. */
export interface TokenKind {
  /** Stable within the provider; stored with the entry and handed back in {@link Step.kind}. */
  readonly id: string;
  /** The type strings under which scanners report it. */
  readonly types: readonly string[];
  /**
   * Finds the token inside reported text; the whole match is the token, or group `token` where it has one. Linear
   * in time on hostile input. Needs no flag `g`.
   */
  readonly pattern: RegExp;
  /** `wider`: revoking it hits more than the leaked token, so it waits for approval unless the operator says otherwise. */
  readonly effect: 'token' | 'wider';
  /** For `wider`: one sentence that says what else is hit. */
  readonly warning?: string;
  /** Kinds of this provider that are handed along in {@link Step.parts} when the same report has them in the same file. */
  readonly pairsWith?: readonly string[];
  /**
   * Whether this text is the same for many credentials (only the header of a key was reported). Then the file in which
   * it was found is part of the entry's identity, and {@link Step.context} has the rest.
   */
  sharedText?(text: string): boolean;
}

/** What an adapter gets to work with: nothing else reaches the outside. */
export interface Tools {
  /** A client bound to one base URL that comes from code or from the operator's configuration. */
  upstream(baseUrl: string): Upstream;
  readonly clock: Clock;
  readonly log: ProviderLog;
}

/** Takes an event in words and fields without secrets. */
export interface ProviderLog {
  warn(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  info(event: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

/** One call of the dispatcher on one entry. */
export interface Step {
  readonly kind: string;
  /** What {@link remember} stored last, in this step or an earlier one; parse it, an older version may have written it. */
  readonly note: unknown;
  /** Stores a JSON value with the entry, sealed, however this step ends; it survives restarts. */
  remember(note: unknown): void;
  /** Aborts when the step's time is over or the process stops; hand it to every upstream call. */
  readonly signal: AbortSignal;
  /**
   * Other halves of the credential: what the same report found in the same file, of a kind that this token's kind
   * `pairsWith`. Nothing says that they belong together: prove it upstream.
   */
  parts(kind: string): readonly Secret[];
  /**
   * The lines around the leak, from the configured GitLab only; undefined where they cannot be had. They are the
   * committer's text: take from them only what upstream then proves.
   * @throws {Failure} when GitLab is there but fails
   */
  context(): Promise<Secret | undefined>;
}

export interface BatchItem {
  readonly token: Secret;
  readonly step: Step;
}

export type Liveness = 'dead' | 'alive' | 'unknown';

export interface CredentialCheck {
  /** Which credential, e.g. `https://gitlab.example.com administrator token`. */
  readonly name: string;
  readonly ok: boolean;
  /** One sentence: what is wrong and what to do. */
  readonly advice?: string;
}

export type RevokeResult =
  | {
      /** `already-inactive` needs an answer that says so of this very token. */
      readonly outcome: 'revoked' | 'already-inactive';
      /** Upstream's answer showed that the token is dead, so no verification is needed. */
      readonly proven: boolean;
      readonly evidence?: Evidence;
    }
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'expires'; readonly evidence?: Evidence }
  | {
      readonly outcome: 'refused';
      readonly reason: RefusalReason;
      /** One constant sentence: what a person should do. */
      readonly advice: string;
      readonly evidence?: Evidence;
    }
  /** Call `revoke` again after `afterMs`; holds no lane meanwhile and costs no attempt. */
  | { readonly outcome: 'continue'; readonly afterMs: number };

/** The operator's configuration cannot work; `path` is relative to the provider's own keys. */
export class ConfigFault extends Error {
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.name = 'ConfigFault';
    this.path = path;
  }
}
