/** One GitHub, and how its answers are read. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Sign } from '../../src/provider/kit/results.ts';
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

export const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

/** How GitHub answers a token that does not work there. */
export const BAD_CREDENTIALS: Sign = {
  status: 401,
  body: z.object({ message: z.literal('Bad credentials') }),
};

/** GitHub says 403 where others say 429. */
export function throttling({ api }: Host, answer: Answer, clock: Clock): Failure | undefined {
  const seconds = numberIn(answer, 'retry-after');
  const isLimited = seconds !== undefined || numberIn(answer, 'x-ratelimit-remaining') === 0;
  if (answer.status !== 403 || !isLimited) return undefined;
  const waitMs = seconds === undefined ? (resetMs(answer) ?? 0) - clock.now() : seconds * 1000;
  return new Failure('throttled', { target: api.base, status: 403, retryAfterMs: Math.max(waitMs, 0) });
}

/** When the hour of the limit ends, in ms since the epoch. */
export function resetMs(answer: Answer): number | undefined {
  const seconds = numberIn(answer, 'x-ratelimit-reset');
  return seconds === undefined ? undefined : seconds * 1000;
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
