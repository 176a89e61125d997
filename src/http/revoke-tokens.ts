import { type Ledger, LedgerError } from '../ledger/ledger.ts';
import { type AcceptResult, isOnePart, type ReportedToken, type ReportList } from '../ledger/report.ts';
import type { Observe, QuashEvent } from '../observe/events.ts';
import { Problem, retryAfter } from '../server/problem.ts';
import type { Vault } from '../vault/seal.ts';
import type { Caller, ReporterRole } from '../words/caller.ts';
import type { Clock } from '../words/clock.ts';
import { nextTurn } from '../words/next-turn.ts';
import type { Body, BodyParser } from './body.ts';
import type { Element } from './elements.ts';
import { type Intake, type InvalidElement, takeIn } from './intake.ts';
import { reportAt, selected } from './report-list.ts';
import type { HttpSettings } from './settings.ts';
import { SLICE } from './slices.ts';

interface RevokeTokens {
  readonly settings: HttpSettings;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly parser: BodyParser;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly lastReport: LastReport;
}

/** Whether the report before had known tokens: as pipelines report what stands in the tree, the next one mostly has, too. */
export interface LastReport {
  hadKnown: boolean;
}

/** Bad elements that a problem document lists; the rest is only counted. */
const MAX_LISTED = 1_000;

/** So long after its body was read a large report is answered with what there is, since GitLab waits for 20 s in all. */
const ANSWER_AFTER_MS = 12_000;
/** Otherwise no repeat would come further where all before takes so long. */
const WRITE_AT_LEAST_MS = 2_000;
const RETRY_SECONDS = 5;

/**
 * `POST /v1/revoke_tokens`: 204 once every element is durably accepted.
 * @throws {Problem} 400, 413, 429; of 429 a part may be accepted already
 * @throws {LedgerError} when it could not be written, or not in whole
 */
export function revokeTokens(
  body: Body,
  caller: Caller<ReporterRole>,
  work: RevokeTokens,
): Promise<Response> {
  const { parser, settings } = work;
  return parser.receive(body, settings.bodyBytes, (elements) => takeAll(elements, caller, work));
}

async function takeAll(
  elements: readonly Element[],
  { name: caller, role }: Caller<ReporterRole>,
  work: RevokeTokens,
): Promise<Response> {
  const { settings, vault, clock } = work;
  const start = clock.now();
  await settings.limits.tokens(caller, elements.length);
  const { reports, invalid, ignored } = await takeIn(elements, {
    ...{ registry: settings.registry, overrideOf: settings.overrideOf, vault, role, caller },
    isKnown: async (id) => (await work.ledger.get(id)) !== undefined,
    shareOf: (location) => settings.shareOf(caller, location),
    ignores: settings.ignores,
    now: clock.now(),
    recheckEndedBefore: clock.now() - settings.reverifyAfterMs,
  });
  const rejected = invalid.length > 0 && settings.onInvalidItem === 'reject-all';
  const listed = await asShown(invalid.slice(0, MAX_LISTED), work.ledger);
  const { left } = await write(
    rejected ? { reports: [], invalid, ignored: 0 } : { reports, invalid, ignored },
    { caller, backlog: settings.backlog, writeForMs: ANSWER_AFTER_MS - (clock.now() - start) },
    work,
  );
  if (left > 0) throw notInTime(elements.length, left);
  if (invalid.length > 0) throw invalidElements(elements.length, invalid.length, listed, rejected);
  return new Response(null, { status: 204 });
}

interface WriteOptions {
  readonly caller: string;
  readonly backlog: number;
  /** After so long, what is not written yet is left, but for what can be written in {@link WRITE_AT_LEAST_MS}. */
  readonly writeForMs: number;
}

/**
 * Writes what was reported, and says what was accepted.
 * @returns how many reports were left
 * @throws {LedgerError}
 */
export async function write(
  { reports, invalid, ignored }: Intake,
  options: WriteOptions,
  { ledger, clock, observe, lastReport }: Pick<RevokeTokens, 'ledger' | 'clock' | 'observe' | 'lastReport'>,
): Promise<Pick<AcceptResult, 'left'>> {
  const { caller } = options;
  const first = lastReport.hadKnown || !isOnePart(reports) ? countRepeats : acceptAll;
  const { others, accepted } = await first(reports, options, { ledger, clock });
  const { created, left } = accepted;
  const repeated = reports.length - others.length + accepted.repeated;
  lastReport.hadKnown = repeated > 0;
  observe({
    ...{ type: 'report-accepted', caller, created, repeated },
    ...{ invalid: invalid.length, reasons: tally(invalid), ignored },
  });
  await sayWhoWaits(others, accepted, observe);
  return { left };
}

interface Written {
  readonly others: ReportList;
  /** Of the others. */
  readonly accepted: AcceptResult;
}

type Writer = (
  reports: ReportList,
  options: Pick<WriteOptions, 'backlog' | 'writeForMs'>,
  work: Pick<RevokeTokens, 'ledger' | 'clock'>,
) => Promise<Written>;

/** Counts what says nothing new, which needs no sealing and has room in a full backlog, and accepts the others. */
const countRepeats: Writer = async (reports, { backlog, writeForMs }, { ledger, clock }) => {
  const start = clock.now();
  const over = (end: number) => () => clock.now() > end;
  const counting = { now: start, isOver: over(start + writeForMs) };
  const counted = reports.length > 0 ? await ledger.repeat(reports, counting) : [];
  const others = counted.includes(true) ? selected(reports, (position) => !counted[position]) : reports;
  if (others.length === 0) return { others, accepted: NONE };
  const now = clock.now();
  const isOver = over(Math.max(start + writeForMs, now + WRITE_AT_LEAST_MS));
  return { others, accepted: await ledger.accept(others, { now, backlog, isOver }) };
};

/** Asks about no repeats, which costs as much again where there are none. */
const acceptAll: Writer = async (reports, options, { ledger, clock }) => {
  if (reports.length === 0) return { others: reports, accepted: NONE };
  try {
    const { backlog } = options;
    return { others: reports, accepted: await ledger.accept(reports, { now: clock.now(), backlog }) };
  } catch (error) {
    if (!(error instanceof LedgerError && error.code === 'backlog-full')) throw error;
    return countRepeats(reports, options, { ledger, clock });
  }
};

const NONE: AcceptResult = { created: 0, repeated: 0, left: 0, setAside: [], beyond: [] };

function notInTime(total: number, left: number): Problem {
  return new Problem(429, 'The report is too large for one answer', {
    detail: `${total - left} of ${total} elements are accepted; sent again, it goes on from there.`,
    headers: retryAfter(RETRY_SECONDS),
  });
}

/** These entries are decided at once and reach no worker, so their events are emitted here. */
async function sayWhoWaits(
  reports: ReportList,
  { setAside, beyond }: AcceptResult,
  observe: Observe,
): Promise<void> {
  for (const [index, position] of setAside.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    const report = reportAt(reports, position);
    observe({ type: 'set-aside', ...decisionOf(report), id: report.id });
  }
  const uncounted = new Map<string, QuashEvent & { type: 'set-aside' }>();
  for (const [index, position] of beyond.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    const report = reportAt(reports, position);
    if (!report.beyond) continue;
    const { id } = report.beyond;
    const before = uncounted.get(id)?.reports ?? 0;
    uncounted.set(id, { type: 'set-aside', ...decisionOf(report), id, reports: before + 1 });
  }
  for (const event of uncounted.values()) observe(event);
}

function decisionOf({ provider, initial }: ReportedToken) {
  return { provider, ...initial };
}

/** A refused text as the problem document shows it. */
interface ShownInvalid extends Omit<InvalidElement, 'id'> {
  /** It was kept for a person before this request. */
  readonly known?: true;
}

/** Each pipeline reports what stands in the tree; a job need not fail each time for what a person has on the list. */
async function asShown(
  listed: readonly InvalidElement[],
  ledger: Pick<Ledger, 'get'>,
): Promise<readonly ShownInvalid[]> {
  const known = new Set<string>();
  for (const id of new Set(listed.flatMap(({ id }) => id ?? []))) {
    if ((await ledger.get(id)) !== undefined) known.add(id);
    await nextTurn();
  }
  return listed.map(({ id, ...shown }) =>
    id !== undefined && known.has(id) ? { ...shown, known: true } : shown,
  );
}

function invalidElements(
  total: number,
  count: number,
  listed: readonly ShownInvalid[],
  rejected: boolean,
): Problem {
  const others = rejected ? 0 : total - count;
  return new Problem(400, 'Some elements are not usable', {
    detail: `${count} of ${total} elements ${isOrAre(count)} not usable; ${acceptedWords(others)}.`,
    extra: { invalid: listed },
  });
}

function acceptedWords(others: number): string {
  if (others === 0) return 'nothing was accepted';
  return `the other ${others === 1 ? 'one' : others} ${isOrAre(others)} accepted`;
}

function isOrAre(count: number): string {
  return count === 1 ? 'is' : 'are';
}

function tally(invalid: readonly InvalidElement[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of invalid) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
