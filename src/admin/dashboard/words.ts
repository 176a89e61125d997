/** Plain words for what the ledger keeps in short names. What is not known here is shown by its name. */
import type { Entry, HistoryEvent, State } from '../../ledger/entry.ts';
import type { LaneState } from '../../ledger/lane-state.ts';
import { DELAY_BUCKETS_MS } from '../../ledger/statistics.ts';
import type { Mode } from '../../words/mode.ts';
import type { Outcome, OutcomeKind } from '../../words/outcome.ts';

export const STATE_WORDS: Readonly<Record<State, string>> = {
  queued: 'In work',
  held: 'Waits for approval',
  attention: 'Needs a person',
  done: 'Closed',
  dismissed: 'Dismissed',
};

export const MODE_WORDS: Readonly<Record<Mode, string>> = {
  revoke: 'revokes at once',
  hold: 'waits for approval',
  'dry-run': 'dry run, revokes nothing',
};

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  followed: 'Pointed to secrets that have entries of their own',
  accepted: 'Revocation accepted, no proof',
  'would-revoke': 'Would be revoked (dry run)',
  expires: 'Cannot be revoked, expires soon',
  exhausted: 'Could not be revoked',
  ignored: 'Ignored by the configuration',
};

/** All outcomes of a kind, proven or not. */
export const KIND_WORDS: Readonly<Record<OutcomeKind, string>> = {
  revoked: 'Revoked',
  'already-inactive': 'Was dead already',
  accepted: 'Revocation accepted, no proof',
  'would-revoke': 'Would be revoked (dry run)',
  expires: 'Cannot be revoked, expires soon',
  refused: 'Not revoked',
  exhausted: 'Could not be revoked',
  followed: 'Pointed to other secrets',
  ignored: 'Ignored by the configuration',
  held: 'Waits for approval',
};

/** What a colour stands for: good is said of proven deaths alone. */
export type Tone = 'good' | 'notable' | 'bad' | '';

export function isDead(outcome: Outcome | null | undefined): boolean {
  return outcome?.verified === true && (outcome.kind === 'revoked' || outcome.kind === 'already-inactive');
}

const CLOSED_WORDS: Readonly<Partial<Record<OutcomeKind, string>>> = {
  'would-revoke': 'Dry run',
  expires: 'Expires by itself',
  followed: 'Followed',
};

/** How an entry stands, in a word or three. */
export function statusOf({ state, outcome }: Pick<Entry, 'state' | 'outcome'>): {
  readonly tone: Tone;
  readonly words: string;
} {
  if (state === 'attention') return { tone: 'bad', words: STATE_WORDS.attention };
  if (state === 'held') return { tone: 'notable', words: STATE_WORDS.held };
  if (state === 'queued') return { tone: '', words: STATE_WORDS.queued };
  if (outcome?.kind === 'ignored') return { tone: '', words: 'Ignored' };
  if (state === 'dismissed') return { tone: '', words: STATE_WORDS.dismissed };
  if (isDead(outcome)) return { tone: 'good', words: 'Dead' };
  const closed = outcome ? CLOSED_WORDS[outcome.kind] : undefined;
  return { tone: closed === undefined ? 'notable' : '', words: closed ?? 'No proof' };
}

const HELD_WORDS: Readonly<Record<string, string>> = {
  unproven: 'nothing shows that its secret leaked',
  wider: 'revoking it hits more than the token',
  mode: 'everything is held for approval',
};

const REASON_WORDS: Readonly<Record<string, string>> = {
  redacted: 'a scanner masked it, so this is no secret',
  fragment: 'it is a part of a secret, and the whole one may live',
  unrecognised: 'the text is no token of this provider',
  'unknown-token': 'no configured server knows it',
  ambiguous: 'several records match',
  'unsupported-kind': 'this kind is not supported',
  'not-permitted': 'our credential may not do it',
  'own-credential': 'it is a credential that Quash itself uses',
  'wrong-record': 'another record was hit',
  'needs-context': 'its other half is missing',
  manual: 'it has no revocation API',
  altered: 'its row in the ledger does not belong to it',
  review: 'an earlier version closed it on grounds that are not good enough',
};

export function outcomeWords(outcome: Outcome): string {
  const { kind, verified, reason } = outcome;
  if (kind === 'revoked') return verified ? 'Dead: revoked and proven' : 'Revoked, no proof';
  if (kind === 'already-inactive') return verified ? 'Was dead already' : 'Taken for dead, no proof';
  if (kind === 'held') return `Waits for approval: ${HELD_WORDS[reason ?? ''] ?? reason}`;
  if (kind === 'refused') return `Not revoked: ${REASON_WORDS[reason ?? ''] ?? reason ?? 'refused'}`;
  const words = OUTCOME_WORDS[kind] ?? kind;
  return kind === 'exhausted' && reason !== undefined ? `${words} (${reason})` : words;
}

const EVENT_WORDS: Readonly<Record<string, string>> = {
  reported: 'Reported',
  undecided: 'Put under attention: nobody had decided about it while it was held',
  reviewed: 'Put before a person: an earlier version closed it on too little',
  held: 'Held for approval',
  approved: 'Approved',
  retried: 'Retry asked for',
  dismissed: 'Dismissed',
  continued: 'The provider needs more time',
  unproven: 'Revoked, but not shown to be dead yet',
  failed: 'The attempt failed',
  deferred: 'Put off, at no cost: the provider cannot be used now',
  paced: "Waits its turn within the vendor's rate limit",
  rechecking: 'Reported again after its death: asked about once more',
  'still-dead': 'Still dead',
  'alive-again': 'It works, although it was taken for dead: worked on again',
  'recheck-failed': 'Could not be asked about again',
  'recheck-unproven': 'Asked about again: no answer that says whether it is dead',
  'not-rechecked': 'Not asked about again, as the mode was hold or dry-run',
};

export function eventWords({ event, outcome, code }: HistoryEvent): string {
  if (event === 'settled' && outcome) return outcomeWords(outcome);
  if (event === 'unproven' && code === 'alive') return 'Revoked, but it still worked when asked';
  return EVENT_WORDS[event] ?? event;
}

const PAUSE_WORDS: Readonly<Record<string, string>> = {
  operator: 'stopped by a person',
  throttled: 'the vendor limits our requests',
  'credential-refused': 'our credential is refused',
  'permission-missing': 'our credential lacks a right',
  unreachable: 'its connections break off',
  'unknown-host': 'the name server does not know its host',
  'connection-refused': 'nothing listens at its address',
  'no-route': 'no route leads to it',
  'untrusted-certificate': 'its certificate is not trusted',
  'proxy-failed': 'the proxy fails or refuses',
  timeout: 'it does not answer in time',
  unavailable: 'it says that it is not available',
  misconfigured: 'its address or a setting is wrong',
  'blocked-address': 'its host has a private address that is not allowed',
  'wrong-clock': 'the clock of this machine is wrong',
};

export function laneWords(lane: LaneState | null, now: number): string {
  if (!lane) return 'Ready';
  const why = PAUSE_WORDS[lane.reason ?? ''] ?? lane.reason ?? 'unknown reason';
  if (lane.parked) return `Stands still: ${why}`;
  if (lane.pausedUntil > now) return `Paused: ${why}`;
  return lane.streak > 0 ? `Trying again after a pause: ${why}` : 'Works';
}

/** Why what is due in a lane waits, and until when; null where only a person ends that. */
export interface LaneWait {
  readonly words: string;
  readonly until: number | null;
}

/** Undefined while nothing of the lane waits for more than its turn. */
export function waitOf(lane: LaneState | null, now: number): LaneWait | undefined {
  if (!lane) return undefined;
  if (lane.parked) return { words: laneWords(lane, now), until: null };
  if (lane.pausedUntil > now) return { words: laneWords(lane, now), until: lane.pausedUntil };
  return valveWaitOf(lane);
}

/** Undefined while the safety valve is open to all. */
export function valveWaitOf(lane: LaneState | null): LaneWait | undefined {
  if (!lane) return undefined;
  const { revokedLastHour, valveOpensAt, shareOpensAt } = lane;
  if (valveOpensAt !== null)
    return { words: `Safety valve: ${revokedLastHour} revoked in the last hour`, until: valveOpensAt };
  if (shareOpensAt === null) return undefined;
  return { words: 'Safety valve: a top-level namespace has had its tenth of the hour', until: shareOpensAt };
}

/** @param upperMs end of a bucket, see `DELAY_BUCKETS_MS`, rounded up so that it stays true */
export function belowWords(upperMs: number | null): string {
  if (upperMs === null) return 'none yet';
  const longest = DELAY_BUCKETS_MS.at(-1) ?? 0;
  // What is longer than all buckets counts as the longest.
  if (upperMs >= longest) return `above ${durationWords(DELAY_BUCKETS_MS.at(-2) ?? 0)}`;
  const digit = upperMs < 1_000 && upperMs >= 100 ? 10 : 1;
  return `below ${durationWords(Math.ceil(upperMs / digit) * digit, Math.ceil)}`;
}

export function countWords(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Two digits in the largest unit that fits. */
export function durationWords(ms: number, round = Math.round): string {
  if (ms < 1_000) return `${round(ms)} ms`;
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  for (const [unitMs, unit] of units) {
    if (ms < unitMs) continue;
    const digits = ms >= 10 * unitMs ? 1 : 10;
    return `${round((ms / unitMs) * digits) / digits} ${unit}`;
  }
  return `${ms} ms`;
}
