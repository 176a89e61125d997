/** Secrets that were found where a report pointed: each becomes an entry, as if it had been reported itself. */

import type { Claim } from '../ledger/claim.ts';
import { ignoredReport } from '../ledger/ignored.ts';
import type { LaneState } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ReportedToken } from '../ledger/report.ts';
import { canonicalSecret, placesOf, type Surroundings } from '../provider/context.ts';
import type { Ignores } from '../provider/ignores.ts';
import type { FoundSecret, Gathered } from '../provider/provider.ts';
import type { RegisteredProvider } from '../provider/registry.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import { heldFor } from '../words/outcome.ts';
import type { ShareOf } from '../words/share.ts';

/** Stands in place of a caller, so that found secrets take turns with reported ones. */
const FINDER = 'found';

/**
 * Commits what an internal provider has read, as reports.
 * @param by the provider's id
 * @throws {LedgerError}
 */
export type Gather = (by: string, gathered: Gathered) => Promise<void>;

export interface DiscoveryOptions {
  readonly registered: RegisteredProvider;
  readonly ledger: Pick<Ledger, 'accept' | 'get'>;
  readonly vault: Vault;
  readonly clock: Clock;
  /** The share that a secret found at this location counts against. */
  readonly shareOf?: ShareOf | undefined;
  /** What is never touched. */
  readonly ignores?: Ignores | undefined;
  /** What was dead for so long is asked about again once it is found again. */
  readonly reverifyAfterMs?: number | undefined;
}

interface Named extends FoundSecret {
  readonly id: string;
  /** Of each spelling. */
  readonly ids: readonly string[];
}

export class Discovery {
  readonly #options: DiscoveryOptions;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /**
   * Each at every place where it stands.
   * @param lane as it was when the pointer was claimed
   * @param around what was read where the pointer points
   * @throws {LedgerError}
   */
  async enter(
    { id }: Pick<Claim, 'id'>,
    lane: Pick<LaneState, 'mode'>,
    secrets: readonly FoundSecret[],
    around: Surroundings | undefined,
  ): Promise<void> {
    const { ledger, clock, shareOf } = this.#options;
    const {
      types = [],
      locations = [],
      unreadableLocations = [],
      findings = [],
      caller = null,
    } = (await ledger.get(id)) ?? {};
    // Of several secrets none is the one that was found there.
    const finding = secrets.length === 1 && findings.length === 1 ? findings[0] : undefined;
    const newest = [{ location: locations.at(-1) ?? '', isSent: false }];
    const reports: ReportedToken[] = [];
    for (const secret of secrets) {
      const named = await this.#named(secret);
      const found = around ? placesOf(secret.token, around).toReversed() : [];
      // What a reporter only sent has no claim on a vulnerability that GitLab named.
      const isRead = !around?.places.some(({ isSent }) => isSent) || found.some(({ isSent }) => !isSent);
      for (const { location, isSent = false } of found.length > 0 ? found : newest) {
        const share = shareOf?.(FINDER, location);
        const common = {
          type: types[0] ?? '',
          location,
          readable: !isSent && locations.includes(location) && !unreadableLocations.includes(location),
          ...(caller !== null && { caller }),
          ...(share && { share }),
          ...(finding && isRead && { finding }),
        };
        reports.push(this.#report(named, common, lane.mode));
      }
    }
    // The pointer was accepted with a 204, so a full backlog refuses nothing that it leads to.
    await ledger.accept(reports, { now: clock.now(), backlog: Number.MAX_SAFE_INTEGER });
  }

  async #named({ kind, token: found }: FoundSecret): Promise<Named> {
    const { registered, ledger, vault } = this.#options;
    const tokenKind = registered.provider?.kinds.find((each) => each.id === kind);
    const one = tokenKind ? canonicalSecret(tokenKind, found) : found;
    const ids = [one, found].map((each) => vault.fingerprint(registered.definition.id, each));
    const [id = '', idOfFound = ''] = ids;
    // An earlier version has named it so, and what a person decided of it holds.
    const isKnownSo = id !== idOfFound && (await ledger.get(idOfFound)) !== undefined;
    return { kind, ids, ...(isKnownSo ? { id: idOfFound, token: found } : { id, token: one }) };
  }

  #report(
    { kind, id, ids, token }: Named,
    common: Pick<ReportedToken, 'type' | 'location' | 'readable' | 'caller' | 'share' | 'finding'>,
    mode: LaneState['mode'],
  ): ReportedToken {
    const { registered, vault, clock, ignores, reverifyAfterMs } = this.#options;
    const isAskedAgain = registered.provider?.verify !== undefined && reverifyAfterMs !== undefined;
    const provider = registered.definition.id;
    const isHeld = registered.mode(mode) === 'hold';
    const report: ReportedToken = {
      ...{
        id,
        provider,
        kind,
        ...common,
        sealed: vault.sealMaterial(id, { token, parts: {}, kind, where: '' }),
      },
      initial: isHeld ? { state: 'held', outcome: heldFor('mode') } : { state: 'queued' },
      restarts: ['ignored', 'would-revoke', 'unrecognised', 'review'],
      ...(isAskedAgain && { recheckEndedBefore: clock.now() - reverifyAfterMs }),
    };
    const ignored = ignores?.({ fingerprints: () => ids, type: common.type, location: common.location });
    return ignored ? ignoredReport(report, ignored) : report;
  }
}
