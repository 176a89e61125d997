import { expect, it } from 'vitest';
import type { QuashEvent } from '../../src/observe/events.ts';
import { sparing } from '../../src/observe/sparing.ts';

it('tells of a ledger that is away once a minute for each kind of work, and how often it failed', () => {
  let now = 0;
  const told: QuashEvent[] = [];
  const observe = sparing(
    (event) => told.push(event),
    () => now,
  );
  const away = (during: string) => ({
    ...({ type: 'ledger-unavailable', during, message: 'Redis cannot be reached.' } as const),
  });
  for (let lane = 0; lane < 100; lane += 1) observe(away('claim'));
  observe(away('request'));
  observe({ type: 'stopping', signal: 'SIGTERM' });
  observe({ type: 'stopping', signal: 'SIGTERM' });
  now = 60_000;
  for (let time = 0; time < 2; time += 1) observe(away('claim'));
  now = 120_000;
  observe({ ...away('request'), message: 'The disk is full.' });
  observe(away('request'));

  expect(told).toEqual([
    away('claim'),
    away('request'),
    { type: 'stopping', signal: 'SIGTERM' },
    { type: 'stopping', signal: 'SIGTERM' },
    { ...away('claim'), more: 99 },
    { ...away('request'), message: 'The disk is full.' },
    away('request'),
  ]);
});
