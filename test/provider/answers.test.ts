import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AnswerRow, ask, emptyRow, row } from '../../src/provider/kit/answers.ts';
import { hearing } from '../../src/provider/telling.ts';
import type { Told } from '../../src/words/subject.ts';
import { memoryUpstream } from '../support/memory-upstream.ts';
import type { PlainAnswer } from '../support/scripted-upstream.ts';

const BASE = 'https://api.example.com';
const ERROR = z.object({ error: z.literal('gone') });

function asked<Means>(answer: PlainAnswer, rows: readonly AnswerRow<Means>[], tells?: { owner: string }) {
  const upstream = memoryUpstream(BASE, { benchUrl: 'http://none', now: () => 0, answer: () => answer });
  const { signal } = new AbortController();
  return ask(upstream, { method: 'GET', path: '/me', signal, ...(tells && { tells }) }, rows);
}

const meaning = async (answer: PlainAnswer, rows: readonly AnswerRow<unknown>[]) =>
  (await asked(answer, rows)).means;

const UNEXPECTED = { code: 'unexpected-answer', target: BASE };

describe('an answer', () => {
  it('means what the first row says that fits it', async () => {
    const rows = [
      row([200], z.object({ id: z.number() }), ({ id }) => `id ${id}`),
      row([401, 404], ERROR, 'dead'),
      row([401, 404], z.object({ error: z.string() }), 'refused'),
    ];
    expect(await meaning({ status: 200, json: { id: 7 } }, rows)).toBe('id 7');
    expect(await meaning({ status: 404, json: { error: 'gone' } }, rows)).toBe('dead');
    expect(await meaning({ status: 401, json: { error: 'locked' } }, rows)).toBe('refused');
  });

  it.each([
    ['whose body has another shape', { status: 200, json: { id: 'x' } }],
    ['whose body is of another status', { status: 200, json: { error: 'gone' } }],
    ['of another status', { status: 403, json: { error: 'gone' } }],
    ['that is a page', { status: 401, text: '<html>Sign in.</html>' }],
  ])('%s means nothing', async (_which, answer) => {
    const rows = [row([200], z.object({ id: z.number() }), 'alive'), row([401], ERROR, 'dead')];
    await expect(asked(answer, rows)).rejects.toMatchObject({ ...UNEXPECTED, status: answer.status });
  });

  it.each([
    [200, { json: { any: 1 } }, true],
    [200, { json: null }, true],
    [204, { text: '' }, true],
    [200, { text: '<html>Sign in.</html>' }, false],
    [401, { text: ' \n' }, true],
    [401, { json: { any: 1 } }, true],
    [401, { json: [] }, true],
    [401, { json: null }, false],
    [401, { json: 'no' }, false],
    [401, { text: '<html>Sign in.</html>' }, false],
  ])(
    'is known by its status alone where no proxy would say so: %i with %j',
    async (status, body, isKnown) => {
      const known = meaning({ status, ...body }, [row([200, 204, 401], 'known')]);
      if (isKnown) expect(await known).toBe('known');
      else await expect(known).rejects.toMatchObject(UNEXPECTED);
    },
  );

  it('without a word is known as one, and no other is', async () => {
    const rows = [emptyRow([401], 'without a word')];
    expect(await meaning({ status: 401, text: '\r\n' }, rows)).toBe('without a word');
    await expect(asked({ status: 401, json: {} }, rows)).rejects.toMatchObject(UNEXPECTED);
  });

  it('tells of the token where it is a good one', async () => {
    const told: Told[] = [];
    const rows = [row([200], 'alive'), row([403], 'narrow')];
    const json = { user: 'ada' };
    for (const status of [200, 403]) {
      await hearing(
        (each) => told.push(each),
        () => asked({ status, json }, rows, { owner: 'user' }),
      );
    }
    await hearing(
      (each) => told.push(each),
      () => asked({ status: 200, json }, rows),
    );
    expect(told).toEqual([{ owner: 'ada' }]);
  });
});
