import PQueue from 'p-queue';
import type { Claim } from '../ledger/claim.ts';
import type { LaneState } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Tracer } from '../observe/tracing.ts';
import type { ReadContext } from '../provider/context.ts';
import type { Ignores } from '../provider/ignores.ts';
import type { Provider } from '../provider/provider.ts';
import type { RegisteredProvider } from '../provider/registry.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import { Deadline } from '../words/deadline.ts';
import type { ShareOf } from '../words/share.ts';
import { Discovery, type Gather } from './discovery.ts';
import { Journal } from './journal.ts';
import type { Pace } from './pace.ts';
import { Pauses } from './pauses.ts';
import { isOfWrongClock, STEP_LIMIT_MS } from './policy.ts';
import { Triage, type Work } from './triage.ts';
import { Worker } from './worker.ts';

/** A safety net under the wake-ups: other replicas' work is found even when their message was lost. */
const POLL_MS = 30_000;
const LEDGER_DOWN_PAUSE_MS = 1_000;

/**
 * Claimed beyond the free places, so that a place never waits for the ledger. What is only being written is not
 * counted: the next claim stands in line behind it.
 */
const PREFETCH = 2;

/** What has waited longer for a place may have been dismissed or taken over, and its lane stopped, meanwhile. */
const FRESH_MS = 1_000;

/** How often claims are renewed within one lease. */
const RENEWALS_OF_LEASE = 3;

export interface LaneOptions {
  readonly registered: RegisteredProvider;
  readonly provider: Provider;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly readContext: ReadContext;
  readonly pace: Pace;
  readonly shareOf?: ShareOf | undefined;
  /** What of the secrets that are found is never touched. */
  readonly ignores?: Ignores | undefined;
  readonly reverifyAfterMs?: number | undefined;
  /** Only an internal provider gathers anything. */
  readonly gather?: Gather;
  readonly tracer?: Tracer | undefined;
  /** The time after which the claims of a dead worker become due again. */
  readonly leaseMs: number;
  /** Default is {@link STEP_LIMIT_MS}. */
  readonly stepLimitMs?: number | undefined;
  /** In [0, 1). */
  readonly random: () => number;
}

/** The work for one provider: claims due entries, works on them and writes the results. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #id: string;
  /** Also short enough to find the claims of a dead worker. */
  readonly #pollMs: number;
  /** A place in it is one group of entries whose calls are under way. */
  readonly #queue: PQueue;
  readonly #journal: Journal;
  readonly #pauses: Pauses;
  readonly #triage: Triage;
  readonly #worker: Worker;
  /** No new work. */
  readonly #stopping = new AbortController();
  /** End the work in hand, too. */
  readonly #aborting = new AbortController();
  #rest = new AbortController();
  /** Ends the pause between renewals. */
  readonly #ended = new AbortController();
  /** What is worked on, or waits for a place. */
  readonly #inHand = new Set<Claim>();
  #renewing: Promise<void> | undefined;
  #woken = false;
  /** The last claim was full, or was cut by the entries in hand, so more entries may be due. */
  #more = false;
  #parked = false;
  #valveClosed = false;
  #shareUsedUp = false;
  /** Until then the vendor's limit is used up: fresh entries stay unclaimed and keep their turns. */
  #pacedUntil = 0;
  /** The lane as it was read last. */
  #seen: { readonly lane: LaneState; readonly at: number } | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LaneOptions) {
    const { definition, concurrency } = options.registered;
    const provider = definition.id;
    this.#pollMs = Math.min(POLL_MS, options.leaseMs);
    const onDue = (dueAt: number) => dueAt - options.clock.now() < this.#pollMs && this.wake();
    const journal = new Journal({ ...options, provider, onDue });
    const pauses = new Pauses({ ...options, provider, onPause: () => this.wake() });
    this.#options = options;
    this.#id = provider;
    this.#journal = journal;
    this.#pauses = pauses;
    this.#triage = new Triage({ ...options, journal });
    const { unknownTokens } = options.registered;
    const { rate } = definition;
    const discovery = new Discovery(options);
    const { gather = gathersNothing } = options;
    const onPaced = (until: number) => {
      this.#pacedUntil = until;
    };
    this.#worker = new Worker({
      ...{ ...options, id: provider, unknownTokens, rate, pauses, journal, discovery, gather, onPaced },
    });
    this.#queue = new PQueue({ concurrency });
    this.#queue.addEventListener('next', () => this.#more && this.#hasRoom() && this.wake());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be something to do. */
  wake(): void {
    this.#woken = true;
    // An explicit reason, because the default one, an error with a stack, costs more than everything else here.
    this.#rest.abort('woken');
  }

  /** Takes no more work and waits for what is in hand, at most `graceMs`; what is not done by then is given back. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.wake();
    // An entry that waits for a free place is given back by the worker that takes it up, so none has to wait now.
    this.#queue.concurrency = Number.POSITIVE_INFINITY;
    const grace = setTimeout(() => this.#aborting.abort(), graceMs);
    await this.#running;
    await this.#queue.onIdle();
    await this.#journal.idle();
    this.#ended.abort();
    clearTimeout(grace);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = false;
      await this.#sleep(await this.#fill());
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || ms <= 0) return;
    this.#rest = new AbortController();
    await this.#options.clock.sleep(ms, this.#rest.signal);
  }

  /** Claims for the places that are free. @returns for how long there is nothing to do, unless woken */
  async #fill(): Promise<number> {
    const { ledger, clock, provider, leaseMs, observe } = this.#options;
    if (!this.#hasRoom()) {
      this.#more = true;
      return this.#pollMs;
    }
    const limit = this.#room() * (provider.batch?.size ?? 1);
    const now = clock.now();
    try {
      const isPaced = now < this.#pacedUntil && !isOfWrongClock(this.#pacedUntil, now);
      const options = { now, limit, leaseMs, maxPerHour: this.#maxPerHour(), asksOnly: isPaced };
      const { claims, lane, nextAt, surplus } = await ledger.claim(this.#id, options);
      if (await this.#pauses.endWrong(lane, now)) return 0;
      this.#more = claims.length === limit || surplus === true;
      this.#seen = { lane, at: now };
      this.#sayParked(lane);
      this.#sayValve(lane);
      this.#enqueue(claims, lane);
      const next = Math.min(nextAt ?? Infinity, isPaced ? this.#pacedUntil : Infinity);
      return Math.min(next - now, this.#pollMs);
    } catch (error) {
      observe(failureEvent('claim', error));
      return LEDGER_DOWN_PAUSE_MS;
    }
  }

  /** In groups of entries. */
  #room(): number {
    return this.#options.registered.concurrency * PREFETCH - this.#queue.size - this.#queue.pending;
  }

  /** A claim costs about the same for one entry as for many, so it is made for many. */
  #hasRoom(): boolean {
    return this.#room() >= this.#options.registered.concurrency;
  }

  /** The safety valve does not apply where only approved entries are revoked. */
  #maxPerHour(): number {
    const { registered, provider } = this.#options;
    // Before the first claim it is not known whether a person has set another mode.
    if (!this.#seen) return registered.maxPerHour;
    const override = this.#seen.lane.mode;
    const acts =
      registered.mode(override) === 'revoke' &&
      provider.kinds.some(({ id }) => registered.waitsFor(id, override) === undefined);
    return acts ? registered.maxPerHour : 0;
  }

  #sayParked({ parked, reason }: LaneState): void {
    if (parked && !this.#parked) {
      this.#options.observe({ type: 'lane-parked', provider: this.#id, reason: reason ?? 'operator' });
    }
    this.#parked = parked;
  }

  #sayValve({ revokedLastHour, valveOpensAt, shareOpensAt }: LaneState): void {
    const { observe } = this.#options;
    const provider = this.#id;
    if (valveOpensAt !== null && !this.#valveClosed) {
      observe({ type: 'valve-closed', provider, revokedLastHour, opensAt: valveOpensAt });
    }
    if (shareOpensAt !== null && !this.#shareUsedUp) {
      observe({ type: 'share-used-up', provider, opensAt: shareOpensAt });
    }
    this.#valveClosed = valveOpensAt !== null;
    this.#shareUsedUp = shareOpensAt !== null;
  }

  #enqueue(claims: readonly Claim[], lane: LaneState): void {
    const size = this.#options.provider.batch?.size ?? 1;
    const claimedAt = this.#options.clock.now();
    for (const claim of claims) this.#inHand.add(claim);
    if (claims.length > 0) this.#renewing ??= this.#renewRegularly();
    for (let start = 0; start < claims.length; start += size) {
      const group = claims.slice(start, start + size);
      void this.#queue.add(() => this.#workOn(group, lane, claimedAt));
    }
  }

  /** Until nothing is in hand. */
  async #renewRegularly(): Promise<void> {
    const { ledger, clock, leaseMs, observe } = this.#options;
    for (;;) {
      await clock.sleep(Math.ceil(leaseMs / RENEWALS_OF_LEASE), this.#ended.signal);
      if (this.#inHand.size === 0 || this.#ended.signal.aborted) break;
      try {
        await ledger.renew([...this.#inHand], clock.now() + leaseMs);
      } catch (error) {
        observe(failureEvent('renew', error));
      }
    }
    this.#renewing = undefined;
  }

  async #workOn(claims: readonly Claim[], lane: LaneState, claimedAt: number): Promise<void> {
    try {
      const { clock, stepLimitMs = STEP_LIMIT_MS } = this.#options;
      using deadline = new Deadline(stepLimitMs, this.#aborting.signal);
      const works: Work[] = [];
      const isFresh = Math.abs(clock.now() - claimedAt) < FRESH_MS;
      const current = isFresh ? lane : await this.#asSteered(lane);
      for (const claim of isFresh ? claims : await this.#stillHeld(claims)) {
        const work = await this.#open(claim, current, deadline.signal);
        if (work) works.push(work);
      }
      await this.#worker.workOn(works);
    } catch (error) {
      // The leases end by themselves and the work is done again; every provider is idempotent.
      this.#options.observe(failureEvent('settle', error));
    } finally {
      for (const claim of claims) this.#inHand.delete(claim);
      // This may have been the single entry that is let through after a pause; its end lets the next one through.
      if (lane.streak > 0) this.wake();
    }
  }

  /** Whoever dismissed one must not see it revoked. @throws {LedgerError} */
  async #stillHeld(claims: readonly Claim[]): Promise<readonly Claim[]> {
    const { ledger, clock, leaseMs, observe } = this.#options;
    const renewed = (some: readonly Claim[]) => ledger.renew(some, clock.now() + leaseMs);
    if ((await renewed(claims)) === claims.length) return claims;
    const held: Claim[] = [];
    for (const claim of claims) {
      if ((await renewed([claim])) > 0) held.push(claim);
      else observe({ type: 'lease-lost', provider: this.#id, id: claim.id });
    }
    return held;
  }

  /**
   * The lane as it was at a claim, but for what persons have set since: whoever stops it must not see more revoked.
   * @throws {LedgerError}
   */
  async #asSteered(lane: LaneState): Promise<LaneState> {
    const { ledger, clock, registered } = this.#options;
    const now = clock.now();
    if (!this.#seen || Math.abs(now - this.#seen.at) >= FRESH_MS) {
      const read = (await ledger.lanes(now)).find(({ provider }) => provider === this.#id);
      this.#seen = { lane: read ?? lane, at: now };
    }
    const { parked, mode } = this.#seen.lane;
    // What was claimed without a look at the safety valve does not begin to act.
    return registered.mode(lane.mode) === 'revoke' ? { ...lane, parked, mode } : { ...lane, parked };
  }

  async #open(claim: Claim, lane: LaneState, signal: AbortSignal): Promise<Work | undefined> {
    if (!this.#stopping.signal.aborted && !lane.parked && !this.#pauses.isOutdated(lane)) {
      return this.#triage.open(claim, lane, signal);
    }
    await this.#journal.release(claim);
    return undefined;
  }
}

async function gathersNothing(): Promise<void> {}
