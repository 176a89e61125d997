/** One GitHub, and how its answers are read. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Sign } from '../../src/provider/kit/results.ts';
import { serverTime } from '../../src/provider/kit/server-time.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';

export const GITHUB_COM = 'https://api.github.com';

/** github.com, or a server of the operator's. */
export interface Host {
  readonly api: Upstream;
  /** github.com, whose hourly limit is one of our address. */
  readonly isPublic: boolean;
  /** Ours, for an Enterprise Server; the others want none. */
  readonly token: Secret | undefined;
}

export function basesOf(hosts: readonly Host[]): readonly string[] {
  return hosts.map(({ api }) => api.base);
}

export const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

/** How GitHub answers a token that does not work there. */
export const BAD_CREDENTIALS: Sign = {
  status: 401,
  body: z.object({ message: z.literal('Bad credentials') }),
};

/** The statuses of {@link throttling}. */
export const LIMITED = [403, 429];

/** Without any other word of how long, GitHub wants a minute at least. */
const LEAST_WAIT_MS = 60_000;
const HOUR_MS = 60 * 60 * 1000;

/** May come without a header that says so. */
const SECONDARY_LIMIT = z.object({ message: z.string().regex(/\bsecondary rate limit\b/i) });

/**
 * GitHub says 403 or 429; who goes on calling may be shut out:
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#rate-limit-errors
 */
export function throttling({ api }: Host, answer: Answer, clock: Clock): Failure | undefined {
  const { status } = answer;
  if (!LIMITED.includes(status)) return undefined;
  const seconds = numberIn(answer, 'retry-after');
  const isSpent = numberIn(answer, 'x-ratelimit-remaining') === 0;
  const isLimited = status === 429 || seconds !== undefined || isSpent || answer.maybeJson(SECONDARY_LIMIT);
  if (!isLimited) return undefined;
  const leftMs = isSpent ? hourLeftMs(answer, clock) : undefined;
  const retryAfterMs = seconds === undefined ? (leftMs ?? LEAST_WAIT_MS) : seconds * 1000;
  return new Failure('throttled', { target: api.base, status, retryAfterMs });
}

/**
 * How long the hour of the limit still lasts, in ms: GitHub names the moment, by its own clock.
 * @returns undefined where it does not, or that is over
 */
export function hourLeftMs(answer: Answer, clock: Clock): number | undefined {
  const seconds = numberIn(answer, 'x-ratelimit-reset');
  const leftMs = seconds === undefined ? 0 : seconds * 1000 - serverTime(answer, clock);
  return leftMs > 0 ? Math.min(leftMs, HOUR_MS) : undefined;
}

export function numberIn(answer: Answer, header: string): number | undefined {
  const text = answer.header(header);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** A server that is down, or refuses us, must not stop the work at github.com. */
export function failureAt({ isPublic }: Host, error: unknown): Error {
  if (!(error instanceof Error)) return new Failure('internal', { cause: error });
  return error instanceof Failure && !isPublic ? error.ofEntry() : error;
}
