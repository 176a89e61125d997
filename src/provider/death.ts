/** When a token may be called dead. The rule stands here once: adapters say what they saw, this decides what it means. */

import { isMaskedToken } from '../words/mask.ts';
import type { Evidence } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import type { Refused, TokenKind, Unknown } from './provider.ts';

/** What the operator wants of tokens that nobody knows: a case for a person, or taken for dead, unproven. */
export type UnknownTokens = 'attention' | 'inactive';

export interface Circumstances {
  readonly kind: TokenKind;
  readonly token: Secret;
  /** Where it was seen to work before. */
  readonly seenAlive: readonly string[];
  readonly unknownTokens: UnknownTokens;
}

interface Dead {
  readonly outcome: 'already-inactive';
  readonly proven: boolean;
  readonly evidence: Evidence;
}

const UNKNOWN_ADVICE =
  'No place that Quash asked knows this token. It may work elsewhere: look up at the location what it is for, and revoke it there; add that place to the configuration and retry.';

const CUT_ADVICE =
  'No place that Quash asked knows this text. It may be a part of a longer token that works: look at the location, and revoke the whole one by hand.';

/** What it means that every place that was asked does not know the token, or refuses it. */
export function judgeUnknown(unknown: Unknown, circumstances: Circumstances): Dead | Refused {
  const { asked, advice, evidence = {} } = unknown;
  const { kind, token, seenAlive, unknownTokens } = circumstances;
  const facts: Evidence = asked.length > 0 ? { ...evidence, asked: asked.join(', ') } : evidence;
  if (asked.some((place) => seenAlive.includes(place))) return dead(true, facts);
  const isWhole = isWholeToken(kind, token);
  if (isWhole && wasAskedEverywhere(kind, asked)) return dead(true, facts);
  if (isWhole && unknownTokens === 'inactive') return dead(false, facts);
  const told = isWhole ? (advice ?? UNKNOWN_ADVICE) : CUT_ADVICE;
  return { outcome: 'refused', reason: 'unknown-token', advice: told, evidence: facts };
}

function dead(proven: boolean, evidence: Evidence): Dead {
  return { outcome: 'already-inactive', proven, evidence };
}

export function isWholeToken({ whole }: TokenKind, token: Secret): boolean {
  const text = token.reveal();
  if (isMaskedToken(text)) return false;
  return typeof whole === 'function' ? whole(text) : whole === 'exact';
}

function wasAskedEverywhere({ places }: TokenKind, asked: readonly string[]): boolean {
  return 'all' in places && places.all.every((place) => asked.includes(place));
}

/**
 * Whether a refusal after an accepted revocation proves the death of a token that was never seen to work: when it is
 * whole, and can come from nowhere else than where it was asked.
 */
export function refusalProves({ kind, token }: Pick<Circumstances, 'kind' | 'token'>): boolean {
  return isWholeToken(kind, token) && 'all' in kind.places;
}
