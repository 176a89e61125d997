import { expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { factorOf, tooSlow } from './patience.ts';

it('patience is multiplied by a number, and by nothing else', () => {
  expect([undefined, '', '3', '0.5'].map(factorOf)).toEqual([1, 1, 3, 0.5]);
  for (const text of ['0', '-1', 'much', 'Infinity'])
    expect(() => factorOf(text)).toThrow('QUASH_TEST_PATIENCE must be a number above 0');
});

it('patience that is over says that it was slow, what came too late, and what to set', () => {
  expect(tooSlow("Quash did not log 'listening'", 'Its output: none').message).toMatch(
    /^Too slow: Quash did not log 'listening' within \d+ s; a busy machine\? Set QUASH_TEST_PATIENCE=\d+\. Its output: none$/,
  );
});

it('what is waited for may take several looks', async () => {
  let looks = 0;
  await eventually(() => {
    looks += 1;
    if (looks < 3) throw new Error('not yet');
  });
  expect(looks).toBe(3);
});
