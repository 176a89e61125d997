/** One report of as many new tokens as a scan of a whole history finds, and how long a part of it keeps others waiting. */
import { REPORTS_PER_PART, REPORTS_PER_PART_OF_MANY } from '../../../src/ledger/report.ts';
import type { Bench } from '../bench.ts';
import { createLedgers } from '../ledgers.ts';
import { below, type Row, row } from '../results.ts';
import { makeUpReport } from './scale.ts';

const PART = 'large';
const TOKENS = 300_000;
/** Just enough for several parts. */
const SHORT_TOKENS = REPORTS_PER_PART + 100;
/** On Redis a part is one script, and nothing else is done meanwhile. */
const GOAL_PART_MS = 250;

export async function large({ short, say }: Bench): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const { ledgers } = await createLedgers(stack);
  const tokens = short ? SHORT_TOKENS : TOKENS;
  const rows: Row[] = [];
  for (const { name, open } of ledgers) {
    say(`large: ${tokens.toLocaleString('en-US')} tokens on ${name}`);
    const opened = stack.adopt(await open(), ({ close }) => close());
    const reports = Array.from({ length: tokens }, makeUpReport);
    const parts: number[] = [];
    let last = performance.now();
    const isOver = () => {
      parts.push(performance.now() - last);
      last = performance.now();
      return false;
    };
    const start = last;
    await opened.ledger.accept(reports, { now: Date.now(), backlog: Number.MAX_SAFE_INTEGER, isOver });
    const seconds = (performance.now() - start) / 1000;
    const about = { part: PART, who: `Quash on ${name}` };
    const what = `a report of ${tokens.toLocaleString('en-US')} new tokens`;
    rows.push(row({ ...about, what, unit: 's' }, [seconds]));
    const longest = below(GOAL_PART_MS, 'ms for the longest', Math.max(...parts));
    const ofPart = `a part of it, ${REPORTS_PER_PART_OF_MANY.toLocaleString('en-US')} tokens`;
    rows.push(row({ ...about, what: ofPart, unit: 'ms' }, parts, [longest]));
  }
  return rows;
}
