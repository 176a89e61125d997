import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../src/provider/failure.ts';
import {
  asOurFault,
  eachOf,
  firstOf,
  firstSparingTheLane,
  sparingTheLane,
} from '../../src/provider/kit/in-turn.ts';

const AWAY = new Failure('unavailable', { target: 'https://a.example.com' });
const REFUSED = new Failure('credential-refused');
const STOPPED = new Error('Shutting down.');

/** Each account answers, has no answer, or throws. */
function asking(answers: Readonly<Record<string, string | undefined | Error>>) {
  const asked: string[] = [];
  const ask = async (account: string) => {
    asked.push(account);
    const answer = answers[account];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { accounts: Object.keys(answers), ask, asked };
}

describe('the first of several accounts that has an answer', () => {
  it('ends the search', async () => {
    const { accounts, ask, asked } = asking({ a: undefined, b: 'here', c: 'there' });
    expect(await firstOf(accounts, ask)).toBe('here');
    expect(asked).toEqual(['a', 'b']);
  });

  it('is found behind one that is away', async () => {
    const { accounts, ask } = asking({ a: AWAY, b: 'here' });
    expect(await firstOf(accounts, ask)).toBe('here');
  });

  it('is not known where one is away and no other has it', async () => {
    const { accounts, ask, asked } = asking({ a: AWAY, b: undefined, c: REFUSED });
    await expect(firstOf(accounts, ask)).rejects.toBe(AWAY);
    expect(asked).toEqual(['a', 'b', 'c']);
    expect(await firstOf(['b'], ask)).toBeUndefined();
  });

  it('is not searched for any more once the work is stopped', async () => {
    const { accounts, ask, asked } = asking({ a: STOPPED, b: 'here' });
    await expect(firstOf(accounts, ask)).rejects.toBe(STOPPED);
    expect(asked).toEqual(['a']);
  });
});

describe('the answers of several accounts', () => {
  it('are those that there are', async () => {
    const { accounts, ask } = asking({ a: 'here', b: undefined, c: 'there' });
    expect(await eachOf(accounts, ask)).toEqual(['here', 'there']);
  });

  it('are not known where one is away, which all others are asked before', async () => {
    const { accounts, ask, asked } = asking({ a: AWAY, b: 'here', c: REFUSED });
    await expect(eachOf(accounts, ask)).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
    expect(asked).toEqual(['a', 'b', 'c']);
    await expect(eachOf(['a'], ask)).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
    await expect(eachOf(['b', 's'], asking({ s: STOPPED }).ask)).rejects.toBe(STOPPED);
  });
});

describe('a failure', () => {
  it('holds up the lane of a single account, and that of several for its token alone', async () => {
    const fails = () => Promise.reject(AWAY);
    await expect(sparingTheLane(['a'], fails)).rejects.toMatchObject({ scope: 'lane' });
    await expect(sparingTheLane(['a', 'b'], fails)).rejects.toMatchObject({ scope: 'entry' });
    await expect(firstSparingTheLane(['a', 'b'], fails)).rejects.toMatchObject({ scope: 'entry' });
    await expect(sparingTheLane(['a', 'b'], () => Promise.reject(STOPPED))).rejects.toBe(STOPPED);
  });

  it.each(['credential-refused', 'permission-missing', 'misconfigured'] as const)(
    'is of our own credential when it is %s',
    (code: FailureCode) => {
      const failure = new Failure(code);
      expect(asOurFault(failure)).toBe(failure);
    },
  );

  it.each([new Failure('throttled'), new Failure('unavailable'), new Failure('suspended'), STOPPED])(
    'is of nothing else than our own credential, so that nothing is tried in its place: %s',
    (error) => {
      expect(() => asOurFault(error)).toThrow(error);
    },
  );
});
