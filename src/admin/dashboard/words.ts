/** Plain words for what the ledger keeps in short names. What is not known here is shown by its name. */
import type { HistoryEvent, State } from '../../ledger/entry.ts';
import type { LaneState } from '../../ledger/lane-state.ts';
import type { Mode } from '../../words/mode.ts';
import type { Outcome } from '../../words/outcome.ts';

export const STATE_WORDS: Readonly<Record<State, string>> = {
  queued: 'In work',
  held: 'Waits for approval',
  attention: 'Needs a person',
  done: 'Ended',
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
  'not-rechecked': 'Not asked about again: dry run',
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
};

export function laneWords(lane: LaneState | null, now: number): string {
  if (!lane) return 'Ready';
  const why = PAUSE_WORDS[lane.reason ?? ''] ?? lane.reason ?? 'unknown reason';
  if (lane.parked) return `Stands still: ${why}`;
  if (lane.pausedUntil > now) return `Paused: ${why}`;
  return lane.streak > 0 ? `Trying again after a pause: ${why}` : 'Works';
}

/** Empty while the valve is open; the time at which it goes on stands behind it. */
export function valveWords(lane: LaneState | null): string {
  if (!lane || lane.valveOpensAt === null) return '';
  return `Safety valve: ${lane.revokedLastHour} revoked in the last hour; goes on at`;
}

export function durationWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  for (const [unitMs, unit] of units) {
    if (ms >= unitMs) return `${Number((ms / unitMs).toPrecision(2))} ${unit}`;
  }
  return `${ms} ms`;
}
