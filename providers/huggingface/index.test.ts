import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  revokeTogether,
  runStep,
  startBench,
  stepOf,
} from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import { cases, probed, submitted, USER_TOKEN } from './cases.ts';
import { huggingface } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('huggingface', () => {
  it.each<[string, PlainAnswer, string]>([
    ['that still works', { status: 200, json: { type: 'user', name: 'ann' } }, 'still-active'],
    [
      'of which the Hub says something else',
      { status: 401, json: { error: 'Try again' } },
      'unexpected-answer',
    ],
  ])('takes no 202 for the proof of a token %s', async (_name, answer, code) => {
    const bench = await startBench(huggingface, () => ({}), [
      submitted(USER_TOKEN),
      probed(USER_TOKEN, answer),
    ]);
    try {
      const end = runStep(bench, new Secret(USER_TOKEN), { kind: 'access-token' });
      await expect(end).rejects.toMatchObject({ code });
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('parts a list that the Hub does not take, so that one token does not hold up the others', async () => {
    const odd = USER_TOKEN.replace('Ab', '00');
    const refused = { answer: { status: 400, json: { error: 'Invalid credential' } } };
    const bench = await startBench(huggingface, () => ({}), [
      { ...submitted(odd, USER_TOKEN), ...refused },
      { ...submitted(odd), ...refused },
      submitted(USER_TOKEN),
    ]);
    try {
      const items = [odd, USER_TOKEN].map((text) => {
        const token = new Secret(text);
        return { token, step: stepOf(bench.provider, token, { kind: 'access-token' }) };
      });
      expect(await revokeTogether(bench.provider, items)).toEqual([
        expect.objectContaining({ code: 'unexpected-answer' }),
        { outcome: 'accepted' },
      ]);
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('hands in by itself what stood in a list that the Hub did not take, some in a step', async () => {
    const tokens = Array.from({ length: 16 }, (_, n) => USER_TOKEN.replace('Ab', String(n).padStart(2, 'Z')));
    const isOdd = (token: string) => tokens.indexOf(token) % 2 === 0;
    const refused = { answer: { status: 400, json: { error: 'Invalid credential' } } };
    const halved = (list: readonly string[]): Exchange[] => [
      { ...submitted(...list), ...refused },
      ...(list.length > 2 ? [list.slice(0, list.length / 2), list.slice(list.length / 2)] : []).flatMap(
        halved,
      ),
    ];
    const alone = (token: string) => (isOdd(token) ? { ...submitted(token), ...refused } : submitted(token));
    const bench = await startBench(huggingface, () => ({}), [
      ...halved(tokens),
      ...tokens.slice(0, 10).map(alone),
    ]);
    try {
      const itemsWith = (notes: readonly unknown[]) =>
        tokens.map((text, at) => {
          const token = new Secret(text);
          return { token, step: stepOf(bench.provider, token, { kind: 'access-token', notes: [notes[at]] }) };
        });
      const first = itemsWith([]);
      for (const result of await revokeTogether(bench.provider, first))
        expect(result).toBeInstanceOf(Failure);

      const second = itemsWith(first.map(({ step }) => step.remembered));
      const results = await revokeTogether(bench.provider, second);
      const isAccepted = results.map((result) => 'outcome' in result && result.outcome);
      expect(isAccepted.slice(0, 10)).toEqual(
        tokens.slice(0, 10).map((token) => !isOdd(token) && 'accepted'),
      );
      expect(results.slice(10)).toEqual(
        tokens.slice(10).map(() => ({ outcome: 'continue', afterMs: 1_000 })),
      );
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('holds up nobody else when the proof is asked for too often', async () => {
    const bench = await startBench(huggingface, () => ({}), [
      submitted(USER_TOKEN),
      probed(USER_TOKEN, { status: 429, headers: { 'retry-after': '60' } }),
    ]);
    try {
      const end = runStep(bench, new Secret(USER_TOKEN), { kind: 'access-token' });
      await expect(end).rejects.toMatchObject({ code: 'throttled', scope: 'entry', retryAfterMs: 60_000 });
    } finally {
      await bench.close();
    }
  });
});
