/** How often upstream revoked a token again, and whether something had happened that excuses it. */
import type { HistoryEvent } from '../../src/ledger/entry.ts';
import type { Leak } from './leaks.ts';
import type { VendorCall } from './vendor.ts';
import { tally, type Violations } from './violations.ts';
import { type Disturbance, LEASE_MS, type World } from './world.ts';

/** From an upstream's answer until it is written down: a verification comes in between, and the machine may be busy. */
const SETTLE_MS = 1_500;
const TOLD_IN_FULL = 5;

export interface RepetitionFigures {
  /**
   * Revocations done again: because the vendor spoiled an answer; because the connection ended, or the time was over,
   * before the answer was read; because its lease ended first, on a machine that is too busy; or although it was
   * answered. `bound` is for all but the first and the late ones.
   */
  readonly repeated: Readonly<
    Record<'spoiled' | 'cutShort' | 'late' | 'answered' | 'gitlab' | 'bound', number>
  >;
  /** Those that were answered, by what happened at their time. */
  readonly blamed: Readonly<Record<string, number>>;
}

/** @param ids of the leaks' entries, where they have one */
export async function judgeRepetitions(
  world: World,
  ids: ReadonlyMap<Leak, string>,
  violations: Violations,
): Promise<RepetitionFigures> {
  const repeated = { spoiled: 0, cutShort: 0, late: 0, answered: 0, gitlab: 0 };
  const blamed = new Map<Disturbance, number>();
  const unexplained: Leak[] = [];
  for (const leak of world.leaks) {
    if ('gitlab' in leak.record) {
      repeated.gitlab += Math.max(0, leak.record.gitlab.revocations - 1);
      continue;
    }
    const { calls } = leak.record.vendor;
    for (const repetition of repetitions(calls)) {
      const why = await reasonOf(repetition, calls, () => world.history(ids.get(leak)));
      const cause = world.disturbances.find((disturbance) => isHit(repetition.call, disturbance));
      const isLate = why === 'answered' && !cause && repetition.afterMs >= LEASE_MS / 2;
      repeated[isLate ? 'late' : why] += 1;
      if (why !== 'answered' || isLate) continue;
      if (cause) blamed.set(cause, (blamed.get(cause) ?? 0) + 1);
      else unexplained.push(leak);
    }
  }
  for (const [{ kind, inHand }, count] of blamed) {
    if (count > inHand)
      violations.add(`${kind}: ${count} revocations came again, and ${inHand} were in hand`);
  }
  const bound = world.disturbances.reduce((sum, { inHand }) => sum + inHand, 0);
  const total = repeated.cutShort + repeated.answered + repeated.gitlab;
  if (total > bound) violations.add(`${total} revocations came again, and only ${bound} were in hand`);
  for (const [n, leak] of unexplained.entries()) {
    const story = n < TOLD_IN_FULL ? `: ${await storyOf(world, leak, ids.get(leak))}` : '';
    violations.add(`${leak.lane}: a token was revoked again though nothing had happened in between${story}`);
  }
  const kinds = [...blamed].flatMap(([{ kind }, count]) => Array<string>(count).fill(kind));
  return { repeated: { ...repeated, bound }, blamed: tally(kinds) };
}

interface Repetition {
  /** The revocation that was followed by another one. */
  readonly call: VendorCall;
  /** The vendor spoiled its answer, or one after it. */
  readonly isSpoiled: boolean;
  /** From its beginning to that of the next one. Whoever has an entry begins in the first half of the lease. */
  readonly afterMs: number;
}

function repetitions(calls: readonly VendorCall[]): Repetition[] {
  const revocations = calls.filter(({ revoked }) => revoked);
  return revocations.slice(0, -1).map((call, index) => {
    const again = revocations[index + 1]?.startedAt ?? 0;
    const between = calls.filter(({ startedAt }) => startedAt >= call.startedAt && startedAt <= again);
    return {
      call,
      afterMs: again - call.startedAt,
      isSpoiled: between.some(({ fault }) => fault !== undefined),
    };
  });
}

async function reasonOf(
  { call, isSpoiled }: Repetition,
  calls: readonly VendorCall[],
  history: () => Promise<readonly HistoryEvent[]>,
): Promise<'spoiled' | 'cutShort' | 'answered'> {
  if (isSpoiled) return 'spoiled';
  if (!call.delivered) return 'cutShort';
  // On a machine that is too busy the answer is there, and the time is over before it is read.
  const timeouts = (await history()).filter(({ code }) => code === 'timeout').length;
  const slow = calls.filter(({ fault }) => fault === 'slow' || fault === 'stalled').length;
  return timeouts > slow ? 'cutShort' : 'answered';
}

function isHit({ startedAt, endedAt }: VendorCall, { from, to, inHand }: Disturbance): boolean {
  return inHand > 0 && from <= endedAt + SETTLE_MS && to >= startedAt;
}

/** What upstream and the ledger say, for whoever looks for the reason. */
async function storyOf(world: World, { record }: Leak, id: string | undefined): Promise<string> {
  const calls = 'vendor' in record ? record.vendor.calls : [];
  const start = calls[0]?.startedAt ?? 0;
  const near = world.disturbances.filter(({ from }) => from > start - 5_000 && from < start + 20_000);
  return JSON.stringify({
    calls: calls.map((call) => ({
      ...call,
      startedAt: call.startedAt - start,
      endedAt: call.endedAt - start,
    })),
    disturbances: near.map(({ kind, from, to }) => `${kind} ${from - start} to ${to - start}`),
    history: await world.history(id),
  });
}
