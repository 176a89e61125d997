/** When a token may be called dead. Adapters report what they saw; this file alone decides what it means. */

import { isMaskedToken } from '../words/mask.ts';
import type { Evidence } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import { nameOfPlace, speaksFor } from './place.ts';
import type { Refused, TokenKind, Unknown } from './provider.ts';

/** What the operator wants for tokens that no place ever knew: a case for a person, or an unproven death. */
export type UnknownTokens = 'attention' | 'inactive';

export interface Circumstances {
  readonly kind: TokenKind;
  readonly token: Secret;
  /** Where it was seen to work before; one of these may be out of the configuration since. */
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

const OR_CUT =
  'Or it is a part of a longer token that works: look at the location, and revoke the whole one by hand.';

const SEEN_ADVICE =
  'Quash saw it work before, but with another credential, at a place that was not asked now, or as an earlier version, so it is not known to be dead. See by hand whether it is left there; or, if a credential or a place was taken out of the configuration, put it back and retry.';

/** The outcome for a token that every place that was asked does not know, or refuses. */
export function judgeUnknown(unknown: Unknown, circumstances: Circumstances): Dead | Refused {
  const { asked, advice, evidence = {} } = unknown;
  const { kind, token, seenAlive, unknownTokens } = circumstances;
  const names = [...new Set(asked.map(nameOfPlace))].join(', ');
  const facts: Evidence = asked.length > 0 ? { ...evidence, asked: names } : evidence;
  const bySeeing = seenAlive.filter((place) => asked.includes(place));
  const isAnswered = (place: string) => bySeeing.some((each) => speaksFor(each, place));
  const wasSeen = bySeeing.length > 0 && seenAlive.every(isAnswered);
  if (wasSeen) return dead(true, facts);
  const isWhole = isWholeToken(kind, token);
  const isMaybeHidden = seenAlive.some((place) => !isAnswered(place) && wasAskedWithAnother(place, asked));
  if (isWhole && !isMaybeHidden && wasAskedEverywhere(kind, asked)) return dead(true, facts);
  // What worked, and is known nowhere now, is most likely somewhere that is not asked any more.
  if (isWhole && unknownTokens === 'inactive' && seenAlive.length === 0) return dead(false, facts);
  const told = isWhole ? (advice ?? UNKNOWN_ADVICE) : adviceOfCut(advice, token);
  const ofSeen = advice === undefined ? SEEN_ADVICE : `${SEEN_ADVICE} ${advice}`;
  return {
    ...{ outcome: 'refused', reason: 'unknown-token', evidence: facts },
    advice: seenAlive.length > 0 ? ofSeen : told,
  };
}

/** Most texts that are not surely whole are so all the same, and what the provider says holds for them. */
function adviceOfCut(advice: string | undefined, token: Secret): string {
  return advice === undefined || isMaskedToken(token.reveal()) ? CUT_ADVICE : `${advice} ${OR_CUT}`;
}

function dead(proven: boolean, evidence: Evidence): Dead {
  return { outcome: 'already-inactive', proven, evidence };
}

export function isWholeToken({ whole }: TokenKind, token: Secret): boolean {
  const text = token.reveal();
  if (isMaskedToken(text)) return false;
  return typeof whole === 'function' ? whole(text) : whole === 'exact';
}

/** Which account is asked at such a place, and how much of it is shown, is by the credential. */
function wasAskedWithAnother(place: string, asked: readonly string[]): boolean {
  const isMarked = (each: string) => each !== nameOfPlace(each);
  return isMarked(place) && asked.some((each) => isMarked(each) && nameOfPlace(each) === nameOfPlace(place));
}

function wasAskedEverywhere({ places }: TokenKind, asked: readonly string[]): boolean {
  const names = asked.map(nameOfPlace);
  return 'all' in places && places.all.every((place) => names.includes(place));
}

/**
 * Whether a refusal after an accepted revocation proves the death of a token that was never seen to work: when it is
 * whole, and can come from nowhere else than where it was asked.
 */
export function refusalProves({ kind, token }: Pick<Circumstances, 'kind' | 'token'>): boolean {
  return isWholeToken(kind, token) && 'all' in kind.places;
}
