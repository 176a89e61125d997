import type { AcceptResult, Ledger, ReportedToken } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import { Problem } from '../server/problem.ts';
import type { Vault } from '../vault/seal.ts';
import type { Caller, ReporterRole } from '../words/caller.ts';
import type { Clock } from '../words/clock.ts';
import type { Body, BodyParser } from './body.ts';
import { type Intake, type InvalidElement, takeIn } from './intake.ts';
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
export async function revokeTokens(
  body: Body,
  { name: caller, role }: Caller<ReporterRole>,
  work: RevokeTokens,
): Promise<Response> {
  const { settings, ledger, vault, parser, clock, observe } = work;
  const elements = await parser.receive(body, settings.bodyBytes);
  await settings.limits.tokens(caller, elements.length);
  const { reports, invalid } = await takeIn(elements, {
    ...{ registry: settings.registry, overrideOf: settings.overrideOf, vault, role },
    shareOf: (location) => settings.shareOf(caller, location),
    ignores: settings.ignores,
    now: clock.now(),
    recheckEndedBefore: clock.now() - settings.reverifyAfterMs,
  });
  const rejected = invalid.length > 0 && settings.onInvalidItem === 'reject-all';
  const listed = await asShown(invalid.slice(0, MAX_LISTED), ledger);
  const accepted = await ledger.accept(rejected ? [] : reports, {
    now: clock.now(),
    backlog: settings.backlog,
  });
  await sayAccepted({ caller, accepted, invalid, reports: rejected ? [] : reports }, observe);
  if (invalid.length > 0) throw invalidElements(elements.length, invalid.length, listed, rejected);
  return new Response(null, { status: 204 });
}

/** @param accepted what the ledger made of `reports` */
export async function sayAccepted(
  {
    caller,
    accepted,
    reports,
    invalid,
  }: Intake & { readonly caller: string; readonly accepted: AcceptResult },
  observe: Observe,
): Promise<void> {
  observe({
    ...{ type: 'report-accepted', caller, ...accepted },
    ...{ invalid: invalid.length, reasons: tally(invalid) },
    ignored: reports.filter(({ initial }) => initial.state === 'dismissed').length,
  });
  await sayWhoWaits(reports, observe);
}

/** These entries are decided at once and reach no worker, so their events are emitted here. */
async function sayWhoWaits(reports: readonly ReportedToken[], observe: Observe): Promise<void> {
  const waiting = reports.filter(({ initial: { state } }) => state === 'held' || state === 'attention');
  for (const [index, { provider, id, initial }] of waiting.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    observe({ type: 'set-aside', provider, id, ...initial });
  }
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
  return Promise.all(
    listed.map(async ({ id, ...shown }) => {
      const isKnown = id !== undefined && (await ledger.get(id)) !== undefined;
      return isKnown ? { ...shown, known: true } : shown;
    }),
  );
}

function invalidElements(
  total: number,
  count: number,
  listed: readonly ShownInvalid[],
  rejected: boolean,
): Problem {
  const rest = rejected ? 'nothing was accepted' : `the other ${total - count} are accepted`;
  return new Problem(400, 'Some elements are not usable', {
    detail: `${count} of ${total} elements are not usable; ${rest}.`,
    extra: { invalid: listed },
  });
}

function tally(invalid: readonly InvalidElement[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of invalid) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
