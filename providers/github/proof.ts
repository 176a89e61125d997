/**
 * Whether a token works, which its own call tells.
 *
 * - A call that fails counts against the same 60 an hour as the revocations do; a call of a token that works counts
 *   against the token's own limit.
 * - Tokens of hosts that are not configured are refused, too. So a refusal proves a death only where the token was seen
 *   to work before.
 */

import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Sign, shows, unexpected } from '../../src/provider/kit/results.ts';
import { unasked } from '../../src/provider/kit/seen.ts';
import { subjectIn } from '../../src/provider/kit/subject.ts';
import type { BatchItem, Liveness, Step } from '../../src/provider/provider.ts';
import { tell } from '../../src/provider/telling.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Budget } from './budget.ts';
import { BAD_CREDENTIALS, basesOf, failureAt, HEADERS, type Host, LIMITED, throttling } from './host.ts';
import { INSTALLATION } from './kinds.ts';

/** They come before the revocation, so they must not hold it up. */
const LOOKS_A_STEP = 3;

const USER: Sign = { status: 200, body: z.object({ login: z.string() }) };
const REPOSITORIES: Sign = { status: 200, body: z.object({ total_count: z.number() }) };
const NO_RIGHT: Sign = { status: 403, body: z.object({ message: z.string() }) };

export interface Limits {
  readonly budget: Budget;
  readonly clock: Clock;
}

/** Notes which of the tokens work at the host, of as many as the hour's calls and the haste allow. */
export async function lookAtSome(items: readonly BatchItem[], host: Host, limits: Limits): Promise<void> {
  const triable = items.filter(({ step }) => canBeTried(step) && step.seenAlive.length === 0);
  for (const { token, step } of triable.slice(0, LOOKS_A_STEP)) {
    if (host.isPublic && limits.budget.isLow()) return;
    const liveness = await probe(host, token, step, limits).catch((error: unknown) => {
      // Whatever is wrong, the revocation will say so.
      if (error instanceof Failure) return 'unknown' as const;
      throw error;
    });
    if (liveness === 'alive') step.sawAlive(host.api.base);
  }
}

/** Dead only when all hosts refuse it that may know it, and where it worked is one of them; unknown while the calls are few. */
export async function prove(
  hosts: readonly Host[],
  token: Secret,
  step: Step,
  limits: Limits,
): Promise<Liveness> {
  if (!canBeTried(step)) return 'unknown';
  const found = new Set<Liveness>();
  for (const host of hosts.filter((each) => mayKnow(each, step, hosts))) {
    if (host.isPublic && limits.budget.isLow()) return 'unknown';
    const liveness = await probe(host, token, step, limits).catch((error: unknown) => {
      throw failureAt(host, error);
    });
    if (liveness === 'alive') return 'alive';
    found.add(liveness);
  }
  const [workedAt] = unasked(basesOf(hosts), step);
  return found.size === 0 || found.has('unknown') || workedAt !== undefined ? 'unknown' : 'dead';
}

/**
 * A token that was seen to work at one host is nobody else's, but for Enterprise Servers: one that was restored from the
 * backup of another has its tokens.
 */
export function mayKnow(host: Host, { seenAlive }: Step, hosts: readonly Host[]): boolean {
  const wasSeenAt = ({ api }: Host) => seenAlive.includes(api.base);
  const isServer = ({ token }: Host) => token !== undefined;
  if (seenAlive.length === 0 || wasSeenAt(host)) return true;
  return isServer(host) && hosts.filter(isServer).some(wasSeenAt);
}

/** To try a refresh token is to use it up. */
function canBeTried({ kind }: Step): boolean {
  return kind !== 'refresh-token';
}

async function probe(
  host: Host,
  token: Secret,
  { kind, signal }: Step,
  { budget, clock }: Limits,
): Promise<Liveness> {
  const isInstallation = kind === INSTALLATION;
  const answer = await host.api.request({
    method: 'GET',
    path: isInstallation ? '/installation/repositories' : '/user',
    headers: { ...HEADERS, authorization: bearer(token) },
    statuses: [200, BAD_CREDENTIALS.status, ...LIMITED],
    signal,
  });
  if (host.isPublic) budget.heed(answer);
  const limited = throttling(host, answer, clock);
  if (limited) throw limited;
  if (shows(answer, [BAD_CREDENTIALS])) return 'dead';
  if (shows(answer, [isInstallation ? REPOSITORIES : USER])) {
    tell({
      ...subjectIn(answer, { owner: 'login', reach: 'repositories.*.full_name' }),
      scopes: answer.header('x-oauth-scopes'),
      expires: answer.header('github-authentication-token-expiration'),
    });
    return 'alive';
  }
  // The owner is suspended, or our address is not allowed: neither says anything about the token.
  if (shows(answer, [NO_RIGHT])) return 'unknown';
  throw unexpected(host.api, answer);
}

export async function isTokenAccepted({ api }: Host, token: Secret, signal: AbortSignal): Promise<boolean> {
  const headers = { ...HEADERS, authorization: bearer(token) };
  const answer = await api.request({ method: 'GET', path: '/user', headers, statuses: [200, 401], signal });
  return shows(answer, [USER]);
}
