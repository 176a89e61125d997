/**
 * Whether a token still works, which its own call tells.
 *
 * - A call that fails counts against the same 60 an hour as the revocations do. The last of them are kept for those.
 */
import { z } from 'zod';
import { type Sign, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Liveness, Step } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { BAD_CREDENTIALS, failureAt, HEADERS, type Host, numberIn, resetMs, throttling } from './host.ts';

export const CALLS_AN_HOUR = 60;

/** Of the 60 calls an hour, so many are left to revocations: a proof can wait, a leaked token cannot. */
const RESERVED_CALLS = 20;

const USER: Sign = { status: 200, body: z.object({ login: z.string() }) };
const REPOSITORIES: Sign = { status: 200, body: z.object({ total_count: z.number() }) };
const NO_RIGHT: Sign = { status: 403, body: z.object({ message: z.string() }) };

export interface Budget {
  /** Takes what an answer says of it. */
  heed(answer: Answer): void;
  /** Whether proofs are put off, because the hour has few calls left. */
  isLow(): boolean;
}

export function createBudget(clock: Clock): Budget {
  let proofsFromMs = 0;
  return {
    heed(answer) {
      const limit = numberIn(answer, 'x-ratelimit-limit') ?? Number.POSITIVE_INFINITY;
      const left = numberIn(answer, 'x-ratelimit-remaining') ?? Number.POSITIVE_INFINITY;
      if (limit <= CALLS_AN_HOUR && left < RESERVED_CALLS) proofsFromMs = resetMs(answer) ?? proofsFromMs;
    },
    isLow: () => clock.now() < proofsFromMs,
  };
}

interface Limits {
  readonly budget: Budget;
  readonly clock: Clock;
}

/** Dead only when all hosts refuse it; unknown, too, of what cannot be tried, and while the calls are few. */
export async function prove(
  hosts: readonly Host[],
  token: Secret,
  step: Step,
  limits: Limits,
): Promise<Liveness> {
  if (step.kind === 'refresh-token' || limits.budget.isLow()) return 'unknown';
  const found = new Set<Liveness>();
  for (const host of hosts) {
    const liveness = await probe(host, token, step, limits).catch((error: unknown) => {
      throw failureAt(host, error);
    });
    if (liveness === 'alive') return 'alive';
    found.add(liveness);
  }
  return found.has('unknown') ? 'unknown' : 'dead';
}

async function probe(
  host: Host,
  token: Secret,
  { kind, signal }: Step,
  { budget, clock }: Limits,
): Promise<Liveness> {
  const isInstallation = kind === 'installation-token';
  const answer = await host.api.request({
    method: 'GET',
    path: isInstallation ? '/installation/repositories' : '/user',
    headers: { ...HEADERS, authorization: bearer(token) },
    statuses: [200, BAD_CREDENTIALS.status, NO_RIGHT.status],
    signal,
  });
  if (!host.token) budget.heed(answer);
  const limited = throttling(host, answer, clock);
  if (limited) throw limited;
  if (shows(answer, [BAD_CREDENTIALS])) return 'dead';
  if (shows(answer, [isInstallation ? REPOSITORIES : USER])) return 'alive';
  // A suspended owner, or an address that is not allowed: that says nothing of the token.
  if (shows(answer, [NO_RIGHT])) return 'unknown';
  throw unexpected(host.api, answer);
}

export async function isTokenAccepted(
  { api, token }: { api: Host['api']; token: Secret },
  signal: AbortSignal,
): Promise<boolean> {
  const headers = { ...HEADERS, authorization: bearer(token) };
  const answer = await api.request({ method: 'GET', path: '/user', headers, statuses: [200, 401], signal });
  return shows(answer, [USER]);
}
