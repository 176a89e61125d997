/** Whether every leak that was reported is dead, in one sentence: the worst that is known comes first. */
import { SWEEPS } from '../../gitlab/sweep-order.ts';
import type { LaneState } from '../../ledger/lane-state.ts';
import type { Overview, ProviderState } from '../operations.ts';
import { countWords, durationWords, type Tone } from './words.ts';

export interface Verdict {
  readonly tone: Tone;
  readonly sentence: string;
}

export interface VerdictFacts {
  readonly overview: Overview;
  /** Titles of providers that revoke nothing now, though leaks wait for them. */
  readonly stopped: readonly string[];
  readonly generalMode: ProviderState['modeOverride'];
  readonly now: number;
}

export function isStopped({ parked, pausedUntil }: LaneState, now: number): boolean {
  return parked || pausedUntil > now;
}

/** See {@link VerdictFacts.stopped}. */
export function stoppedWithLeaks(
  providers: readonly ProviderState[],
  { providers: trends }: Overview,
  now: number,
): readonly string[] {
  const waits = ({ enabled, lane, entries }: ProviderState) =>
    (!enabled || (lane !== null && isStopped(lane, now))) && (entries.queued ?? 0) > 0;
  return [
    ...providers.filter(waits).map(({ title }) => title),
    ...goneWithLeaks(providers, trends).map(({ provider }) => provider),
  ];
}

/** Providers that the configuration has no more, of which leaks are open. */
export function goneWithLeaks(
  providers: readonly ProviderState[],
  trends: Overview['providers'],
): Overview['providers'] {
  const known = new Set(providers.map(({ id }) => id));
  return trends.filter(({ provider, open }) => open > 0 && !known.has(provider));
}

/** Work that takes longer than this deserves a look. */
const SLOW_MS = 600_000;

export function verdictOf({ overview, stopped, generalMode, now }: VerdictFacts): Verdict {
  const { entries, ended, endedDry, window, dead, oldestQueuedAt } = overview;
  if (Object.values(entries).every((count) => count === 0) && overview.created === 0)
    return { tone: '', sentence: 'Nothing was reported yet.' };
  if (entries.attention > 0) {
    const sentence = `Not safe: ${countWords(entries.attention, 'leak needs', 'leaks need')} a person and may still work.`;
    return { tone: 'bad', sentence };
  }
  if (stopped.length > 0)
    return {
      tone: 'bad',
      sentence: `Not safe: nothing is revoked at ${stopped.join(', ')}, and leaks wait.`,
    };
  if (entries.held > 0) {
    const sentence = `Not safe yet: ${countWords(entries.held, 'leak waits', 'leaks wait')} for approval and may still work.`;
    return { tone: 'notable', sentence };
  }
  // All that is open is queued here, sweeps too.
  const sweeps = overview.providers.find(({ provider }) => provider === SWEEPS)?.open ?? 0;
  const leaks = entries.queued - sweeps;
  if (leaks > 0) {
    const age = now - (oldestQueuedAt ?? now);
    const sentence = `Not safe yet: ${countWords(leaks, 'leak is', 'leaks are')} being revoked, the oldest for ${durationWords(age)}.`;
    return { tone: age > SLOW_MS ? 'bad' : 'notable', sentence };
  }
  // Of those that it ended in the window, and that nothing has taken up since.
  const leftDry = Math.min(endedDry, ended['would-revoke'] ?? 0);
  if (leftDry > 0) {
    const sentence = `Not safe yet: in the last ${window} a dry run left ${countWords(leftDry, 'leak as it was', 'leaks as they were')}.`;
    return { tone: 'notable', sentence };
  }
  if (generalMode !== null)
    return { tone: 'notable', sentence: 'No leak is open, but new ones would not be revoked by themselves.' };
  const unproven = UNPROVEN.reduce((sum, kind) => sum + (ended[kind] ?? 0), 0);
  if (unproven > 0) {
    const sentence = `No leak is open, but ${unproven} of the last ${window} ended without proof of death.`;
    return { tone: 'notable', sentence };
  }
  return {
    tone: 'good',
    sentence: `No reported leak is open. ${countWords(dead, 'was', 'were')} shown to be dead in the last ${window}.`,
  };
}

/** Ends after which the token may work. */
const UNPROVEN = ['revoked-unproven', 'already-inactive-unproven', 'accepted', 'expires'];
