import type { Claim } from '../ledger/claim.ts';
import type { Phase } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import { type Tracer, untraced } from '../observe/tracing.ts';
import type { UnknownTokens } from '../provider/death.ts';
import { Failure } from '../provider/failure.ts';
import { acting, noActivity } from '../provider/possession.ts';
import type { Provider, Rate } from '../provider/provider.ts';
import type { Clock } from '../words/clock.ts';
import { attempt, concluded, inTime, look, type StepResult } from './attempt.ts';
import { decide, decideRecheck } from './decide.ts';
import type { Discovery, Gather } from './discovery.ts';
import { type Journal, progressOf } from './journal.ts';
import { Outages } from './outages.ts';
import type { Pace } from './pace.ts';
import type { Pauses } from './pauses.ts';
import { MENDED_TOGETHER } from './policy.ts';
import type { RunningStep } from './running-step.ts';
import type { Work } from './triage.ts';

export interface WorkerOptions {
  readonly id: string;
  readonly provider: Provider;
  readonly ledger: Ledger;
  readonly unknownTokens: UnknownTokens;
  readonly rate: Rate | undefined;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly tracer?: Tracer | undefined;
  /** In [0, 1). */
  readonly random: () => number;
  readonly pauses: Pauses;
  readonly journal: Journal;
  readonly discovery: Discovery;
  readonly gather: Gather;
  /** Told until when the vendor's limit lets nothing more be revoked. */
  readonly onPaced: (until: number) => void;
}

/** What an entry shows that was not answered where a credential of ours had been refused. */
const MENDED_WITHOUT_CREDENTIAL = MENDED_TOGETHER.filter((code) => code !== 'credential-refused');

/** Hands opened entries to their provider, and the results to lane and journal. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #outages: Outages;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#outages = new Outages(options.clock);
  }

  /** Resolves once no call is under way; the journal may still be writing. @throws {LedgerError} */
  async workOn(works: readonly Work[]): Promise<void> {
    const acts = ({ claim, heldFor }: Work) => claim.phase === 'revoke' && heldFor === undefined;
    await this.#revokeTogether(works.filter(acts));
    for (const work of works) if (!acts(work)) await this.#attempt(work);
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
    const activity = noActivity();
    const results = await this.#traced('batch', () =>
      inTime(signal, () =>
        acting(
          works.map(({ step }) => step.permit),
          async () => batch.revoke(works, signal),
          activity,
        ),
      ).catch((error: Error) => works.map(() => error)),
    );
    const together = new Map<string, boolean>();
    for (const [index, work] of works.entries()) {
      for (const origin of activity.answeredBy) work.step.answeredBy.add(origin);
      for (const origin of activity.answeredToUs) work.step.answeredToUs.add(origin);
      const result = results[index] ?? new Failure('internal');
      await this.#traced('attempt', async () => {
        const ended = await concluded(this.#attemptOf(work), result);
        await this.#finish(work, ended, start, result instanceof Error ? together : undefined);
      });
    }
  }

  /** Keeps to the vendor's limit: entries above it wait and lose no attempt. */
  async #mayGo(works: readonly Work[]): Promise<boolean> {
    const { id, rate, pace, clock, journal, onPaced } = this.#options;
    const waitMs = rate ? Math.ceil(await pace.take(id, rate)) : 0;
    if (waitMs === 0) return true;
    const now = clock.now();
    const dueAt = now + waitMs;
    onPaced(dueAt);
    for (const { claim } of works) {
      const events = [{ at: now, event: 'paced', dueAt }];
      await journal.putOff(claim, { now, dueAt, progress: progressOf(claim), events });
    }
    return false;
  }

  async #attempt(work: Work): Promise<void> {
    const start = performance.now();
    await this.#traced('attempt', async () => {
      const { heldFor } = work;
      const result = heldFor ? look(this.#attemptOf(work), heldFor) : attempt(this.#attemptOf(work));
      await this.#finish(work, await result, start);
    });
  }

  #traced<T>(name: string, work: () => Promise<T>): Promise<T> {
    const { id, tracer = untraced } = this.#options;
    return tracer.within({ name, kind: 'internal', attributes: { 'quash.provider': id } }, work);
  }

  #attemptOf({ claim, token, step }: Work) {
    const { provider, unknownTokens } = this.#options;
    return { provider, token, step, phase: claim.phase, unknownTokens };
  }

  /** @param together see {@link Outages.judge} */
  async #finish(
    { claim, lane, step, reports }: Work,
    ended: StepResult,
    start: number,
    together?: Map<string, boolean>,
  ): Promise<void> {
    const { id: provider, clock, observe, random, pauses, journal, discovery, gather } = this.#options;
    const { id, phase } = claim;
    const durationMs = Math.round(performance.now() - start);
    const result =
      ended.outcome === 'failed'
        ? { ...ended, failure: this.#outages.judge(ended.failure, together) }
        : ended;
    observe({ type: 'attempted', provider, id, ...described(result, phase), durationMs });
    const mistake = mistakeOf(result);
    if (mistake) observe({ type: 'internal-error', error: mistake.cause });
    // Written before the pointer ends: after a crash between the two writes, the pointer finds the secrets once more.
    if (result.outcome === 'found') await discovery.enter(claim, lane, result.secrets, step.around);
    if (result.outcome === 'gathered') await gather(provider, result);
    const decideOn = phase === 'recheck' ? decideRecheck : decide;
    const decision = decideOn(claim, result, clock.now(), random());
    if (decision.action === 'settle' && result.outcome !== 'failed') this.#outages.ended(step.answeredBy);
    if (phase === 'recheck' && decision.action !== 'release') {
      observe({ type: 'rechecked', provider, id, result: decision.event.event });
    }
    // The lane is paused first; otherwise the next claim could slip through before the pause.
    const { answeredToUs } = step;
    const isOfCredential = lane.reason === 'credential-refused';
    const byOurRight = isOfCredential ? this.#outages.isTakenAgain(answeredToUs) : answeredToUs.size > 0;
    const hadWaited = lane.streak === 0 && byOurRight && (await this.#hasWaitedFor(lane.reason, claim));
    await pauses.judge(lane, decision.lane, { byOurRight, hadWaited });
    const { remembered, subject, around } = step;
    const ofReports = around?.reports ?? reports;
    const written = journal.conclude(claim, { decision, remembered, subject, ofReports });
    // A call does not wait for the disk, except for a probe: its end lets the next entry through.
    if (lane.streak > 0) await written;
    if (result.outcome === 'failed' || result.outcome === 'aborted') return;
    // They have their time by themselves, too: for them nothing that the call has brought must stay unwritten.
    await this.#letGoOn(claim, step).catch((error) => observe(failureEvent('settle', error)));
  }

  /** Also where a person was told of it meanwhile, after a day of that. */
  async #hasWaitedFor(reason: string | null, { id, deferrals }: Claim): Promise<boolean> {
    if (reason === null || deferrals === 0) return false;
    const { history = [] } = (await this.#options.ledger.get(id)) ?? {};
    const codes = history.flatMap(({ code }) => code ?? []);
    return codes.slice(-deferrals).includes(reason);
  }

  /** What waits until a person has mended something need not wait any longer than until the first call that shows it. */
  async #letGoOn({ id, deferrals }: Claim, { answeredBy, answeredToUs }: RunningStep): Promise<void> {
    const { id: provider, ledger, clock } = this.#options;
    const now = clock.now();
    if (deferrals > 0 && answeredBy.size > 0) {
      const isTaken = this.#outages.isTakenAgain(answeredToUs);
      const waitsFor = isTaken ? MENDED_TOGETHER : MENDED_WITHOUT_CREDENTIAL;
      const moved = await ledger.endWaits(provider, { now, waitsFor, shownBy: id });
      if (moved !== undefined) return this.#outages.mended(answeredToUs);
    }
    if (this.#outages.mayBeMended(answeredToUs))
      await ledger.endWaits(provider, { now, waitsFor: ['credential-refused'], limit: 1 });
  }
}

function mistakeOf(result: StepResult): Failure | undefined {
  if (result.outcome === 'held') return result.mistake;
  return result.outcome === 'failed' && result.failure.code === 'internal' ? result.failure : undefined;
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
  // A recheck of a dead token revoked nothing.
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
