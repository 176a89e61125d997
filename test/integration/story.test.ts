import { expect, it } from 'vitest';
import type { Overview } from '../../src/admin/operations.ts';
import { story } from '../../src/cli/entries.ts';
import { statusLines } from '../../src/cli/status.ts';
import { stateOf } from '../../src/cli/sweep.ts';
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

it('tells what endangers the ledger, whatever else is well', async () => {
  const message = 'Redis keeps no append-only file.';
  const overview = {
    entries: {},
    created: 0,
    oldestQueuedAt: null,
    ledgerWarnings: [message],
    providers: [],
  };
  const nothing = { generalMode: null, providers: [], causes: [] };

  const lines = await statusLines({ overview: overview as unknown as Overview, ...nothing }, AT);

  expect(lines.slice(0, 2)).toEqual(['Nothing was reported yet.', `Ledger: ${message}`]);
});

it('tells how far a sweep is, not how far an earlier one was, and of one in hand not that it waits', () => {
  const counted = (findings: number) => ({
    outcome: { kind: 'followed' as const, verified: false, evidence: { findings, found: 1 } },
  });
  const inAMinute = AT + 60_000;
  const earlier = { at: AT, event: 'settled', ...counted(9) };
  const asked = { at: AT, event: 'reported' };
  const step = { at: AT, event: 'continued', dueAt: inAMinute, ...counted(1) };

  expect(stateOf({ history: [earlier, asked], dueAt: inAMinute }, AT)).toBe('begins');
  const told = '1 finding: 1 secret handed over, 0 of types that nobody takes, 0 to be read one by one';
  expect(stateOf({ history: [earlier, asked, step], dueAt: AT + 15_000 }, AT)).toBe(told);
  expect(stateOf({ history: [earlier, asked, step], dueAt: inAMinute }, AT)).toBe(
    `${told}, waits until ${new Date(inAMinute).toISOString()}`,
  );
});

it('says what helps with what is the matter, and with nothing else', async () => {
  const entries = { queued: 1, held: 1, attention: 0 };
  const overview = { entries, created: 2, oldestQueuedAt: AT, ledgerWarnings: [], providers: [] };
  const open = {
    parked: false,
    pausedUntil: 0,
    reason: null,
    streak: 0,
    valveOpensAt: null,
    shareOpensAt: null,
  };
  const hints = async (lane: object, states: readonly string[]) => {
    const causes = states.map((state) => ({
      state,
      provider: 'acme',
      outcome: 'held',
      reason: 'mode',
      entries: 1,
    }));
    const provider = { id: 'acme', enabled: true, entries, modes: ['revoke'], modeOverride: null };
    const providers = [{ ...provider, lane: { ...open, ...lane } }];
    const status = { overview, generalMode: null, providers, causes };
    const lines = await statusLines(status as unknown as Parameters<typeof statusLines>[0], AT);
    return lines.join('\n');
  };

  const paused = await hints({ pausedUntil: AT + 1, reason: 'connection-refused' }, ['held']);
  expect(paused).toContain('`quash check --online`');
  expect(paused).toContain('`target` of `lane-paused`');
  expect(paused).not.toContain('Safety valve');
  expect(paused).toContain('`quash list --state held` has their ids');

  const parked = await hints({ parked: true, reason: 'operator' }, ['held', 'attention']);
  expect(parked).toContain('Stands still: `quash resume PROVIDER`');
  expect(parked).not.toContain('check --online');
  expect(parked).toContain('`quash list --state attention` and `quash list --state held` have their ids');

  const valve = await hints({ shareOpensAt: AT + 1 }, ['attention']);
  expect(valve).toContain('raise maxPerHour');
  expect(valve).not.toContain('check --online');

  expect(await hints({}, [])).not.toContain('quash ');
});
