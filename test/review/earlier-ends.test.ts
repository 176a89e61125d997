import { expect, it } from 'vitest';
import type { Entry } from '../../src/ledger/entry.ts';
import { groundForReview } from '../../src/review/earlier-ends.ts';

const closed = (provider: string) => {
  const outcome = { kind: 'already-inactive', verified: true };
  return groundForReview({ provider, kind: 'api-key', outcome } as Entry);
};

it('reviews what was closed on a word that EasyPost says of any text', () => {
  expect(closed('easypost')).toContain('0.1.0');
  expect(closed('fastly')).toBeUndefined();
});

it('reviews pipeline trigger tokens of GitLab, of which only the end was set', () => {
  const outcome = { kind: 'revoked', verified: true };
  const ground = (kind: string) => groundForReview({ provider: 'gitlab', kind, outcome } as Entry);
  expect(ground('trigger-token')).toContain('report it once more');
  expect(ground('deploy-token')).toBeUndefined();
});
