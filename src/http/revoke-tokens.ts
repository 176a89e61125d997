import type { AcceptResult, Ledger, ReportedToken } from '../ledger/ledger.ts';
import type { Observe, QuashEvent } from '../observe/events.ts';
import { Problem } from '../server/problem.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import type { Body, BodyParser } from './body.ts';
import { type InvalidElement, takeIn } from './intake.ts';
import type { HttpSettings } from './settings.ts';
import { nextTurn, SLICE } from './slices.ts';

interface RevokeTokens {
  readonly settings: HttpSettings;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly parser: BodyParser;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Bad elements that a problem document lists; the rest is only counted. */
const MAX_LISTED = 1_000;

/**
 * `POST /v1/revoke_tokens`: 204 once every element is durably accepted.
 * @throws {Problem} 400, 413, 429
 * @throws {LedgerError} when it could not be written; then nothing was accepted
 */
export async function revokeTokens(body: Body, caller: string, work: RevokeTokens): Promise<Response> {
  const { settings, vault, parser, clock, observe } = work;
  const elements = await parser.receive(body, settings.bodyBytes);
  await settings.limits.tokens(caller, elements.length);
  const { reports, invalid } = await takeIn(elements, {
    ...{ registry: settings.registry, overrideOf: settings.overrideOf, vault },
    shareOf: (location) => settings.shareOf(caller, location),
    now: clock.now(),
    recheckEndedBefore: clock.now() - settings.reverifyAfterMs,
  });
  const rejected = invalid.length > 0 && settings.onInvalidItem === 'reject-all';
  const accepted = await write(rejected ? [] : reports, settings.backlog, work);
  observe({ type: 'report-accepted', ...accepted, invalid: invalid.length, reasons: tally(invalid) });
  if (invalid.length > 0) throw invalidElements(elements.length, invalid, rejected);
  return new Response(null, { status: 204 });
}

/** What says nothing new is counted at little cost, and the rest is sealed and written. */
async function write(
  reports: readonly ReportedToken[],
  backlog: number,
  { ledger, clock, observe }: RevokeTokens,
): Promise<{ readonly created: number; readonly repeated: number }> {
  if (reports.length === 0) return { created: 0, repeated: 0 };
  const counted = await ledger.repeat(reports, { now: clock.now() });
  const others = reports.filter((_, index) => !counted[index]);
  if (others.length === 0) return { created: 0, repeated: reports.length };
  const accepted = await ledger.accept(others, { now: clock.now(), backlog });
  await sayWhoWaits(others, accepted, observe);
  return { created: accepted.created, repeated: reports.length - accepted.created };
}

/** These are decided here and now, and no worker will say anything of them. */
async function sayWhoWaits(
  reports: readonly ReportedToken[],
  { setAside, beyond }: AcceptResult,
  observe: Observe,
): Promise<void> {
  for (const [index, position] of setAside.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    const report = reports[position];
    if (report) observe({ type: 'set-aside', ...decisionOf(report), id: report.id });
  }
  const uncounted = new Map<string, QuashEvent & { type: 'set-aside' }>();
  for (const position of beyond) {
    const report = reports[position];
    if (!report?.beyond) continue;
    const { id } = report.beyond;
    const before = uncounted.get(id)?.reports ?? 0;
    uncounted.set(id, { type: 'set-aside', ...decisionOf(report), id, reports: before + 1 });
  }
  for (const event of uncounted.values()) observe(event);
}

function decisionOf({ provider, initial }: ReportedToken) {
  return { provider, ...initial };
}

function invalidElements(total: number, invalid: readonly InvalidElement[], rejected: boolean): Problem {
  const rest = rejected ? 'nothing was accepted' : `the other ${total - invalid.length} are accepted`;
  return new Problem(400, 'Some elements are not usable', {
    detail: `${invalid.length} of ${total} elements are not usable; ${rest}.`,
    extra: { invalid: invalid.slice(0, MAX_LISTED) },
  });
}

function tally(invalid: readonly InvalidElement[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of invalid) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
