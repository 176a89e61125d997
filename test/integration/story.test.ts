import { expect, it } from 'vitest';
import { story } from '../../src/cli/entries.ts';
import type { EntryDetails } from '../../src/ledger/entry.ts';

const AT = Date.UTC(2026, 0, 1, 12);

function told(dueAt: number | null): readonly string[] {
  const history = [{ at: AT, event: 'continued', dueAt: AT }];
  const entry = {
    ...{ provider: 'acme', kind: 'key', types: ['acme_key'], state: 'queued', outcome: null, reports: 1 },
    ...{ firstReportedAt: AT, caller: null, locations: [], history, dueAt },
  };
  return story(entry as unknown as EntryDetails).filter((line) => line.startsWith('next try'));
}

it('tells when an entry is tried next, and of one that is due that it has its turn', () => {
  expect(told(AT + 60_000)).toEqual([expect.stringContaining('2026-01-01T12:01:00.000Z')]);
  expect(told(AT - 86_400_000)).toEqual([expect.stringContaining('in its turn')]);
  expect(told(null)).toEqual([]);
});
