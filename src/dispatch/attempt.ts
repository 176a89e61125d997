/** One step of work on one entry: asks the provider and says what came of it. It touches no storage. */
import type { Phase } from '../ledger/ledger.ts';
import { Failure } from '../provider/failure.ts';
import type { Provider, RevokeResult, Step } from '../provider/provider.ts';
import type { Evidence } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';

/** What one step brought: an end, a wish to go on later, or a failure. */
export type StepResult =
  | Exclude<RevokeResult, { outcome: 'accepted' }>
  /** Upstream takes the revocation and nobody can be asked whether the token is dead. */
  | { readonly outcome: 'accepted' }
  /** Upstream took the revocation, but its answer does not show yet that the token is dead. */
  | { readonly outcome: 'unproven'; readonly liveness: 'alive' | 'unknown'; readonly evidence?: Evidence }
  /** `phase` says from where to go on: after an accepted revocation only the proof is missing. */
  | { readonly outcome: 'failed'; readonly failure: Failure; readonly phase: Phase }
  /** The process is stopping: nothing is known and nothing is counted. */
  | { readonly outcome: 'aborted' };

export interface Attempt {
  readonly provider: Provider;
  readonly token: Secret;
  readonly step: Step;
  readonly phase: Phase;
}

/** How long a provider whose time is over may take to say how far it came. */
const PATIENCE_MS = 1_000;

/** What a provider answers. One that goes on although its time is over is left behind, and holds up nobody. */
export async function inTime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => over.reject(signal.reason), PATIENCE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work(), over.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}

/** Revokes, or only asks upstream when it has taken the revocation before. Never throws. */
export async function attempt(work: Attempt): Promise<StepResult> {
  const { provider, token, step, phase } = work;
  if (phase !== 'revoke') return verified(work);
  try {
    return await concluded(work, await inTime(step.signal, () => provider.revoke(token, step)));
  } catch (error) {
    return failed(error, work);
  }
}

/** What a provider's result means once it has been verified where that is needed. Never throws. */
export async function concluded(work: Attempt, result: RevokeResult | Error): Promise<StepResult> {
  if (result instanceof Error) return failed(result, work);
  const needsProof = result.outcome === 'accepted' || (result.outcome === 'revoked' && !result.proven);
  if (!needsProof || !work.provider.verify) return result;
  return verified({ ...work, phase: 'verify' }, 'evidence' in result ? result.evidence : undefined);
}

async function verified(work: Attempt, evidence?: Evidence): Promise<StepResult> {
  const { provider, token, step } = work;
  const extra = evidence ? { evidence } : {};
  try {
    const liveness = await inTime(step.signal, async () => provider.verify?.(token, step) ?? 'unknown');
    if (liveness === 'dead') return { outcome: 'revoked', proven: true, ...extra };
    return { outcome: 'unproven', liveness, ...extra };
  } catch (error) {
    return failed(error, work);
  }
}

/** Anything that is no {@link Failure} is a mistake in our own code, unless the step was told to stop. */
function failed(error: unknown, { step, phase }: Attempt): StepResult {
  if (error instanceof Failure) return { outcome: 'failed', failure: error, phase };
  if (!step.signal.aborted)
    return { outcome: 'failed', failure: new Failure('internal', { cause: error }), phase };
  if (!isTimeout(step.signal.reason)) return { outcome: 'aborted' };
  return { outcome: 'failed', failure: new Failure('timeout'), phase };
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
