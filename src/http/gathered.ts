/** Leaks that were read in GitLab go the way of a report from here on. */
import { pointerReport } from '../gitlab/pointer.ts';
import { SWEEPS, shareOfSweeps } from '../gitlab/sweep-order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import type { Gathered } from '../provider/provider.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import { vulnerabilityRefOf } from '../words/vulnerability-ref.ts';
import type { Element } from './elements.ts';
import { takeIn } from './intake.ts';
import { write } from './revoke-tokens.ts';
import type { HttpSettings } from './settings.ts';

interface TakeGathered {
  readonly settings: HttpSettings;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly observe: Observe;
}

/**
 * @param by the id of the internal provider that read them, in place of a caller
 * @throws {LedgerError}
 */
export async function takeGathered(
  by: string,
  { leaks, pointers }: Gathered,
  work: TakeGathered,
): Promise<void> {
  const { settings, ledger, vault, clock, observe } = work;
  if (leaks.length + pointers.length === 0) return;
  const shareOf = by === SWEEPS ? shareOfSweeps(settings.shareOf) : settings.shareOf;
  const elements = leaks.map(({ type, token, location, vulnerability }): Element => {
    const finding = vulnerabilityRefOf(location, { id: vulnerability });
    return { ok: true, type, token: token.reveal(), location, ...(finding !== undefined && { finding }) };
  });
  const now = clock.now();
  const { reports, ...found } = await takeIn(elements, {
    ...{ registry: settings.registry, overrideOf: settings.overrideOf, vault, now, role: 'gitlab' },
    caller: by,
    isKnown: async (id) => (await ledger.get(id)) !== undefined,
    shareOf: (location) => shareOf(by, location),
    ignores: settings.ignores,
    recheckEndedBefore: now - settings.reverifyAfterMs,
  });
  const pointed = pointers.map((text) => pointerReport(text, { vault, shareOf, caller: by }));
  // What was accepted once, as an event or a sweep, is not refused for a full backlog.
  const options = { caller: by, backlog: Number.MAX_SAFE_INTEGER, writeForMs: Number.MAX_SAFE_INTEGER };
  // Sweeps find again what hooks have told, and the other way round.
  const lastReport = { hadKnown: true };
  await write({ ...found, reports: [...reports.slice(), ...pointed] }, options, {
    ...{ ledger, clock, observe, lastReport },
  });
}
