/**
 * The contract between Quash and what revokes a kind of secret. An adapter is one folder in `providers/` that
 * exports a {@link ProviderDefinition} and one line in `providers/index.ts`.
 */
import type { z } from 'zod';
import type { Clock } from '../words/clock.ts';
import type { Evidence, RefusalReason } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import type { Upstream } from './upstream.ts';
import type { Workload } from './workload.ts';

/**
 * How the whole secret is shown to be the credential that is acted on, before anything changes:
 * `by-value`: the mutating call carries the whole reported text and nothing of another credential;
 * `signs-in`: the whole secret was accepted in this step, and the id that is acted on comes from that answer or equals it;
 * `listed-whole`: the vendor's list shows the secret, or a hash of it;
 * `one-fits`: the whole secret was accepted as its owner's, the owner's list was read to its end, and exactly one record fits;
 * `unproven`: nothing shows that the secret leaked: an id, a mask, a claim. A person decides.
 */
export type Possession = 'by-value' | 'signs-in' | 'listed-whole' | 'one-fits' | 'unproven';

/**
 * Where the tokens of a kind can come from. `all`: every place there is, by the names under which an adapter says that
 * it asked them. `open`: there may be others, such as self-managed instances; then no refusal proves a death.
 */
type Places = { readonly all: readonly string[] } | { readonly open: string };

/** `stable`: held against the vendor's documentation and in use; `experimental`: off unless turned on. */
type Stability = 'stable' | 'beta' | 'experimental';

export interface ProviderDefinition<Config = unknown> {
  /** Lower case, `[a-z0-9-]+`; its folder's name and its key in the configuration. */
  readonly id: string;
  readonly title: string;
  /** The vendor's documentation of the calls that are made. */
  readonly docs: string;
  /** When the calls were last held against that documentation, or the vendor's sources: `2026-11-28`. */
  readonly checked?: string;
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
  /** Those of `types` for which no scanner publishes a rule, so that the operator writes one. */
  readonly unpublished?: readonly string[];
  /** Its own keys below `providers.<id>`; a strict object. The keys that all providers have are added by the registry. */
  readonly config: z.ZodType<Config>;
  /**
   * A part of Quash itself that reads where leaks are told: it changes nothing upstream, so that neither modes nor the
   * safety valve have anything to stop in it, and it is no provider to an operator.
   */
  readonly internal?: true;
  /** Own keys that take the value of a general key, unless the operator gives them below `providers.<id>`. */
  readonly sharedKeys?: Readonly<Record<string, GeneralKey>>;
  /**
   * It only tells a person what to do. So it takes no type that another provider takes, nothing of it waits for an
   * approval, and neither a dry run nor the safety valve holds it back.
   */
  readonly lastResort?: boolean;
  /** Entries worked on at once, over which the operator's `concurrency` wins. Default 4. */
  readonly concurrency?: number;
  /** At most so many steps (a batch is one) in a window of `perMs`, counted over all replicas. */
  readonly rate?: Rate;
  /** Must not call anything upstream. May throw {@link ConfigFault} for what the schema cannot say. */
  create(config: Config, tools: Tools): Provider;
}

/** A key of the configuration that belongs to no single provider. */
type GeneralKey = 'gitlab.instances' | 'manual';

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
   * Asks about a token that must not be revoked yet, because a person has to decide first. Changes nothing.
   * @throws {Failure}
   */
  look?(token: Secret, step: Step): Promise<LookResult>;
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
  /** Whether its steps get {@link Step.origins}. */
  readonly wantsOrigins?: boolean;
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
  /** The pattern matches so much that it is tried only for reports of the kind's own types. */
  readonly ownTypesOnly?: boolean;
  /** `wider`: revoking it hits more than the leaked token, so it waits for approval unless the operator says otherwise. */
  readonly effect: 'token' | 'wider';
  /** The weakest proof with which the core lets a step act; a step may give a stronger one. */
  readonly possession: Possession;
  readonly places: Places;
  /**
   * Whether a matching text is surely a whole token. `exact`: the pattern fixes its length, so that no beginning of it
   * matches; `open`: a cut token may match, too; a function: by a checksum, or the like.
   */
  readonly whole: 'exact' | 'open' | ((token: string) => boolean);
  /** Whether a person can take the revocation back. */
  readonly undo: 'yes' | 'no';
  /**
   * The one spelling by which the secret is known, where its issuer takes several, or files write it in several: letters of
   * either case, a key that is indented. Steps get it so, and another spelling is no other entry. What it cannot tell stays.
   */
  canonical?(token: string): string;
  /** The text as it stands in requests, where that is not the token as it was found: percent-decoded, say. */
  inRequests?(token: string): string;
  /** For `wider`: one sentence that says what else is hit. */
  readonly warning?: string;
  /** Kinds of this provider that are handed along in {@link Step.parts} when the same report has them in the same file. */
  readonly pairsWith?: readonly string[];
  /**
   * Whether this text is the same for many credentials (only the header of a key was reported). Then the file in which
   * it was found, and the lines that its reporter sent, are part of the entry's identity, and {@link Step.context} has
   * the rest.
   */
  sharedText?(text: string): boolean;
}

/** Everything that an adapter gets; it has no other way to the outside. */
export interface Tools {
  /** A client bound to one base URL that comes from code or from the operator's configuration. */
  upstream(baseUrl: string): Upstream;
  /**
   * For our own credential alone, and only where the operator's configuration says so. Absent where a provider is made
   * to be described, not to work.
   */
  readonly workload?: Workload;
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
  /**
   * Says that the whole secret was shown, in this step, to be the credential that is acted on. Without it, and unless the
   * call itself carries the whole token, no call that changes anything leaves.
   */
  prove(by: Exclude<Possession, 'unproven'>): void;
  /**
   * Says that the token was seen to work at this place, and keeps that however the step ends: from then on its absence
   * there proves that it is dead.
   * @param place a name from {@link TokenKind.places}, or of an account or instance; one that another may take, with what tells
   *   them apart (`place.ts`)
   */
  sawAlive(place: string): void;
  /** Where it was seen to work, in this step or an earlier one. */
  readonly seenAlive: readonly string[];
  /**
   * Origins of the places where the token was found, newest first and each once: `https://gitlab.example.com`. They are
   * the reporter's text: choose among configured instances by them, and call none of them. Empty unless the provider
   * says {@link Provider.wantsOrigins}.
   */
  readonly origins: readonly string[];
  /** A person approved that this token is acted on although nothing proves that its secret leaked. */
  readonly mayActUnproven: boolean;
  /** Aborts when the step's time is over or the process stops; hand it to every upstream call. */
  readonly signal: AbortSignal;
  /**
   * Other halves of the credential: what the same report found in the same file, of a kind that this token's kind
   * `pairsWith`. Nothing says that they belong together: prove it upstream.
   */
  parts(kind: string): readonly Secret[];
  /**
   * The lines around the leak at its newest and oldest places, the newest first, from the configured GitLab only; undefined where
   * they cannot be had. They are the committer's text: take from them only what upstream then proves. Read once in a step.
   * @throws {Failure} when GitLab is there but fails
   */
  context(): Promise<Secret | undefined>;
  /**
   * What fits a pattern in these lines, each text once: of all places in turn, and what stands nearest to the token first.
   * Take as many as may be tried, and leave the rest.
   * @throws {Failure} as {@link context}
   */
  matchesAround(pattern: RegExp): Promise<readonly Secret[]>;
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

/** No place that was asked knows the token, or lets it in. The core decides whether that proves its death. */
export interface Unknown {
  readonly outcome: 'unknown';
  /** The places that refused it: names from {@link TokenKind.places}, or of accounts and instances. */
  readonly asked: readonly string[];
  /** One constant sentence for the person who has to find out. Never that it can be dismissed: it may live elsewhere. */
  readonly advice?: string;
  readonly evidence?: Evidence;
}

export interface AlreadyInactive {
  readonly outcome: 'already-inactive';
  /**
   * `said`: the place that issued it says of this very token that it is revoked, expired or deleted, not merely unknown;
   * `seen-alive`: it worked before, see {@link Step.sawAlive}, and does not any more.
   */
  readonly death: 'said' | 'seen-alive';
  readonly evidence?: Evidence;
}

export interface Refused {
  readonly outcome: 'refused';
  readonly reason: RefusalReason;
  /** One constant sentence: what a person should do. */
  readonly advice: string;
  readonly evidence?: Evidence;
}

export interface FoundSecret {
  readonly kind: string;
  readonly token: Secret;
}

/** A leak that GitLab keeps as a vulnerability. */
export interface GatheredLeak {
  /** As a scanner would report it. */
  readonly type: string;
  /** As the scanner matched it, or the lines where it stands. */
  readonly token: Secret;
  readonly location: string;
  /** Its number in the GitLab of that location. */
  readonly vulnerability: number;
}

/** What a step has read where leaks are told. */
export interface Gathered {
  /** Each goes the way of any report. */
  readonly leaks: readonly GatheredLeak[];
  /** Vulnerabilities that could not be read in this step, to be read one by one; see `gitlab/pointer.ts`. */
  readonly pointers: readonly string[];
}

/**
 * What was reported only points to secrets, or is a part of one: these were found where it points. Each becomes an entry
 * of its own; nothing was changed. The pointer itself ends when all of its places were read, unless there is a `rest`.
 */
export interface Found {
  readonly outcome: 'found';
  readonly secrets: readonly FoundSecret[];
  /** What is to be said of the text itself, which may be a secret all the same. */
  readonly rest?: Unknown | Refused;
}

/** The result of a look, which changes nothing. */
export type LookResult =
  | { readonly outcome: 'alive' | 'undecided'; readonly evidence?: Evidence }
  | Unknown
  | AlreadyInactive
  | Refused
  | Found
  | { readonly outcome: 'expires'; readonly evidence?: Evidence }
  | Continue;

export type RevokeResult =
  | {
      readonly outcome: 'revoked';
      /** Upstream's answer showed that the token is dead, so no verification is needed. */
      readonly proven: boolean;
      readonly evidence?: Evidence;
    }
  | AlreadyInactive
  | Unknown
  | { readonly outcome: 'accepted'; readonly evidence?: Evidence }
  | Found
  /** Of an {@link ProviderDefinition.internal} provider. With `moreAfterMs` there is more: call `revoke` again after that. */
  | ({ readonly outcome: 'gathered'; readonly evidence: Evidence; readonly moreAfterMs?: number } & Gathered)
  /** Nothing proves that the secret leaked, so a person decides; `alive` as far as it was seen. */
  | {
      readonly outcome: 'held';
      readonly alive: boolean | undefined;
      readonly evidence?: Evidence;
      readonly advice?: string;
    }
  | { readonly outcome: 'expires'; readonly evidence?: Evidence }
  | Refused
  | Continue;

/** The same is asked again after `afterMs`; holds no lane meanwhile and costs no attempt. */
interface Continue {
  readonly outcome: 'continue';
  readonly afterMs: number;
}

/** The operator's configuration cannot work; `path` is relative to the provider's own keys. */
export class ConfigFault extends Error {
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.name = 'ConfigFault';
    this.path = path;
  }
}
