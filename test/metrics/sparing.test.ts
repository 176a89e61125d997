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

it('tells of requests that are refused once a minute for each route and status, whoever sends them', () => {
  let now = 0;
  const told: QuashEvent[] = [];
  const observe = sparing(
    (event) => told.push(event),
    () => now,
  );
  const refused = (address: string, status = 401) => ({
    ...({ type: 'request-refused', port: 'listen', method: 'GET', route: '/v1/revoke_tokens' } as const),
    ...{ status, message: 'Not authenticated', address },
  });
  for (let host = 1; host <= 100; host += 1) observe(refused(`192.0.2.${host}`));
  observe(refused('192.0.2.1', 429));
  now = 60_000;
  observe(refused('192.0.2.7'));

  expect(told).toEqual([
    refused('192.0.2.1'),
    refused('192.0.2.1', 429),
    { ...refused('192.0.2.7'), more: 99 },
  ]);
});
