/** The figures of a run, and the table that shows them. */
import { median, ratio } from './rounds.ts';

export interface Goal {
  /** E.g. `at least 3 x Fastify + BullMQ`. */
  readonly text: string;
  readonly measured: string;
  readonly met: boolean;
  /** Absent where there is no other limit than the goal. */
  readonly floorMet?: boolean;
}

/** What is aimed at, and what must not be missed by far. */
export interface Aim {
  readonly goal: number;
  readonly floor: number;
}

export interface Row {
  readonly part: string;
  readonly what: string;
  readonly who: string;
  /** The median of the rounds. */
  readonly value: number;
  readonly unit: string;
  readonly rounds: readonly number[];
  readonly goals: readonly Goal[];
}

export function row(
  { part, what, who, unit }: Pick<Row, 'part' | 'what' | 'who' | 'unit'>,
  rounds: readonly number[] = [],
  goals: readonly Goal[] = [],
): Row {
  return { part, what, who, unit, value: median(rounds), rounds, goals };
}

/** Rates: at least so often as large as another's in the same rounds. */
export function atLeast(
  aim: number | Aim,
  name: string,
  rounds: readonly number[] = [],
  others: readonly number[] = [],
): Goal {
  const measured = ratio(rounds, others);
  return judged('at least', name, aim, measured, (limit) => measured >= limit);
}

/** Times: at most so often as long as another's in the same rounds. */
export function atMost(
  aim: number | Aim,
  name: string,
  rounds: readonly number[] = [],
  others: readonly number[] = [],
): Goal {
  const measured = ratio(rounds, others);
  return judged('at most', name, aim, measured, (limit) => measured <= limit);
}

function judged(
  verb: string,
  name: string,
  aim: number | Aim,
  measured: number,
  meets: (limit: number) => boolean,
): Goal {
  const { goal, floor } = typeof aim === 'number' ? { goal: aim, floor: undefined } : aim;
  return {
    text: `${verb} ${goal} x ${name}${floor === undefined ? '' : ` (floor ${floor})`}`,
    measured: `${figure(measured)} x`,
    met: meets(goal),
    ...(floor !== undefined && { floorMet: meets(floor) }),
  };
}

export function below(limit: number, unit: string, measured: number): Goal {
  return { text: `below ${limit} ${unit}`, measured: `${figure(measured)} ${unit}`, met: measured < limit };
}

const HEAD = ['Part', 'What', 'Who', 'Median', 'Least to most', 'Goal', 'Met'];

/** One line for each row; a further one for each goal beyond the first. */
export function table(rows: readonly Row[], style: 'plain' | 'markdown'): string {
  const lines = rows.flatMap(linesOf);
  const widths = HEAD.map((title, column) => {
    return Math.max(title.length, ...lines.map((cells) => (cells[column] ?? '').length));
  });
  const [start, between, end] = style === 'markdown' ? ['| ', ' | ', ' |'] : ['', '  ', ''];
  const text = (cells: readonly string[]) =>
    start + cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(between) + end;
  const rule = widths.map((width) => '-'.repeat(width));
  return [text(HEAD), text(rule), ...lines.map(text)].map((line) => line.trimEnd()).join('\n');
}

function linesOf({ part, what, who, value, unit, rounds, goals }: Row): string[][] {
  const spread = `${figure(Math.min(...rounds))} to ${figure(Math.max(...rounds))}`;
  const [first, ...others] = goals;
  const line = [part, what, who, `${figure(value)} ${unit}`, spread];
  return [[...line, ...goalCells(first)], ...others.map((goal) => ['', '', '', '', '', ...goalCells(goal)])];
}

function goalCells(goal: Goal | undefined): string[] {
  if (!goal) return ['', ''];
  const verdict = goal.met ? 'yes' : goal.floorMet ? 'above the floor' : 'NO';
  return [goal.text, `${verdict}, ${goal.measured}`];
}

/** Three digits are as many as such figures bear. */
function figure(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
