import PQueue from 'p-queue';
import type { Clock } from '../clock.ts';
import { failureEvent, type Observe } from '../events.ts';
import type {
  Claim,
  HistoryEvent,
  LaneState,
  Ledger,
  Mode,
  Phase,
  Postponement,
  Progress,
  Settlement,
} from '../ledger/ledger.ts';
import { UnsealError, type Vault } from '../ledger/seal.ts';
import type { Outcome } from '../outcome.ts';
import type { ReadContext } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import type { Provider } from '../provider/provider.ts';
import type { RegisteredProvider } from '../provider/registry.ts';
import type { Secret } from '../secret.ts';
import { type Tracer, untraced } from '../tracing.ts';
import { attempt, concluded, inTime, type StepResult } from './attempt.ts';
import { AFTER_RECHECK, type Decision, decide, decideRecheck, type LaneVerdict } from './decide.ts';
import type { Pace } from './pace.ts';
import { deferralMs, lanePauseMs } from './policy.ts';
import { RunningStep } from './running-step.ts';

/** A safety net under the wake-ups: other replicas' work is found even when their message was lost. */
const POLL_MS = 30_000;
const LEDGER_DOWN_PAUSE_MS = 1_000;

/** Claimed beyond the free places, so that a place never waits for the ledger. */
const PREFETCH = 2;

/**
 * An entry may have to wait for one other step before its own: both end before the lease does, so that nobody takes
 * over an entry that is still worked on.
 */
const STEP_SHARE_OF_LEASE = 0.4;

const UNKNOWN_KIND: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'unsupported-kind',
  advice: 'The provider, as it is configured now, does not know this kind of token. Revoke it by hand.',
};

const WOULD_REVOKE: Outcome = { kind: 'would-revoke', verified: false };

export interface LaneOptions {
  readonly registered: RegisteredProvider;
  readonly provider: Provider;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly readContext: ReadContext;
  readonly pace: Pace;
  readonly tracer?: Tracer | undefined;
  readonly leaseMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** A claimed entry, opened and ready to be handed to the provider. */
interface Work {
  readonly claim: Claim;
  readonly lane: LaneState;
  readonly token: Secret;
  readonly step: RunningStep;
}

/** How the work on an entry ends; progress and history are as they would be expected where they are not given. */
type End = Pick<Settlement, 'state' | 'outcome' | 'dueAt' | 'note' | 'announce'> &
  Partial<Pick<Settlement, 'progress'>> & { readonly event?: HistoryEvent };

/** Everything that is done for one provider: claims what is due, works on it and writes down what came of it. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #id: string;
  readonly #queue: PQueue;
  /** No new work. */
  readonly #stopping = new AbortController();
  /** End the work in hand, too. */
  readonly #aborting = new AbortController();
  #rest = new AbortController();
  #woken = false;
  /** The last claim brought as much as was asked for, so there may be more. */
  #more = false;
  #parked = false;
  /** What a person set in place of the configured mode, as of the last claim. */
  #override: Mode | null = null;
  /** The latest pause that this process made: what was claimed before it goes back untouched. */
  #pausedEpoch = -1;
  #running: Promise<void> | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#id = options.registered.definition.id;
    this.#queue = new PQueue({ concurrency: options.registered.concurrency });
    this.#queue.addEventListener('next', () => this.#more && this.wake());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be something to do. */
  wake(): void {
    this.#woken = true;
    this.#rest.abort();
  }

  /** Takes no more work and waits for what is in hand, at most `graceMs`; what is not done by then is given back. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.wake();
    // What waits for a place is given back by whoever gets to it, so all may go ahead.
    this.#queue.concurrency = Number.POSITIVE_INFINITY;
    const grace = setTimeout(() => this.#aborting.abort(), graceMs);
    await this.#running;
    await this.#queue.onIdle();
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
    const { ledger, clock, registered, provider, leaseMs, observe } = this.#options;
    const places = registered.concurrency * PREFETCH - this.#queue.size - this.#queue.pending;
    if (places < registered.concurrency) {
      this.#more = true;
      return POLL_MS;
    }
    const limit = places * (provider.batch?.size ?? 1);
    const now = clock.now();
    try {
      const options = { now, limit, leaseMs, maxPerHour: this.#maxPerHour() };
      const { claims, lane, nextAt } = await ledger.claim(this.#id, options);
      this.#more = claims.length === limit;
      this.#override = lane.mode;
      this.#sayParked(lane);
      this.#enqueue(claims, lane);
      return nextAt === undefined ? POLL_MS : Math.min(nextAt - now, POLL_MS);
    } catch (error) {
      observe(failureEvent('claim', error));
      return LEDGER_DOWN_PAUSE_MS;
    }
  }

  /** Where nothing is revoked but what a person has approved, the safety valve has nothing to stop. */
  #maxPerHour(): number {
    const { registered, provider } = this.#options;
    const acts = provider.kinds.some((kind) => registered.mode(kind.id, this.#override) === 'revoke');
    return acts ? registered.maxPerHour : 0;
  }

  #sayParked({ parked, reason }: LaneState): void {
    if (parked && !this.#parked) {
      this.#options.observe({ type: 'lane-parked', provider: this.#id, reason: reason ?? 'operator' });
    }
    this.#parked = parked;
  }

  #enqueue(claims: readonly Claim[], lane: LaneState): void {
    const size = this.#options.provider.batch?.size ?? 1;
    for (let start = 0; start < claims.length; start += size) {
      const group = claims.slice(start, start + size);
      void this.#queue.add(() => this.#workOn(group, lane));
    }
  }

  async #workOn(claims: readonly Claim[], lane: LaneState): Promise<void> {
    try {
      const signal = this.#stepSignal();
      const works: Work[] = [];
      for (const claim of claims) {
        const work = await this.#prepare(claim, lane, signal);
        if (work) works.push(work);
      }
      await this.#revokeTogether(works.filter(({ claim }) => claim.phase === 'revoke'));
      for (const work of works.filter(({ claim }) => claim.phase !== 'revoke')) await this.#attempt(work);
    } catch (error) {
      // The leases end by themselves and the work is done again; every provider is idempotent.
      this.#options.observe(failureEvent('settle', error));
    } finally {
      // It may have been the one entry that is let through after a pause: now the next one may be.
      if (lane.streak > 0) this.wake();
    }
  }

  /** Sorts out what must not be worked on now, and opens the rest. */
  async #prepare(claim: Claim, lane: LaneState, signal: AbortSignal): Promise<Work | undefined> {
    const { ledger, registered, clock } = this.#options;
    if (this.#stopping.signal.aborted || lane.epoch < this.#pausedEpoch) {
      await ledger.release(claim, clock.now());
      return undefined;
    }
    if (!this.#options.provider.kinds.some((kind) => kind.id === claim.kind)) {
      await this.#settle(claim, { state: 'attention', outcome: UNKNOWN_KIND });
      return undefined;
    }
    const mode = registered.mode(claim.kind, lane.mode);
    if (claim.phase === 'revoke' && mode === 'dry-run') {
      await this.#settle(claim, { state: 'done', outcome: WOULD_REVOKE });
      return undefined;
    }
    if (claim.phase === 'recheck' && mode === 'dry-run') {
      const event = { at: clock.now(), event: 'not-rechecked' };
      await this.#settle(claim, { state: 'done', event, announce: AFTER_RECHECK });
      return undefined;
    }
    if (claim.phase === 'revoke' && mode === 'hold' && !claim.approved) {
      await this.#settle(claim, { state: 'held' });
      return undefined;
    }
    return this.#open(claim, lane, signal);
  }

  async #open(claim: Claim, lane: LaneState, signal: AbortSignal): Promise<Work | undefined> {
    const { vault, observe } = this.#options;
    try {
      const material = vault.openMaterial(claim.id, claim.sealed);
      const note = claim.note === null ? undefined : vault.openNote(claim.id, claim.note);
      const context = () => this.#context(claim.id, signal);
      const step = new RunningStep({ kind: claim.kind, note, parts: material.parts, signal, context });
      return { claim, lane, token: material.token, step };
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      // The key file is the operator's to mend; until then the entry waits without cost.
      observe({ type: 'unseal-failed', provider: this.#id, id: claim.id });
      await this.#deferUnsealed(claim, error);
      return undefined;
    }
  }

  async #context(id: string, signal: AbortSignal): Promise<Secret | undefined> {
    const entry = await this.#options.ledger.get(id);
    return this.#options.readContext(entry?.locations ?? [], signal);
  }

  async #deferUnsealed(claim: Claim, { message }: UnsealError): Promise<void> {
    const now = this.#options.clock.now();
    const dueAt = now + deferralMs('misconfigured', claim.deferrals, this.#options.random());
    const events = [{ at: now, event: 'deferred', code: 'unseal-failed', message, dueAt }];
    await this.#putOff(claim, {
      now,
      dueAt,
      progress: { ...progressOf(claim), deferrals: claim.deferrals + 1 },
      events,
    });
  }

  #stepSignal(): AbortSignal {
    const deadline = AbortSignal.timeout(this.#options.leaseMs * STEP_SHARE_OF_LEASE);
    return AbortSignal.any([this.#aborting.signal, deadline]);
  }

  async #revokeTogether(works: readonly Work[]): Promise<void> {
    const { batch } = this.#options.provider;
    const [first] = works;
    if (!first || !(await this.#mayGo(works))) return;
    if (!batch) {
      for (const work of works) await this.#attempt(work);
      return;
    }
    const start = performance.now();
    const { signal } = first.step;
    const results = await this.#traced('batch', () =>
      inTime(signal, async () => batch.revoke(works, signal)).catch((error: Error) => works.map(() => error)),
    );
    for (const [index, work] of works.entries()) {
      const result = results[index] ?? new Failure('internal');
      await this.#traced('attempt', async () => {
        await this.#finish(work, await concluded(this.#attemptOf(work), result), start);
      });
    }
  }

  /** Keeps to the vendor's limit: above it the works wait for their turn, at no cost. */
  async #mayGo(works: readonly Work[]): Promise<boolean> {
    const { registered, pace, clock } = this.#options;
    const { rate } = registered.definition;
    const waitMs = rate ? Math.ceil(await pace.take(this.#id, rate)) : 0;
    if (waitMs === 0) return true;
    const now = clock.now();
    const dueAt = now + waitMs;
    for (const { claim } of works) {
      const events = [{ at: now, event: 'paced', dueAt }];
      await this.#putOff(claim, { now, dueAt, progress: progressOf(claim), events });
    }
    return false;
  }

  async #attempt(work: Work): Promise<void> {
    const start = performance.now();
    await this.#traced('attempt', async () => {
      await this.#finish(work, await attempt(this.#attemptOf(work)), start);
    });
  }

  #traced<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { tracer = untraced } = this.#options;
    return tracer.within({ name, kind: 'internal', attributes: { 'quash.provider': this.#id } }, work);
  }

  #attemptOf({ claim, token, step }: Work) {
    return { provider: this.#options.provider, token, step, phase: claim.phase };
  }

  async #finish({ claim, lane, step }: Work, result: StepResult, start: number): Promise<void> {
    const { clock, observe, random } = this.#options;
    observe({
      type: 'attempted',
      provider: this.#id,
      id: claim.id,
      ...described(result, claim.phase),
      durationMs: Math.round(performance.now() - start),
    });
    if (result.outcome === 'failed' && result.failure.code === 'internal') {
      observe({ type: 'internal-error', error: result.failure.cause });
    }
    const decideOn = claim.phase === 'recheck' ? decideRecheck : decide;
    const decision = decideOn(claim, result, clock.now(), random());
    if (claim.phase === 'recheck' && decision.action !== 'release') {
      observe({ type: 'rechecked', provider: this.#id, id: claim.id, result: decision.event.event });
    }
    // The lane first: were the entry first, the next claim could slip through before the pause.
    await this.#judge(lane, decision.lane);
    await this.#write(claim, decision, step);
  }

  async #judge(lane: LaneState, verdict: LaneVerdict): Promise<void> {
    const { ledger, clock, observe } = this.#options;
    if (verdict === 'untouched') return;
    if (verdict === 'healthy') {
      if (lane.streak === 0) return;
      await ledger.laneHealthy(this.#id, lane.epoch);
      observe({ type: 'lane-resumed', provider: this.#id });
      return;
    }
    const { code, message, retryAfterMs, target } = verdict.pausedBy;
    const now = clock.now();
    const until = now + lanePauseMs(code, lane.streak, retryAfterMs);
    const after = await ledger.pauseLane(this.#id, { epoch: lane.epoch, until, reason: code, now });
    // Others may have opened it meanwhile: then what is in hand goes on.
    if (after.pausedUntil <= now) return;
    const first =
      after.epoch === lane.epoch + 1 && after.pausedUntil === until && after.epoch > this.#pausedEpoch;
    this.#pausedEpoch = Math.max(this.#pausedEpoch, after.epoch);
    if (!first) return;
    const where = target === undefined ? {} : { target };
    observe({ type: 'lane-paused', provider: this.#id, reason: code, message, until, ...where });
    this.wake();
  }

  async #write(claim: Claim, decision: Decision, step: RunningStep): Promise<void> {
    const { ledger, vault, clock } = this.#options;
    const now = clock.now();
    const note = step.remembered === undefined ? {} : { note: vault.sealNote(claim.id, step.remembered) };
    switch (decision.action) {
      case 'settle':
        return this.#settle(claim, { ...decision, ...note });
      case 'put-off':
        return this.#putOff(claim, {
          now,
          dueAt: decision.dueAt,
          progress: decision.progress,
          events: [decision.event],
          ...(decision.announce && { announce: decision.announce }),
          ...note,
        });
      case 'release':
        if (note.note === undefined) await ledger.release(claim, now);
        else await this.#putOff(claim, { now, dueAt: now, progress: progressOf(claim), events: [], ...note });
    }
  }

  async #putOff(claim: Claim, postponement: Postponement): Promise<void> {
    const { ledger, observe } = this.#options;
    const kept = await ledger.putOff(claim, postponement);
    const entry = { provider: this.#id, id: claim.id };
    const [why] = postponement.events;
    if (!kept) observe({ type: 'lease-lost', ...entry });
    // What came of a recheck has been said.
    else if (why && claim.phase !== 'recheck') {
      const { event, code } = why;
      const { dueAt } = postponement;
      observe({ type: 'put-off', ...entry, why: event, ...(code !== undefined && { code }), dueAt });
    }
    if (postponement.dueAt - postponement.now < POLL_MS) this.wake();
  }

  async #settle(claim: Claim, end: End): Promise<void> {
    const { ledger, clock, observe } = this.#options;
    const { state, outcome, dueAt, progress = progressOf(claim), note, event } = end;
    const now = clock.now();
    const ended = outcome ? { outcome } : {};
    // What needs a person is said once, not with every daily try that ends the same.
    const isNews = state !== claim.state && (state !== 'done' || outcome !== undefined);
    const announce = isNews ? state : end.announce;
    const kept = await ledger.settle(claim, {
      ...{ now, state, ...ended, progress },
      ...(dueAt !== undefined && { dueAt }),
      ...(note !== undefined && { note }),
      ...(announce && { announce }),
      events: [event ?? { at: now, event: state === 'held' ? 'held' : 'settled', ...ended }],
    });
    const entry = { provider: this.#id, id: claim.id };
    if (!kept) observe({ type: 'lease-lost', ...entry });
    else if (outcome || state !== 'done')
      observe({ type: 'settled', ...entry, state, ...ended, sinceReportMs: now - claim.firstReportedAt });
  }
}

function progressOf({ phase, attempts, verifications, deferrals }: Claim): Progress {
  return { phase, attempts, verifications, deferrals };
}

function described(
  result: StepResult,
  phase: Phase,
): {
  result: string;
  message?: string;
  target?: string;
  status?: number;
} {
  // Nothing was revoked where a dead token was only asked about.
  if (phase === 'recheck' && result.outcome === 'revoked') return { result: 'still-dead' };
  if (result.outcome !== 'failed') return { result: result.outcome };
  const { code, message, target, status } = result.failure;
  return {
    result: code,
    message,
    ...(target !== undefined && { target }),
    ...(status !== undefined && { status }),
  };
}
