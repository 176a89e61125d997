import { describe, expect, it } from 'vitest';
import type { StepResult } from '../../src/dispatch/attempt.ts';
import { AFTER_RECHECK, type Decision, decide, decideRecheck } from '../../src/dispatch/decide.ts';
import { AT_ONCE_AHEAD_MS } from '../../src/ledger/claim.ts';
import { NO_PROGRESS, type Progress } from '../../src/ledger/entry.ts';
import { Failure } from '../../src/provider/failure.ts';

const NOW = 1_000_000;
const MIDDLE = 0.5;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function decided(
  result: StepResult,
  { firstReportedAt = NOW - 30 * DAY_MS, ...progress }: Partial<Progress> & { firstReportedAt?: number } = {},
): Decision {
  return decide({ ...NO_PROGRESS, ...progress, firstReportedAt }, result, NOW, MIDDLE);
}

describe('an end', () => {
  it.each([
    ['revoked', { outcome: 'revoked', proven: true }, 'done', { kind: 'revoked', verified: true }],
    [
      'revoked without proof',
      { outcome: 'revoked', proven: false },
      'done',
      { kind: 'revoked', verified: false },
    ],
    [
      'already dead',
      { outcome: 'already-inactive', proven: true },
      'done',
      { kind: 'already-inactive', verified: true },
    ],
    ['accepted', { outcome: 'accepted' }, 'done', { kind: 'accepted', verified: false }],
    ['expiring', { outcome: 'expires' }, 'done', { kind: 'expires', verified: false }],
    [
      'refused',
      { outcome: 'refused', reason: 'ambiguous', advice: 'Choose one.' },
      'attention',
      { kind: 'refused', verified: false, reason: 'ambiguous', advice: 'Choose one.' },
    ],
  ] as const)('of kind %s settles the entry and shows a healthy lane', (_name, result, state, outcome) => {
    expect(decided(result)).toMatchObject({ action: 'settle', state, outcome, lane: 'healthy' });
  });

  it('keeps the evidence', () => {
    const evidence = { recordId: 7 };
    expect(decided({ outcome: 'revoked', proven: true, evidence })).toMatchObject({ outcome: { evidence } });
  });
});

describe('what an internal provider has gathered', () => {
  const gathered = { outcome: 'gathered', leaks: [], pointers: [], evidence: { found: 2 } } as const;

  it('settles the entry where that was all', () => {
    const outcome = { kind: 'followed', verified: false, evidence: { found: 2 } };
    expect(decided(gathered)).toMatchObject({ action: 'settle', state: 'done', outcome, lane: 'healthy' });
  });

  it('goes on after a while where there is more, says how far it is, and forgets earlier failures', () => {
    expect(decided({ ...gathered, moreAfterMs: 5_000 }, { attempts: 3, deferrals: 2 })).toMatchObject({
      action: 'put-off',
      dueAt: NOW + 5_000,
      progress: { attempts: 0, deferrals: 0 },
      event: { event: 'continued', outcome: { evidence: { found: 2 } } },
    });
  });
});

describe('a result without proof', () => {
  it('is asked for again on the schedule, without a revocation', () => {
    expect(decided({ outcome: 'unproven', liveness: 'unknown' })).toMatchObject({
      action: 'put-off',
      dueAt: NOW + 10_000,
      progress: { phase: 'verify', verifications: 1, attempts: 0 },
    });
  });

  it('ends as accepted, never as proven, when upstream stays silent', () => {
    expect(
      decided({ outcome: 'unproven', liveness: 'unknown' }, { phase: 'verify', verifications: 4 }),
    ).toMatchObject({
      action: 'settle',
      state: 'done',
      outcome: { kind: 'accepted', verified: false },
    });
  });

  it('costs an attempt and starts over when the token still works at the end', () => {
    expect(
      decided({ outcome: 'unproven', liveness: 'alive' }, { phase: 'verify', verifications: 4 }),
    ).toMatchObject({
      action: 'put-off',
      dueAt: NOW + 5_000,
      progress: { phase: 'revoke', attempts: 1, verifications: 0 },
      event: { code: 'still-active' },
    });
  });
});

describe('a failure of the token', () => {
  const failed = (code: 'upstream-error' | 'unexpected-answer' | 'internal' | 'suspended'): StepResult => ({
    outcome: 'failed',
    failure: new Failure(code),
    phase: 'revoke',
  });

  it('costs an attempt and leaves the lane alone', () => {
    expect(decided(failed('upstream-error'), { attempts: 2 })).toMatchObject({
      action: 'put-off',
      lane: 'healthy',
      dueAt: NOW + 120_000,
      progress: { attempts: 3 },
    });
  });

  it('goes to attention after the ninth, and is tried again in a day', () => {
    expect(decided(failed('unexpected-answer'), { attempts: 8 })).toMatchObject({
      action: 'settle',
      state: 'attention',
      dueAt: NOW + DAY_MS,
      outcome: { kind: 'exhausted', verified: false, reason: 'unexpected-answer' },
      progress: { attempts: 9 },
    });
  });

  it('asks a person to see which token is left where it is refused for what may pass, as it may be gone', () => {
    const adviceOf = (code: 'suspended' | 'unexpected-answer') => {
      const decision = decided(failed(code), { attempts: 8 });
      return decision.action === 'settle' ? decision.outcome?.advice : undefined;
    };
    expect(adviceOf('suspended')).toContain('whether this very token is left');
    expect(adviceOf('unexpected-answer')).toMatch(/^Revoke the token by hand/);
  });

  it('stays in attention when the daily try fails, too', () => {
    expect(decided(failed('unexpected-answer'), { attempts: 9 })).toMatchObject({
      action: 'settle',
      state: 'attention',
      dueAt: NOW + DAY_MS,
    });
  });

  it('says nothing of the provider when the fault is our own', () => {
    expect(decided(failed('internal'))).toMatchObject({ lane: 'untouched', progress: { attempts: 1 } });
  });
});

describe('a failure of the provider', () => {
  it.each([
    'unreachable',
    'timeout',
    'throttled',
    'unavailable',
    'credential-refused',
    'permission-missing',
    'misconfigured',
    'blocked-address',
    'wrong-clock',
  ] as const)('(%s) pauses the lane and costs the entry nothing', (code) => {
    const failure = new Failure(code);
    const decision = decided({ outcome: 'failed', failure, phase: 'revoke' }, { attempts: 3 });
    expect(decision).toMatchObject({
      action: 'put-off',
      lane: { pausedBy: failure },
      progress: { attempts: 3, deferrals: 1 },
    });
  });

  it('that concerns one entry alone leaves the lane untouched', () => {
    const failure = new Failure('unreachable', { scope: 'entry' });
    expect(decided({ outcome: 'failed', failure, phase: 'revoke' })).toMatchObject({
      action: 'put-off',
      lane: 'untouched',
      dueAt: NOW + 1_000,
    });
  });

  describe('that concerns one entry alone, and has for a day', () => {
    const MINUTES_OF_A_DAY = 24 * 60;
    const failure = new Failure('unreachable', { scope: 'entry' });
    const failedAfter = (deferrals: number, phase: Progress['phase'] = 'revoke', cause = failure) =>
      decided({ outcome: 'failed', failure: cause, phase }, { deferrals, phase });

    it('is told to a person, as no lane shows it, and tried again once an hour', () => {
      expect(failedAfter(MINUTES_OF_A_DAY - 1)).toMatchObject({ action: 'put-off' });
      const told = {
        ...{ action: 'settle', state: 'attention', dueAt: NOW + HOUR_MS, lane: 'untouched' },
        outcome: { kind: 'exhausted', reason: 'unreachable' },
        // So that the next failure is the last one again.
        progress: { deferrals: MINUTES_OF_A_DAY },
      };
      expect(failedAfter(MINUTES_OF_A_DAY)).toMatchObject(told);
    });

    it('counts a limit that the leaked token keeps used up, which the lane waits for no longer', () => {
      const limit = new Failure('throttled', { byLeaked: true });
      expect(failedAfter(24, 'revoke', limit)).toMatchObject({
        state: 'attention',
        lane: { pausedBy: limit },
      });
    });

    it('leaves what was accepted without a proof where a limit keeps that from being asked for', () => {
      const evidence = { account: 'one', accessor: 'a-1' };
      const limit = new Failure('throttled', { scope: 'entry' });
      const result = { outcome: 'failed', failure: limit, phase: 'verify', evidence } as const;
      const decision = decided(result, { deferrals: MINUTES_OF_A_DAY, phase: 'verify' });
      const outcome = { kind: 'accepted', verified: false, evidence };
      expect(decision).toMatchObject({ state: 'done', outcome });
    });

    it('is told also of what was revoked, as it may live at a server that is down', () => {
      const told = { state: 'attention', outcome: { kind: 'exhausted' }, progress: { phase: 'verify' } };
      expect(failedAfter(MINUTES_OF_A_DAY, 'verify')).toMatchObject(told);
    });

    it('was not, where what it waited for before was shorter, or has answered since', () => {
      const limit = new Failure('throttled', { scope: 'entry', retryAfterMs: HOUR_MS });
      const ofToday = { deferrals: 24, firstReportedAt: NOW - DAY_MS + 1 };
      expect(decided({ outcome: 'failed', failure: limit, phase: 'revoke' }, ofToday)).toMatchObject({
        ...{ action: 'put-off', dueAt: NOW + HOUR_MS },
      });

      const taken: StepResult = { outcome: 'failed', failure, phase: 'verify' };
      expect(decided(taken, { phase: 'revoke', deferrals: MINUTES_OF_A_DAY })).toMatchObject({
        ...{ action: 'put-off', dueAt: NOW + 1_000, progress: { phase: 'verify', deferrals: 1 } },
      });
    });
  });

  it('honours Retry-After', () => {
    const failure = new Failure('throttled', { retryAfterMs: 50_000 });
    expect(decided({ outcome: 'failed', failure, phase: 'revoke' })).toMatchObject({ dueAt: NOW + 50_000 });
  });

  it('after an accepted revocation leaves only the proof to be done', () => {
    const failure = new Failure('unreachable');
    expect(decided({ outcome: 'failed', failure, phase: 'verify' })).toMatchObject({
      progress: { phase: 'verify' },
    });
  });
});

it('goes on later without cost when the provider says so', () => {
  expect(decided({ outcome: 'continue', afterMs: 75_000 }, { attempts: 2, deferrals: 4 })).toMatchObject({
    action: 'put-off',
    dueAt: NOW + 75_000,
    lane: 'healthy',
    progress: { attempts: 2, deferrals: 0 },
  });
});

it('goes on at once before all that is tried again', () => {
  expect(decided({ outcome: 'continue', afterMs: 0 })).toMatchObject({
    ...{ action: 'put-off', dueAt: NOW - AT_ONCE_AHEAD_MS, event: { event: 'continued', dueAt: NOW } },
  });
});

it('gives an entry back uncounted when the process stops', () => {
  expect(decided({ outcome: 'aborted' }, { attempts: 2 })).toEqual({ action: 'release', lane: 'untouched' });
});

describe('a recheck of a dead token', () => {
  const LONG_AGO = NOW - 30 * DAY_MS;
  const rechecked = (result: StepResult, deferrals = 0): Decision => {
    const claim = { ...NO_PROGRESS, phase: 'recheck', deferrals, firstReportedAt: LONG_AGO } as const;
    return decideRecheck(claim, result, NOW, MIDDLE);
  };
  const failed = (failure: Failure): StepResult => ({ outcome: 'failed', failure, phase: 'recheck' });
  /** All that is known of it stays. */
  const kept = { action: 'settle', state: 'done', progress: NO_PROGRESS, announce: AFTER_RECHECK };

  it('that works is revoked anew at once, and not by an approval of before', () => {
    expect(rechecked({ outcome: 'unproven', liveness: 'alive' })).toEqual({
      ...{ lane: 'healthy', action: 'put-off', dueAt: NOW, endsApproval: true, progress: NO_PROGRESS },
      ...{ event: { at: NOW, event: 'alive-again', dueAt: NOW }, announce: 'alive-again' },
    });
  });

  it.each([
    ['is refused', { outcome: 'revoked', proven: true }, { event: 'still-dead' }],
    ['is refused where that proves nothing', { outcome: 'accepted' }, { event: 'still-dead' }],
    ['is not clear', { outcome: 'unproven', liveness: 'unknown' }, { event: 'recheck-unproven' }],
    [
      'fails at its answer',
      failed(new Failure('unexpected-answer')),
      { event: 'recheck-failed', code: 'unexpected-answer' },
    ],
  ] as const)('that %s leaves the earlier proof as it is', (_how, result, event) => {
    const decision = rechecked(result);
    expect(decision).toMatchObject({ ...kept, lane: 'healthy', event });
    expect(decision).not.toHaveProperty('outcome');
  });

  it('that fails by our own mistake says nothing of the provider', () => {
    expect(rechecked(failed(new Failure('internal')))).toMatchObject({ ...kept, lane: 'untouched' });
  });

  it('that is cut short is made again', () => {
    expect(rechecked({ outcome: 'aborted' })).toEqual({ lane: 'untouched', action: 'release' });
  });

  it.each([
    ['a part of its provider is away', new Failure('unreachable', { scope: 'entry' }), 24 * 60],
    ['a limit of its own is used up', new Failure('throttled', { byLeaked: true }), 24],
  ])('that %s for a day leaves the earlier proof as it is', (_how, failure, deferrals) => {
    expect(rechecked(failed(failure), deferrals)).toMatchObject({
      ...{ ...kept, lane: failure.scope === 'entry' ? 'untouched' : { pausedBy: failure } },
      event: { event: 'recheck-failed', code: failure.code },
    });
    const ofAll = new Failure('unreachable');
    expect(rechecked(failed(ofAll), deferrals)).toMatchObject({ action: 'put-off' });
  });

  it.each([0, 1_000])('waits for its provider, and is no case for a person after %i times', (deferrals) => {
    const failure = new Failure('unreachable', { scope: 'entry' });
    expect(rechecked(failed(failure), deferrals)).toMatchObject({
      ...{ action: 'put-off', lane: 'untouched' },
      progress: { phase: 'recheck', deferrals: deferrals + 1 },
    });
  });
});
