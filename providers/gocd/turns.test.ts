import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

const SERVER = 'https://ci.example.com/go';
const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

it('gives the turn of an owner to one at a time, for as long as a burst may rest', () => {
  const turns = new Turns();
  expect(turns.take(SERVER, 'ada', 1, NOW)).toBe(true);
  expect(turns.take(SERVER, 'Ada', 2, NOW + 29_999)).toBe(false);
  expect(turns.take(SERVER, 'grace', 3, NOW)).toBe(true);
  expect(turns.take(SERVER, 'Ada', 2, NOW + 30_000)).toBe(true);
});

it('holds nobody up for the days by which a clock was set back', () => {
  const turns = new Turns();
  expect(turns.take(SERVER, 'ada', 1, NOW)).toBe(true);
  expect(turns.take(SERVER, 'ada', 2, NOW - DAY_MS)).toBe(true);
});
