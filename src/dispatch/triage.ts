import type { Claim } from '../ledger/claim.ts';
import type { EntryDetails } from '../ledger/entry.ts';
import type { LaneState } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import { canonicalSecret, type ReadContext, sharedTextPlace } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import type { TokenKind } from '../provider/provider.ts';
import type { RegisteredProvider } from '../provider/registry.ts';
import { UNRECOGNISED, unreadableOutcome } from '../provider/unreadable.ts';
import { type Material, UnsealError, type Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import { fileOf } from '../words/location.ts';
import { type HeldReason, heldFor, type Outcome } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import { AFTER_RECHECK } from './decide.ts';
import { type Journal, progressOf } from './journal.ts';
import { deferralMs, UNSEAL_FAILED } from './policy.ts';
import { type Around, originsOf, RunningStep } from './running-step.ts';

export interface TriageOptions {
  readonly registered: RegisteredProvider;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly readContext: ReadContext;
  /** In [0, 1). */
  readonly random: () => number;
  readonly journal: Journal;
}

/** A claimed entry, opened and ready to be handed to the provider. */
export interface Work {
  readonly claim: Claim;
  readonly lane: LaneState;
  readonly token: Secret;
  readonly step: RunningStep;
  /** The entry waits for a person for this reason, so the step only looks at it. */
  readonly heldFor?: HeldReason | undefined;
  /** How many reports there were before it was begun, where each may bring what the step does not see. */
  readonly reports?: number | undefined;
}

const UNKNOWN_KIND: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'unsupported-kind',
  advice: 'The provider, as it is configured now, does not know this kind of token. Revoke it by hand.',
};

const ALTERED: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'altered',
  advice:
    'What the ledger says of this entry does not belong to its secret, so nothing was done with it: find out who else can write to the ledger, look at the location, and revoke the secret by hand.',
};

const WOULD_REVOKE: Outcome = { kind: 'would-revoke', verified: false };
const WOULD_WAIT = {
  unproven: 'Without the dry run it would wait for a person, as nothing shows that the secret leaked.',
  wider: 'Without the dry run it would wait for approval, as revoking it hits more than the leaked token.',
} as const;

/** Ends the entries that must not be worked on now, and opens the others. */
export class Triage {
  readonly #options: TriageOptions;

  constructor(options: TriageOptions) {
    this.#options = options;
  }

  /**
   * @param lane as it was when the entry was claimed
   * @param signal for the step
   * @throws {LedgerError}
   */
  async open(claim: Claim, lane: LaneState, signal: AbortSignal): Promise<Work | undefined> {
    const { registered, clock, journal } = this.#options;
    const kind = registered.provider?.kinds.find(({ id }) => id === claim.kind);
    if (!kind) return this.#setAsideUnknown(claim);
    const mode = registered.mode(lane.mode);
    if (claim.phase === 'revoke' && mode === 'dry-run') {
      const waitsFor = registered.waitsFor(claim.kind);
      const outcome = waitsFor ? { ...WOULD_REVOKE, advice: WOULD_WAIT[waitsFor] } : WOULD_REVOKE;
      await journal.settle(claim, { state: 'done', outcome });
      return undefined;
    }
    // It would show the secret to its provider, and nobody is called unless the mode is `revoke`.
    if (claim.phase === 'recheck' && mode !== 'revoke') {
      const event = { at: clock.now(), event: 'not-rechecked' };
      await journal.settle(claim, { state: 'done', event, announce: AFTER_RECHECK });
      return undefined;
    }
    const isHeld = claim.phase === 'revoke' && !claim.approved;
    if (isHeld && mode === 'hold') {
      await journal.settle(claim, { state: 'held', outcome: heldFor('mode') });
      return undefined;
    }
    const waitsFor = isHeld ? registered.waitsFor(claim.kind, lane.mode) : undefined;
    return this.#unsealed(claim, { kind, lane, signal, heldFor: waitsFor });
  }

  async #unsealed(
    claim: Claim,
    {
      kind,
      lane,
      signal,
      heldFor,
    }: { kind: TokenKind; signal: AbortSignal } & Pick<Work, 'lane' | 'heldFor'>,
  ): Promise<Work | undefined> {
    const { vault, registered } = this.#options;
    try {
      const material = vault.openMaterial(claim.id, claim.sealed);
      if (!(await this.#isOwn(claim, material))) return await this.#setAside(claim);
      const { parts } = material;
      // An earlier version kept it as it was reported.
      const token = canonicalSecret(kind, material.token);
      const note = claim.note === null ? undefined : vault.openNote(claim.id, claim.note);
      const context = () => this.#context(claim.id, material, signal);
      const wantsOrigins = registered.provider?.wantsOrigins ?? false;
      const origins = wantsOrigins ? originsOf(await this.#locations(claim.id)) : [];
      // A further event may tell of a state that was not read any more.
      const reports = registered.definition.internal
        ? (await this.#options.ledger.get(claim.id))?.reports
        : undefined;
      const mayActUnproven = claim.approvedUnproven || registered.actsUnproven(claim.kind);
      const step = new RunningStep({ kind, token, note, parts, signal, context, origins, mayActUnproven });
      return { claim, lane, token, step, heldFor, reports };
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      await this.#defer(claim, error);
      return undefined;
    }
  }

  /** Whether provider, kind and place are those that the secret was reported with: the row is not sealed. */
  async #isOwn({ id, provider, kind }: Claim, material: Material): Promise<boolean> {
    const { vault } = this.#options;
    if (material.kind !== undefined && material.kind !== kind) return false;
    const isNamed = (where?: string) => vault.fingerprint(provider, material.token, where) === id;
    if (material.where !== undefined) return isNamed(material.where);
    // 0.1.0 did not seal the file.
    return isNamed() || (await this.#locations(id)).some((location) => isNamed(fileOf(location)));
  }

  /** Its kind is none of those that the provider has now. */
  async #setAsideUnknown(claim: Claim): Promise<undefined> {
    const { vault, registered, journal } = this.#options;
    try {
      const kinds = registered.provider?.kinds ?? [];
      const outcome =
        claim.kind === UNRECOGNISED
          ? unreadableOutcome(kinds, vault.openMaterial(claim.id, claim.sealed).token)
          : UNKNOWN_KIND;
      await journal.settle(claim, { state: 'attention', outcome });
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      await this.#defer(claim, error);
    }
  }

  async #setAside(claim: Claim): Promise<undefined> {
    const { registered, observe, journal } = this.#options;
    observe({ type: 'entry-altered', provider: registered.definition.id, id: claim.id });
    await journal.settle(claim, { state: 'attention', outcome: ALTERED });
  }

  async #locations(id: string): Promise<readonly string[]> {
    return (await this.#options.ledger.get(id))?.locations ?? [];
  }

  /** With what the reporter sent; where GitLab itself reported the leak, its place is read. */
  async #context(
    id: string,
    { context: given, where = '' }: Material,
    signal: AbortSignal,
  ): Promise<Around | undefined> {
    const { ledger, readContext } = this.#options;
    const entry = await ledger.get(id);
    if (!entry) return undefined;
    const { locations, unreadableLocations, locationsLeftOut, reports } = entry;
    const isReadable = (location: string) => !unreadableLocations.includes(location);
    // These lines are a part of the entry's identity, so that they were sent of each of its places.
    const isSentOfAll = given && where === sharedTextPlace(unreadableLocations.at(-1) ?? '', given);
    const wanted = notFollowed(entry);
    const read = await readContext(wanted.filter(isReadable), signal).catch((failure: unknown) => {
      if (!given || !(failure instanceof Failure)) throw failure;
      return { places: [], failure };
    });
    const sent = given
      ? [{ location: unreadableLocations.at(-1) ?? '', text: given, isSent: true as const }]
      : [];
    const places = [...(read?.places ?? []), ...sent];
    if (places.length === 0) return undefined;
    // From the first place on that may be readable later, nothing counts as followed.
    const firstUnread = locations.findIndex((location) => !isReadable(location));
    const known = (firstUnread < 0 ? locations.length : firstUnread) + locationsLeftOut;
    const covered = new Set(places.map(({ location }) => location));
    const isCovered = (location: string) => covered.has(location) || (isSentOfAll && !isReadable(location));
    const unread = wanted.filter((location) => !isCovered(location)).length;
    return { places, unread, known, reports, failure: read?.failure };
  }

  /** Only the operator can fix the key file; until then the entry waits and loses no attempt. */
  async #defer(claim: Claim, { message }: UnsealError): Promise<void> {
    const { registered, clock, observe, random, journal } = this.#options;
    observe({ type: 'unseal-failed', provider: registered.definition.id, id: claim.id });
    const now = clock.now();
    const dueAt = now + deferralMs(new Failure('misconfigured'), claim.deferrals, random());
    const events = [{ at: now, event: 'deferred', code: UNSEAL_FAILED, message, dueAt }];
    const progress = { ...progressOf(claim), deferrals: claim.deferrals + 1 };
    await journal.putOff(claim, { now, dueAt, progress, events, waitsFor: UNSEAL_FAILED });
  }
}

/** What a pointer led to at its earlier places has entries; there is nothing to follow but the places that came since. */
function notFollowed({ locations, locationsLeftOut, history }: EntryDetails): readonly string[] {
  const { kind, evidence } = history.findLast(({ outcome }) => outcome)?.outcome ?? {};
  if (kind !== 'followed') return locations;
  return locations.slice(Math.max(0, Number(evidence?.places ?? 0) - locationsLeftOut));
}
