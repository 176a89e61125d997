/** What one step comes to, by what its provider returns or throws. */
import { describe, expect, it, vi } from 'vitest';
import { type Attempt, attempt, concluded, look } from '../../src/dispatch/attempt.ts';
import { RunningStep, type StepOptions } from '../../src/dispatch/running-step.ts';
import { Failure } from '../../src/provider/failure.ts';
import type { Provider, TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const KIND: TokenKind = { id: 'token', types: ['x'], pattern: /x/, effect: 'token', ...TRUSTED };

function workOn(given: Partial<Provider> = {}, options: Partial<StepOptions> = {}): Attempt {
  const provider: Provider = { kinds: [KIND], revoke: () => expect.unreachable(), ...given };
  const token = new Secret('x');
  const step = new RunningStep({
    ...{ kind: KIND, token, note: undefined, parts: {}, mayActUnproven: false },
    ...{ signal: new AbortController().signal, context: async () => undefined },
    ...options,
  });
  return { provider, token, step, phase: 'revoke', unknownTokens: 'attention' };
}

/** A place of the leak that cannot be read now. */
const AWAY = new Failure('unavailable', { scope: 'entry' });
const missing: Partial<StepOptions> = {
  context: async () => ({ places: [], unread: 1, known: 1, reports: 1, failure: AWAY }),
};

describe('a look for a person who has to decide', () => {
  const looking = (result: () => unknown, options?: Partial<StepOptions>) =>
    look(workOn({ look: async () => result() as never }, options), 'wider');
  const throwing = (error: Error) => () => {
    throw error;
  };

  it.each([
    ['shows that it works', () => ({ outcome: 'alive', evidence: { name: 'ci' } }), 'yes'],
    ['shows nothing', () => ({ outcome: 'undecided', evidence: { name: 'ci' } }), 'not known'],
  ] as const)('holds the token, with what is known, where it %s', async (_what, result, works) => {
    const evidence = { name: 'ci', works };
    expect(await looking(result)).toEqual({ outcome: 'held', reason: 'wider', evidence });
  });

  it('holds a token whose provider cannot look', async () => {
    const evidence = { works: 'not known' };
    expect(await look(workOn(), 'unproven')).toEqual({ outcome: 'held', reason: 'unproven', evidence });
  });

  it('keeps nobody from deciding by a failure of the token itself', async () => {
    const held = { outcome: 'held', reason: 'wider', evidence: { works: 'not known' } };
    expect(await looking(throwing(new Failure('unexpected-answer')))).toEqual(held);
    expect(await looking(throwing(new Failure('suspended')))).toEqual(held);
  });

  it('keeps nobody from deciding by a mistake of our own, which is told', async () => {
    const cause = new TypeError('A mistake.');
    expect(await looking(throwing(cause))).toMatchObject({
      ...{ outcome: 'held', evidence: { works: 'not known' } },
      mistake: { code: 'internal', cause },
    });
  });

  it('is made again after a failure of the provider, or where it is not done', async () => {
    const failure = new Failure('unreachable');
    expect(await looking(throwing(failure))).toMatchObject({ outcome: 'failed', failure });
    const later = { outcome: 'continue', afterMs: 1_000 };
    expect(await looking(() => later)).toEqual(later);
  });

  it('is made again where a place cannot be read, unless it shows that the token works', async () => {
    const work = workOn({ look: async () => ({ outcome: 'undecided' }) }, missing);
    await work.step.context();
    expect(await look(work, 'unproven')).toMatchObject({ outcome: 'failed', failure: AWAY });
    const alive = {
      ...work,
      provider: { ...work.provider, look: async () => ({ outcome: 'alive' }) as const },
    };
    expect(await look(alive, 'unproven')).toMatchObject({ outcome: 'held', evidence: { works: 'yes' } });
  });
});

describe('what a provider returned', () => {
  it('is asked about where it proves nothing, and not where it does', async () => {
    const verify = vi.fn(async () => 'dead' as const);
    expect(await concluded(workOn({ verify }), { outcome: 'revoked', proven: true })).toEqual({
      outcome: 'revoked',
      proven: true,
    });
    expect(verify).not.toHaveBeenCalled();
    expect(await concluded(workOn({ verify }), { outcome: 'revoked', proven: false })).toEqual({
      outcome: 'revoked',
      proven: true,
    });
    expect(verify).toHaveBeenCalledOnce();
  });

  it('stays as it is where nobody can be asked', async () => {
    const evidence = { id: 7 };
    for (const result of [
      { outcome: 'accepted', evidence },
      { outcome: 'revoked', proven: false, evidence },
    ] as const) {
      expect(await concluded(workOn(), result)).toEqual(result);
    }
  });

  it('keeps its evidence until there is a proof', async () => {
    const work = workOn({ verify: async () => 'unknown' });
    const evidence = { id: 7 };
    const unproven = { outcome: 'unproven', liveness: 'unknown', evidence };
    expect(await concluded(work, { outcome: 'accepted', evidence })).toEqual(unproven);
    expect(await attempt({ ...work, phase: 'verify' })).toEqual(unproven);
  });

  it('is a failure where it is one, from the phase that it was in', async () => {
    const failure = new Failure('throttled');
    expect(await concluded(workOn(), failure)).toEqual({ outcome: 'failed', failure, phase: 'revoke' });
    const verify = () => Promise.reject(failure);
    expect(await concluded(workOn({ verify }), { outcome: 'accepted', evidence: { id: 7 } })).toEqual({
      ...{ outcome: 'failed', failure, phase: 'verify', evidence: { id: 7 } },
    });
  });

  it('waits for a person with what he has to know', async () => {
    const held = { outcome: 'held', alive: true, evidence: { name: 'ci' }, advice: 'See there.' } as const;
    expect(await concluded(workOn(), held)).toEqual({
      ...{ outcome: 'held', reason: 'unproven', advice: 'See there.' },
      evidence: { name: 'ci', works: 'yes' },
    });
    const work = workOn({}, missing);
    await work.step.context();
    expect(await concluded(work, held)).toMatchObject({ outcome: 'failed', failure: AWAY });
  });
});
