import type { FailureCode } from '../../src/provider/failure.ts';
import type { ProviderDefinition, RevokeResult } from '../../src/provider/provider.ts';
import type { RefusalReason } from '../../src/words/outcome.ts';
import {
  type Exchange,
  FAULT_RETRY_AFTER_MS,
  FAULTS,
  type Fault,
  type PlainAnswer,
} from '../support/scripted-upstream.ts';

export interface ProviderSpec<Config> {
  readonly definition: ProviderDefinition<Config>;
  /**
   * The provider's own keys, as an operator would write them. Base URLs that the operator gives are `baseUrl` (no
   * trailing slash); a vendor's fixed host needs none: the script sees it as `/api.vendor.com` before the path.
   */
  config(baseUrl: string): Readonly<Record<string, unknown>>;
  /** The leaked token. */
  readonly token: string;
  /** What scanners report, where that is more than the token. */
  readonly reported?: string;
  /** Texts of our own credentials in {@link config}; they must stay as hidden as the token. With any, `check` is due. */
  readonly credentials?: readonly string[];
  /** Other halves of the credential that the same report has, by their kind; they must stay as hidden as the token. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  /** The lines around the leak, for a provider that asks for them. */
  readonly context?: string;
  /**
   * What the vendor answers to calls about a token that it does not know, where no script can tell the call: it holds a
   * hash of the token, say.
   */
  readonly unknownAnswer?: PlainAnswer;
  /** The kind that must take the token, and one of its type strings. */
  readonly kind: string;
  readonly type: string;
  /** Whether the scripts are played as after a person's approval, for a kind of which nothing proves that it leaked. */
  readonly approved?: true;
  /** Each lists all calls of one step, those of `verify` included. */
  readonly scripts: {
    /** The token works and gets revoked. Ends as revoked and verified, unless {@link Script.endsAs} says otherwise. */
    readonly revoked: Script;
    /**
     * Ends as `already-inactive`. `saysSo`: the vendor says of this very token that it is revoked, expired or deleted,
     * which it says of no token that it does not know.
     */
    readonly alreadyDead: Script & { readonly saysSo?: true };
    /** Upstream does not know the token, without saying that it is dead. Must not end as dead. */
    readonly unknownToken: RequiredEnd | NotApplicable;
    /** Our credential is refused. Ends as the failure `credential-refused`. */
    readonly credentialRefused: Script | NotApplicable;
    /** Our credential lacks a right. Ends as the failure `permission-missing` or refused as `not-permitted`. */
    readonly forbidden: Script | NotApplicable;
    /** The calls of a second step after `revoked`, which remembers nothing: a crash may repeat it. Ends as dead. */
    readonly secondCall: Script;
    /** For a provider with `batch`: several tokens in one call of it, and how each ends, in their order. */
    readonly batch?: BatchScript;
  };
  /** Where a broken call has, for a documented reason, another end than the usual one. */
  readonly faultOverrides?: readonly FaultOverride[];
  /**
   * Documented answers to any call with the token that pass by themselves: a locked account, a blocked address. Each with
   * its source. The suite plays those that every vendor may give.
   */
  readonly passing?: readonly {
    readonly name: string;
    readonly source: string;
    readonly answer: PlainAnswer;
  }[];
  /**
   * The call of `revoked`, by its index, whose answer says the death already: what comes after it only adds to that.
   */
  readonly settledBy?: { readonly call: number; readonly because: string };
  /**
   * Whether a changed text holds the whole secret all the same: a key file has parts that no signature depends on. Such a
   * text is no forgery.
   */
  stillHoldsSecret?(text: string): boolean;
  /** What shows that the id by which our credential acts is that of the secret, where no call with another id does. */
  readonly idShownBy?: string;
  /** The reason why the vendor's API takes the token in the URL only. */
  readonly tokenInUrl?: string;
}

export interface Script {
  readonly exchanges: readonly Exchange[];
  readonly endsAs?: ExpectedEnd;
}

interface RequiredEnd extends Script {
  readonly endsAs: ExpectedEnd;
}

interface BatchScript {
  readonly tokens: readonly string[];
  readonly exchanges: readonly Exchange[];
  readonly endsAs: readonly (RevokeResult['outcome'] | { readonly failure: FailureCode })[];
}

export interface NotApplicable {
  readonly notApplicable: string;
}

interface FaultOverride {
  /** Index in the exchanges of `revoked`. */
  readonly call: number;
  readonly faults: readonly Fault[];
  /** Completes "ends otherwise, because …". */
  readonly because: string;
  /** The calls after the broken one. */
  readonly then?: readonly Exchange[];
  readonly endsAs: ExpectedEnd;
}

/** `any`: the answer's status may mean this or that, but never that the token is dead. */
export const FAULT_ENDS: Readonly<Record<Fault, Extract<ExpectedEnd, { failure: unknown }> | 'any'>> = {
  timeout: { failure: 'timeout' },
  reset: { failure: 'unreachable' },
  'reset-mid-body': { failure: 'unreachable' },
  redirect: { failure: 'unexpected-answer' },
  oversized: { failure: 'unexpected-answer' },
  html: { failure: 'unexpected-answer' },
  'bad-json': { failure: 'unexpected-answer' },
  'html-401': 'any',
  'html-403': 'any',
  'html-404': 'any',
  'status-429': { failure: 'throttled', retryAfterMs: FAULT_RETRY_AFTER_MS },
  'status-500': { failure: 'upstream-error' },
  'status-502': { failure: 'unavailable' },
  'status-503': { failure: 'unavailable', retryAfterMs: FAULT_RETRY_AFTER_MS },
};

/**
 * Of a provider that asks the next place when one is broken: the breaks of a call of `revoked` after which the others do
 * not know the token.
 */
export function asksOnAfter(call: number, then: readonly Exchange[]): readonly FaultOverride[] {
  return FAULTS.map((fault) => {
    const end = FAULT_ENDS[fault];
    const endsAs = end === 'any' ? ({ failure: 'unexpected-answer' } as const) : end;
    return { call, faults: [fault], because: 'the next place is asked', then, endsAs };
  });
}

/** The calls of the looks at a token that works and is in no list of its account, until a person is told of it. */
export function untilTold(exchanges: readonly Exchange[]): readonly Exchange[] {
  return [...exchanges, ...exchanges, ...exchanges];
}

/** The scripts of a kind for which there is nothing to call: each step ends at once, and so. */
export function withoutAnyCall(endsAs: ExpectedEnd): ProviderSpec<unknown>['scripts'] {
  const script = { exchanges: [], endsAs };
  const never = { notApplicable: 'Nothing is called.' };
  return {
    revoked: script,
    alreadyDead: script,
    secondCall: script,
    unknownToken: never,
    credentialRefused: never,
    forbidden: never,
  };
}

export type ExpectedEnd =
  | {
      readonly outcome: Exclude<RevokeResult['outcome'], 'continue'>;
      readonly verified?: boolean;
      readonly reason?: RefusalReason;
    }
  | { readonly failure: FailureCode; readonly retryAfterMs?: number };

export interface ContractCase {
  readonly name: string;
  /** @throws when the provider breaks this part of the contract */
  readonly run: () => Promise<void>;
  /** The call that it breaks. */
  readonly broken?: string;
}
