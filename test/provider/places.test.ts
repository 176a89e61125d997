import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { eachOf, firstOf } from '../../src/provider/kit/places.ts';

type Place = number | undefined | Error;

/** A place answers with itself, or fails. */
async function ask(place: Place): Promise<number | undefined> {
  if (place instanceof Error) throw place;
  return place;
}

const DOWN = new Failure('unreachable');
const REFUSED = new Failure('credential-refused');

describe('the first answer of several places', () => {
  it('comes although one before could not be asked, and ends the search', async () => {
    const asked: Place[] = [];
    const noting = (place: Place) => {
      asked.push(place);
      return ask(place);
    };
    expect(await firstOf([DOWN, undefined, 3, 4], noting)).toBe(3);
    expect(asked).toEqual([DOWN, undefined, 3]);
  });

  it('is the first failure when no other place has one', async () => {
    await expect(firstOf([undefined, DOWN, REFUSED], ask)).rejects.toBe(DOWN);
  });

  it('is none when all were asked and none has one', async () => {
    expect(await firstOf([undefined, undefined], ask)).toBeUndefined();
  });

  it('does not hide what is no failure of a call', async () => {
    await expect(firstOf([new Error('aborted'), 3], ask)).rejects.toThrow('aborted');
  });
});

describe('the answers of all places', () => {
  it('come from those that have one', async () => {
    expect(await eachOf([1, undefined, 3], ask)).toEqual([1, 3]);
  });

  it('are asked for everywhere before the failure of one is the entry’s own', async () => {
    const answered: number[] = [];
    const noting = async (place: Place) => {
      const answer = await ask(place);
      if (answer !== undefined) answered.push(answer);
      return answer;
    };
    const failure = { code: 'unreachable', scope: 'entry' };
    await expect(eachOf([DOWN, 2], noting)).rejects.toMatchObject(failure);
    expect(answered).toEqual([2]);
  });

  it('stop the lane when the only place fails', async () => {
    await expect(eachOf([DOWN], ask)).rejects.toMatchObject({ code: 'unreachable', scope: 'lane' });
  });
});
