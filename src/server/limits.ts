import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { createLimiter } from './limiter.ts';
import { Problem, retryAfter } from './problem.ts';

const WINDOW_SECONDS = 60;

export interface LimitSettings {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly failedAuthPerMinute: number;
}

/** What a caller may do in a minute. Every method throws a {@link Problem} 429 with `Retry-After` above it. */
export interface Limits {
  request(caller: string): Promise<void>;
  /** Takes `count` from the caller's minute; a request that begins within it is never refused for its size alone. */
  tokens(caller: string, count: number): Promise<void>;
  failedAuth(address: string): Promise<void>;
}

/** @param redis an ioredis client when several replicas share the limits */
export function createLimits(settings: LimitSettings, redis?: unknown): Limits {
  const limiter = (name: string, points: number) =>
    createLimiter({ name: `limit:${name}`, points, durationSeconds: WINDOW_SECONDS }, redis);
  const requests = limiter('requests', settings.requestsPerMinute);
  const tokens = limiter('tokens', settings.tokensPerMinute);
  const failures = limiter('failed-auth', settings.failedAuthPerMinute);
  return {
    request: (caller) => consume(requests, caller, 1, 'Too many requests'),
    tokens: (caller, count) => consume(tokens, caller, count, 'Too many tokens'),
    failedAuth: (address) => consume(failures, address, 1, 'Too many failed authentications'),
  };
}

/** @throws {Problem} 429 when nothing was left before */
async function consume(
  limiter: RateLimiterAbstract,
  key: string,
  points: number,
  title: string,
): Promise<void> {
  if (points === 0) return;
  try {
    await limiter.consume(key, points);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    if (error.consumedPoints - points < limiter.points) return;
    throw new Problem(429, title, { headers: retryAfter(error.msBeforeNext / 1000) });
  }
}
