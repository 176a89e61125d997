import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { checkOf, judgedCheck } from '../../src/provider/kit/credential-check.ts';

describe('a check', () => {
  const advice = { refused: 'Create a new one.', forbidden: 'Give it rights.' };
  const check = (error: unknown) => checkOf('x', () => Promise.reject(error), advice);

  it('says what to do', async () => {
    expect(await checkOf('x', async () => 1, advice)).toEqual({ name: 'x', ok: true });
    expect(await check(new Failure('credential-refused'))).toMatchObject({
      ok: false,
      advice: advice.refused,
    });
    expect(await check(new Failure('permission-missing'))).toMatchObject({
      ok: false,
      advice: advice.forbidden,
    });
    expect(await check(new Failure('timeout'))).toMatchObject({ advice: new Failure('timeout').message });
    expect(await check(new Error('secret text'))).toMatchObject({ advice: 'The check was interrupted.' });
  });

  it('adds a hint to the sentence of the failure, but to no advice of its own', async () => {
    const hinted = { refused: advice.refused, hint: 'It needs x.' };
    const sentence = async (error: unknown) =>
      (await checkOf('x', () => Promise.reject(error), hinted)).advice;
    expect(await sentence(new Failure('timeout'))).toBe(`${new Failure('timeout').message} It needs x.`);
    expect(await sentence(new Failure('credential-refused'))).toBe(advice.refused);
  });

  it('may find fault with an answer, or praise it with advice', async () => {
    const fault = { ok: false, advice: 'It is of another account.' };
    expect(await judgedCheck('x', async () => fault)).toEqual({ name: 'x', ...fault });
    expect(await judgedCheck('x', async () => ({ ok: true, advice: 'Update it.' }))).toMatchObject({
      ok: true,
      advice: 'Update it.',
    });
  });
});
